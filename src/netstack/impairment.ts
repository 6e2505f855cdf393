// A worse wire than the real one, for tests: slower, longer, losing frames. One direction of a port. Pure.

import type { DropReason } from './statistics.ts'
import type { Timer, Timers } from './timers.ts'

/** For each direction by itself. */
export type Impairments = {
  /** Bits a second. */
  readonly rate?: number | undefined
  /** Milliseconds that each frame takes longer. */
  readonly delay?: number | undefined
  /** The share of frames that is lost: 0.01 for one in a hundred. */
  readonly loss?: number | undefined
}

/** Whether anything of it makes a difference. */
export function isWorse({ rate, delay = 0, loss = 0 }: Impairments): boolean {
  return rate !== undefined || delay > 0 || loss > 0
}

/** What waits in front of a slow wire: more would only make everything late, as in any good queue. */
const MAX_QUEUE = 100 // milliseconds
const MIN_QUEUE = 16 * 1024 // bytes, where that is longer: one large frame, or a few
/** On its way at a time: a wire of 100 ms and 1 Gbit/s holds 12 MB. */
const MAX_BYTES = 32 * 1024 * 1024

export type LineOptions = {
  readonly timers: Timers
  readonly now: () => number
  /** 32 bits, unsigned. */
  readonly random: () => number
  /** A frame has arrived; false where it has to wait for `ready`. */
  readonly deliver: (frame: Uint8Array) => boolean
  /** There is room again, after there was none. */
  readonly drained: () => void
  readonly drop: (reason: DropReason) => void
}

export class Line {
  readonly #rate: number // bytes a millisecond
  readonly #delay: number
  readonly #loss: number // of 2^32
  readonly #options: LineOptions
  readonly #timer: Timer
  /** In the order of their arrival, from `#first` on. */
  #frames: { readonly due: number; readonly bytes: Uint8Array }[] = []
  #first = 0
  #bytes = 0
  /** When all that was pushed will have gone onto the wire. */
  #idleAt = 0
  #wasFull = false

  constructor(impairments: Impairments, options: LineOptions) {
    this.#rate = (impairments.rate ?? Number.POSITIVE_INFINITY) / 8000
    this.#delay = impairments.delay ?? 0
    this.#loss = (impairments.loss ?? 0) * 0x1_0000_0000
    this.#options = options
    this.#timer = options.timers.create((now) => this.#arrive(now))
  }

  /** Whether a frame can be pushed; `drained` tells when one can again. */
  hasRoom(): boolean {
    const waiting = (this.#idleAt - this.#options.now()) * this.#rate
    const isFull = this.#bytes > MAX_BYTES || (waiting > MIN_QUEUE && waiting > MAX_QUEUE * this.#rate)
    this.#wasFull ||= isFull
    return !isFull
  }

  /** Takes a copy of a frame. */
  push(bytes: Uint8Array, at: number, length: number): void {
    if (this.#loss > 0 && this.#options.random() < this.#loss) {
      this.#options.drop('lost on purpose')
      return
    }
    if (!this.hasRoom()) {
      this.#options.drop('queue full')
      return
    }
    const now = this.#options.now()
    this.#idleAt = Math.max(this.#idleAt, now) + length / this.#rate
    this.#frames.push({ due: this.#idleAt + this.#delay, bytes: bytes.slice(at, at + length) })
    this.#bytes += length
    if (this.#frames.length === this.#first + 1) this.#wait()
  }

  /** Whoever takes the frames has room again. */
  ready(): void {
    this.#arrive(this.#options.now())
  }

  close(): void {
    this.#options.timers.clear(this.#timer)
    this.#frames = []
    this.#first = 0
    this.#bytes = 0
  }

  #wait(): void {
    const next = this.#frames[this.#first]
    if (next !== undefined) this.#options.timers.set(this.#timer, next.due)
  }

  #arrive(now: number): void {
    for (
      let next = this.#frames[this.#first];
      next !== undefined && next.due <= now;
      next = this.#frames[this.#first]
    ) {
      if (!this.#options.deliver(next.bytes)) return
      this.#bytes -= next.bytes.length
      this.#first++
    }
    this.#frames.splice(0, this.#first)
    this.#first = 0
    this.#wait()
    if (!this.#wasFull || !this.hasRoom()) return
    this.#wasFull = false
    this.#options.drained()
  }
}
