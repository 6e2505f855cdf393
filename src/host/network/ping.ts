// ICMP echo requests without privileges, where this machine has sockets for them (icmp(7); net.ipv4.ping_group_range says who may). The kernel
// gives the socket its own identifier and lets only replies to it through. IPv4 only.

import { constants } from 'node:os'
import { parseIpv4 } from '../../base/ipv4.ts'
import { loadFfi } from '../ffi.ts'
import type { SocketCalls, Watch } from './socket-calls.ts'

const { EMFILE, ENFILE, ENOMEM, ENOBUFS } = constants.errno
const EXHAUSTED: readonly number[] = [EMFILE, ENFILE, ENOMEM, ENOBUFS]

const MAX_MESSAGE = 65_535 // bytes
const HEADER = 8 // RFC 792: type, code, checksum, identifier, sequence number
const [ECHO_REPLY, ECHO_REQUEST] = [0, 8]
const SEQUENCE_AT = 6
const AF_INET = 2
const SOCKADDR_ADDRESS = 4
/** Requests without a reply yet; the oldest are given up. */
const MAX_PENDING = 1024
/** Replies that are looked at in one go, so that others have a turn. */
const MAX_REPLIES = 64

type Pending = { readonly to: number; readonly length: number; readonly reply: () => void }

/** Sends echo requests, and calls `reply` for each that is answered. `false`: this machine lets nobody ping without privileges. */
export type Pinger = {
  readonly ping: (to: string, payload: Uint8Array, reply: () => void) => boolean
  readonly close: () => void
}

/** `replied` is called around the replies that arrive together. The socket is made for the first request. */
export function openPinger(replied: (deliver: () => void) => void): Pinger {
  let socket: EchoSocket | undefined | 'not permitted'
  return {
    ping: (to, payload, reply) => {
      socket ??= makeSocket(replied)
      if (socket === 'not permitted') return false
      const address = parseIpv4(to)
      if (address !== undefined) socket?.send(address, payload, reply)
      return address !== undefined
    },
    close: () => {
      if (socket !== 'not permitted') socket?.close()
      socket = 'not permitted'
    },
  }
}

/** undefined where none can be had at the moment. */
function makeSocket(replied: (deliver: () => void) => void): EchoSocket | undefined | 'not permitted' {
  const calls = loadFfi()?.sockets()
  if (calls === undefined) return 'not permitted'
  const descriptor = calls.echoSocket()
  if (descriptor >= 0) return new EchoSocket(calls, descriptor, replied)
  return EXHAUSTED.includes(-descriptor) ? undefined : 'not permitted'
}

class EchoSocket {
  readonly #calls: SocketCalls
  readonly #descriptor: number
  readonly #message = new ArrayBuffer(MAX_MESSAGE)
  readonly #peer = new ArrayBuffer(16)
  readonly #bytes = new Uint8Array(this.#message)
  readonly #view = new DataView(this.#message)
  readonly #peerView = new DataView(this.#peer)
  readonly #messageAt: bigint
  readonly #peerAt: bigint
  readonly #pending = new Map<number, Pending>()
  readonly #watch: Watch
  #sequence = 0

  constructor(calls: SocketCalls, descriptor: number, replied: (deliver: () => void) => void) {
    this.#calls = calls
    this.#descriptor = descriptor
    this.#messageAt = calls.addressOf(this.#message)
    this.#peerAt = calls.addressOf(this.#peer)
    this.#watch = calls.watch(descriptor, { readable: true, writable: false }, () => replied(() => this.#receive()))
  }

  send(to: number, payload: Uint8Array, reply: () => void): void {
    if (payload.length > MAX_MESSAGE - HEADER) return
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#view.setUint32(0, ECHO_REQUEST << 24) // the kernel fills in checksum and identifier
    this.#view.setUint16(SEQUENCE_AT, this.#sequence)
    this.#bytes.set(payload, HEADER)
    this.#peerView.setUint16(0, AF_INET, true)
    this.#peerView.setUint16(2, 0)
    this.#peerView.setUint32(SOCKADDR_ADDRESS, to)
    // Whatever becomes of it: a request that got lost has no reply.
    this.#calls.sendTo(this.#descriptor, this.#messageAt, HEADER + payload.length, this.#peerAt)
    this.#pending.delete(this.#sequence)
    this.#pending.set(this.#sequence, { to, length: payload.length, reply })
    const [oldest] = this.#pending.keys()
    if (this.#pending.size > MAX_PENDING && oldest !== undefined) this.#pending.delete(oldest)
  }

  close(): void {
    this.#watch.close()
    this.#calls.close(this.#descriptor)
  }

  #receive(): void {
    for (let i = 0; i < MAX_REPLIES; i++) {
      const length = this.#calls.receiveFrom(this.#descriptor, this.#messageAt, MAX_MESSAGE, this.#peerAt)
      if (length < 0) return
      if (length < HEADER || this.#bytes[0] !== ECHO_REPLY) continue
      const sequence = this.#view.getUint16(SEQUENCE_AT)
      const pending = this.#pending.get(sequence)
      const from = this.#peerView.getUint32(SOCKADDR_ADDRESS)
      if (pending === undefined || pending.to !== from || pending.length !== length - HEADER) continue
      this.#pending.delete(sequence)
      pending.reply()
    }
  }
}
