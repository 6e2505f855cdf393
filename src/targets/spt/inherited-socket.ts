// Makes sure of what a socket is that a launcher inherits for a net device. Sources: socket(7), unix(7), ip(7). Pure.

import { ByteWriter } from '../../base/writer.ts'
import type { Program } from '../../launcher/program.ts'
import type { Scratch } from '../../launcher/scratch.ts'
import {
  AF_INET,
  AF_UNIX,
  SO_DOMAIN,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from '../../launcher/system-calls.ts'

/** What an inherited socket has to be, besides connected. */
type SocketKind = {
  readonly domain: number
  readonly type: number
  readonly failure: string
  /** The first eight bytes of its peer's address, as far as they matter. */
  readonly peer?: { readonly value: bigint; readonly mask: bigint }
}

export const SEQPACKET: SocketKind = {
  domain: AF_UNIX,
  type: SOCK_SEQPACKET,
  failure: 'the descriptor is no connected socket of type SOCK_SEQPACKET, nor a TAP interface',
}

/** Of UDP nothing else is safe: whoever could send from elsewhere would be on the guest's wire. */
export const LOOPBACK_UDP: SocketKind = {
  domain: AF_INET,
  type: SOCK_DGRAM,
  failure: 'the descriptor is no UDP socket that is connected to 127.0.0.1',
  // struct sockaddr_in: family, port, address.
  peer: { value: peerOf(AF_INET, [127, 0, 0, 1]), mask: peerOf(0xffff, [255, 255, 255, 255]) },
}

function peerOf(family: number, address: readonly number[]): bigint {
  const bytes = new ByteWriter(8).u16(0, family).put(4, Uint8Array.from(address)).bytes
  return new DataView(bytes.buffer).getBigUint64(0, true)
}

/** Asks the descriptor for all of it. */
export function requireSocket(
  setup: Program,
  scratch: Scratch,
  descriptor: number,
  kind: SocketKind,
  about: string,
): void {
  const failure = `${about}${kind.failure}`
  for (const [option, value] of [
    [SO_DOMAIN, kind.domain],
    [SO_TYPE, kind.type],
  ] as const) {
    const answer = scratch.put(new Uint8Array(8))
    const length = scratch.put(new ByteWriter(4).u32(0, 4).bytes)
    setup.call('getsockopt', [descriptor, SOL_SOCKET, option, answer, length], { demand: 0n, failure })
    setup.compare(answer, { value: BigInt(value), mask: 0xffff_ffffn, failure })
  }
  const address = scratch.put(new Uint8Array(8))
  const length = scratch.put(new ByteWriter(4).u32(0, 8).bytes)
  setup.call('getpeername', [descriptor, address, length], { demand: 0n, failure })
  if (kind.peer !== undefined) setup.compare(address, { ...kind.peer, failure })
}
