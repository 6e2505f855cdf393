// For tests: a wire with a clock of its own that loses, repeats, delays and reorders what it carries, and ends of it with a queue. Pure.

import type { PacketPath, PacketRoom } from '../packets.ts'

export type WireFaults = {
  /** Of a thousand. */
  readonly loss: number
  readonly repeat: number
  readonly reorder: number
  /** Milliseconds. */
  readonly delay: number
  readonly jitter: number
  /** Packets that one end queues before it has no room; they leave one by one, each `pace` milliseconds after the other. */
  readonly queue: number
  readonly pace: number
}

export const GOOD_WIRE: WireFaults = { loss: 0, repeat: 0, reorder: 0, delay: 1, jitter: 0, queue: 1_000_000, pace: 0 }

/** Numbers from 0 to below `n`, the same ones for the same seed. */
export function randomFrom(seed: number): (n: number) => number {
  let state = seed | 0
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}

type Event = { readonly at: number; readonly order: number; readonly run: () => void }

/** Things that happen at their time, one after the other. */
export class Simulation {
  now = 0
  #order = 0
  readonly #events: Event[] = []

  after(delay: number, run: () => void): void {
    this.at(this.now + delay, run)
  }

  at(time: number, run: () => void): void {
    const event = { at: Math.max(this.now, time), order: this.#order++, run }
    let i = this.#events.length
    while (i > 0 && isLater(this.#events[i - 1] as Event, event)) i--
    this.#events.splice(i, 0, event)
  }

  get next(): number {
    return this.#events[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** The next event, at its time. */
  step(): void {
    const event = this.#events.shift()
    if (event === undefined) return
    this.now = event.at
    event.run()
  }
}

function isLater(a: Event, b: Event): boolean {
  return a.at > b.at || (a.at === b.at && a.order > b.order)
}

/** One direction of a wire. */
export class WireEnd implements PacketPath {
  readonly maxTransport: number
  /** Called for each packet that arrives. */
  arrive: (packet: Uint8Array) => void = () => {}
  /** Called when there is room after there was none. */
  ready: () => void = () => {}
  carried = 0
  readonly #simulation: Simulation
  readonly #faults: WireFaults
  readonly #random: (n: number) => number
  #queued = 0
  #wanted = false
  #room: { bytes: Uint8Array; at: number; length: number } | undefined

  constructor(simulation: Simulation, faults: WireFaults, random: (n: number) => number, maxTransport: number) {
    this.#simulation = simulation
    this.#faults = faults
    this.#random = random
    this.maxTransport = maxTransport
  }

  reserve(length: number): PacketRoom | undefined {
    if (length > this.maxTransport) throw new RangeError(`a packet of ${length} bytes`)
    if (this.#room !== undefined) throw new Error('reserved and not committed')
    if (this.#queued >= this.#faults.queue) {
      this.#wanted = true
      return undefined
    }
    const at = this.#random(8)
    this.#room = { bytes: new Uint8Array(at + length + 8).fill(0xa5), at, length }
    return this.#room
  }

  commit(checksumAt: number): void {
    const room = this.#room
    if (room === undefined) throw new Error('committed and not reserved')
    this.#room = undefined
    if (checksumAt !== 16 || room.bytes[room.at + 16] !== 0 || room.bytes[room.at + 17] !== 0) {
      throw new Error('no place for a checksum')
    }
    this.#queued++
    this.#simulation.after(this.#queued * this.#faults.pace, () => {
      this.#queued--
      if (this.#wanted) {
        this.#wanted = false
        this.#simulation.after(0, () => this.ready())
      }
    })
    this.#carry(room.bytes.slice(room.at, room.at + room.length))
  }

  #carry(packet: Uint8Array): void {
    this.carried++
    const { loss, repeat, reorder, delay, jitter } = this.#faults
    if (this.#random(1000) < loss) return
    const copies = this.#random(1000) < repeat ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const late = this.#random(1000) < reorder ? this.#random(4 * (delay + jitter) + 1) : 0
      const time = delay + (jitter > 0 ? this.#random(jitter + 1) : 0) + late
      this.#simulation.after(time, () => this.arrive(packet))
    }
  }
}
