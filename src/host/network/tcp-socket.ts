// The world's half of a guest's TCP connection: a socket of Node.js. Both directions hold back: a guest may send as much as the kernel has
// taken from it, and the peer's bytes are read while the guest has room for them.

import { connect, type Socket } from 'node:net'
import type { Endpoint, TcpInside, TcpOutside } from '../../netstack/outside.ts'
import type { Chunks } from './chunks.ts'
import { failureOf } from './failures.ts'
import { plainBytes } from './plain-bytes.ts'
import type { Turns } from './turns.ts'

/** What all connections of a thread share. */
export type TcpSetting = {
  readonly turns: Turns
  readonly chunks: Chunks
  /** Node.js reads into it and shows it at once, so that one is enough for all. */
  readonly reading: Uint8Array
  /** The machine has no descriptor left. */
  readonly exhausted: (error: unknown) => void
  /** Connections whose guest is gone, and whose peer has not got everything yet. */
  readonly lingering: Set<Socket>
}

/** More at once are not waited for: they have descriptors, which guests must not pile up. */
const MAX_LINGERING = 256
/** Time for what a guest has sent before its end to reach the peer (ms). */
const LINGER = 10_000

/** Connects, and says to `inside` what became of it. */
export function connectTcp(setting: TcpSetting, { address, port }: Endpoint, inside: TcpInside): TcpOutside {
  const read = (length: number, buffer: Uint8Array): boolean => tcp.read(buffer.subarray(0, length))
  const socket = connect({
    host: address,
    port,
    allowHalfOpen: true,
    noDelay: true,
    onread: { buffer: setting.reading, callback: read },
  })
  const tcp = new TcpSocket(setting, socket)
  tcp.start(inside)
  return tcp
}

/** For a client that has connected to a published port. It is heard when the guest wants to: at the first `resume`. */
export function acceptTcp(setting: TcpSetting, socket: Socket, ask: (outside: TcpOutside) => TcpInside): void {
  const tcp = new TcpSocket(setting, socket)
  tcp.start(ask(tcp))
  socket.on('data', (bytes: Buffer) => {
    if (!tcp.read(plainBytes(bytes))) socket.pause()
  })
}

export class TcpSocket implements TcpOutside {
  readonly #setting: TcpSetting
  readonly #socket: Socket
  #inside: TcpInside | undefined
  /** From the guest, gathered during this pass. */
  #chunk: Buffer | undefined
  #filled = 0
  #leaving = false
  #ending = false
  /** From the peer: what the guest had no room for. */
  #rest: Uint8Array | undefined
  /** The peer will send no more, which the guest does not know yet. */
  #endOwed = false

  constructor(setting: TcpSetting, socket: Socket) {
    this.#setting = setting
    this.#socket = socket
  }

  start(inside: TcpInside): void {
    const { turns } = this.#setting
    this.#inside = inside
    let { connecting } = this.#socket
    if (connecting) {
      this.#socket.once('connect', () => {
        connecting = false
        turns.enter(() => this.#inside?.connected())
      })
    }
    this.#socket.on('error', (error) => turns.enter(() => (connecting ? this.#failed(error) : this.#reset())))
    this.#socket.on('end', () => {
      this.#endOwed = true
      if (this.#rest === undefined) turns.enter(() => this.#tellEnd())
    })
  }

  /** Whether there is room for more. The bytes are only there during the call. */
  read(bytes: Uint8Array): boolean {
    if (this.#inside === undefined) return true // nobody wants it any more
    let taken = 0
    this.#setting.turns.enter(() => {
      taken = this.#inside?.data(bytes) ?? bytes.length
    })
    if (taken === bytes.length) return true
    this.#rest = Uint8Array.from(bytes.subarray(taken))
    return false
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const chunk = (this.#chunk ??= this.#setting.chunks.take())
      const length = Math.min(bytes.length - at, chunk.length - this.#filled)
      // A view of its own only where the frame is cut in two, which is rare.
      chunk.set(length === bytes.length ? bytes : bytes.subarray(at, at + length), this.#filled)
      this.#filled += length
      at += length
      if (this.#filled === chunk.length) this.#send()
    }
    if (this.#leaving) return
    this.#leaving = true
    this.#setting.turns.leave(this.#leave)
  }

  readonly #leave = (): void => {
    this.#leaving = false
    this.#send()
  }

  end(): void {
    this.#ending = true
    this.#send()
    this.#socket.end()
  }

  abort(): void {
    this.#inside = undefined
    this.#rest = undefined
    if (!this.#ending) {
      this.#dropChunk()
      // One that is not connected yet would wait for that first.
      if (this.#socket.connecting) this.#socket.destroy()
      else this.#socket.resetAndDestroy()
      return
    }
    // The guest has said its last word in good order, and is gone: the peer shall get it.
    if (!this.#socket.destroyed) linger(this.#socket, this.#setting.lingering)
  }

  resume(): void {
    // Not at once: the network is in the middle of something.
    this.#setting.turns.putOff(() => this.#deliverRest())
  }

  #failed(error: Error): void {
    const why = failureOf(error)
    if (why === 'exhausted') this.#setting.exhausted(error)
    const inside = this.#inside
    this.#inside = undefined
    inside?.failed(why)
  }

  #reset(): void {
    const inside = this.#inside
    this.#inside = undefined
    this.#rest = undefined
    inside?.abort()
  }

  #deliverRest(): void {
    const rest = this.#rest
    if (rest !== undefined) {
      const taken = this.#inside?.data(rest) ?? rest.length
      this.#rest = taken < rest.length ? rest.subarray(taken) : undefined
    }
    if (this.#rest !== undefined) return
    this.#tellEnd()
    this.#socket.resume()
  }

  #tellEnd(): void {
    if (!this.#endOwed) return
    this.#endOwed = false
    this.#inside?.end()
  }

  #send(): void {
    const [chunk, filled] = [this.#chunk, this.#filled]
    if (chunk === undefined) return
    this.#chunk = undefined
    this.#filled = 0
    const { bytes, done } = this.#setting.chunks.close(chunk, filled)
    this.#socket.write(bytes, (error) => {
      done()
      if (!error) this.#setting.turns.enter(() => this.#inside?.taken(filled))
    })
  }

  #dropChunk(): void {
    if (this.#chunk !== undefined) this.#setting.chunks.giveBack(this.#chunk)
    this.#chunk = undefined
    this.#filled = 0
  }
}

/** Until the peer has said its last word too, or the time is up. */
function linger(socket: Socket, lingering: Set<Socket>): void {
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => {
    clearTimeout(timer)
    lingering.delete(socket)
  })
  lingering.add(socket)
  const [oldest] = lingering
  if (lingering.size > MAX_LINGERING && oldest !== undefined) {
    lingering.delete(oldest)
    oldest.destroy()
  }
  socket.resume()
}
