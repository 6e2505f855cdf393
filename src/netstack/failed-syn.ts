// What a guest is told of a connection that it has asked for in vain. Pure.

import { putU16, putU32 } from './bytes.ts'
import { sendErrorAbout } from './icmp.ts'
import { TCP } from './packet.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'
import { quotedHeader } from './send.ts'
import type { FailedSyn } from './tcp/ports.ts'

export function tellFailedSyn(
  now: number,
  port: GuestPort,
  gateway: IpAddress,
  syn: FailedSyn,
  why: 'forbidden' | 'unreachable' | 'timed out',
): void {
  const first = new Uint8Array(8)
  putU16(first, 0, syn.sourcePort)
  putU16(first, 2, syn.destinationPort)
  putU32(first, 4, syn.sequence)
  const packet = quotedHeader(syn.source, syn.destination, TCP, first)
  const error = why === 'forbidden' ? 'forbidden' : 'host unreachable'
  sendErrorAbout(now, port, gateway, syn.source, error, packet)
}
