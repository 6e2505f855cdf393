// For tests: another TCP, deliberately naive and with nothing in common with ours. It has one segment out at a time, no options, drops what is
// out of order, and acknowledges all that it gets. What it does is right, and slow. Pure.

import type { Simulation, WireEnd } from './sample-wire.ts'

const SEGMENT = 500
const WINDOW = 1300 // less than three of its peer's segments
const PATIENCE = 300
const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

export type NaiveOptions = {
  readonly data: Uint8Array
  /** It ends only when the other side has. */
  readonly answers: boolean
  /** Milliseconds for which its window is shut now and then. */
  readonly shuts: number
}

export class NaivePeer {
  readonly received: number[] = []
  isReset = false
  isDone = false
  readonly #simulation: Simulation
  readonly #wire: WireEnd
  readonly #options: NaiveOptions
  readonly #ports: readonly [number, number]
  readonly #start: number
  #their = 0 // what is expected next
  #known = false // whether `#their` is
  #theyEnded = false
  #at = 0 // SYN, bytes, FIN: how much of these is acknowledged
  #attempt = 0
  #asks: boolean
  #shutUntil = -1
  #sinceShut = 0

  constructor(
    simulation: Simulation,
    wire: WireEnd,
    options: NaiveOptions,
    ports: readonly [number, number],
    start: number,
  ) {
    this.#simulation = simulation
    this.#wire = wire
    this.#options = options
    this.#ports = ports
    this.#start = start >>> 0
    this.#asks = false
    wire.ready = () => {}
  }

  open(): void {
    this.#asks = true
    this.#push()
  }

  arrive(packet: Uint8Array): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
    const flags = view.getUint8(13)
    const sequence = view.getUint32(4)
    const from = (view.getUint8(12) >> 4) * 4
    if ((flags & RST) !== 0) {
      this.isReset = true
      return
    }
    if (this.isReset) return
    if ((flags & ACK) !== 0) this.#acknowledged(view.getUint32(8))
    if ((flags & SYN) !== 0) this.#learn(sequence)
    if (!this.#known) return
    const length = packet.length - from
    const isNew = sequence === this.#their && (flags & SYN) === 0
    if (isNew && this.#room() >= length && !this.#theyEnded) this.#take(packet.subarray(from), (flags & FIN) !== 0)
    // Even an acknowledgement is answered where it does not fit: the other side is somewhere else.
    if (length > 0 || (flags & (SYN | FIN)) !== 0 || !isNew) this.#say(ACK, this.#next(), new Uint8Array(0))
    this.#push()
  }

  #learn(sequence: number): void {
    if (this.#known) return
    this.#known = true
    this.#their = (sequence + 1) >>> 0
  }

  #take(data: Uint8Array, ends: boolean): void {
    this.received.push(...data)
    this.#their = (this.#their + data.length + (ends ? 1 : 0)) >>> 0
    if (ends) this.#theyEnded = true
    this.#sinceShut += data.length
    if (this.#options.shuts > 0 && this.#sinceShut > 5000) {
      this.#sinceShut = 0
      this.#shutUntil = this.#simulation.now + this.#options.shuts
      this.#simulation.after(this.#options.shuts, () => this.#say(ACK, this.#next(), new Uint8Array(0)))
    }
  }

  #room(): number {
    return this.#simulation.now < this.#shutUntil ? 0 : WINDOW
  }

  #next(): number {
    return (this.#start + this.#at) >>> 0
  }

  /** Sequence numbers of what is out, or would be. */
  #out(): { flags: number; data: Uint8Array; size: number } | undefined {
    const { data, answers } = this.#options
    if (this.#at === 0) {
      if (!this.#asks && !this.#known) return undefined
      return { flags: SYN | (this.#known ? ACK : 0), data: new Uint8Array(0), size: 1 }
    }
    const piece = data.subarray(this.#at - 1, this.#at - 1 + SEGMENT)
    if (piece.length > 0) return { flags: ACK, data: piece, size: piece.length }
    if (this.#at - 1 > data.length || (answers && !this.#theyEnded)) return undefined
    return { flags: FIN | ACK, data: piece, size: 1 }
  }

  #acknowledged(number: number): void {
    const out = this.#out()
    if (out === undefined || number !== (this.#next() + out.size) >>> 0) return
    this.#at += out.size
    this.#attempt++
    if (this.#at === this.#options.data.length + 2) this.isDone = true
  }

  #pushed = -1

  #push(): void {
    if (this.#pushed === this.#attempt && this.#out() !== undefined) return
    this.#pushed = this.#attempt
    this.#repeat(this.#attempt)
  }

  #repeat(attempt: number): void {
    const out = this.#out()
    if (attempt !== this.#attempt || this.isReset) return
    if (out === undefined) {
      this.#pushed = -1
      return
    }
    this.#say(out.flags, this.#next(), out.data)
    this.#simulation.after(PATIENCE, () => this.#repeat(attempt))
  }

  #say(flags: number, sequence: number, data: Uint8Array): void {
    if (this.isReset) return
    const room = this.#wire.reserve(20 + data.length)
    if (room === undefined) return
    const view = new DataView(room.bytes.buffer, room.at, 20)
    view.setUint16(0, this.#ports[0])
    view.setUint16(2, this.#ports[1])
    view.setUint32(4, sequence)
    view.setUint32(8, (flags & ACK) === 0 ? 0 : this.#their)
    view.setUint16(12, (5 << 12) | flags)
    view.setUint16(14, this.#room())
    view.setUint32(16, 0)
    room.bytes.set(data, room.at + 20)
    this.#wire.commit(16)
  }
}
