// Bytes from the guest that lie beyond a hole: copied into a ring over the receive window, in memory of the guest's budget. What does not fit
// is dropped, the guest sends it again. Pure.

import type { Budget } from './budget.ts'
import { RECEIVE_WINDOW } from './limits.ts'
import { Ranges } from './ranges.ts'
import { Ring } from './ring.ts'
import { MAX_SACK_BLOCKS } from './segment.ts'
import { ahead, isBefore } from './sequence.ts'

const FIRST = 64 * 1024 // holes are rarely alone; a power of two as RECEIVE_WINDOW is

export class Reassembly {
  readonly #budget: Budget
  readonly #ring = new Ring()
  readonly #ranges = new Ranges()
  /** Sequence numbers that arrived last, each of another range: RFC 2018, 4 wants the newest first. */
  readonly #recent: number[] = []

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get empty(): boolean {
    return this.#ranges.count === 0
  }

  /** `sequence` lies ahead of `next`, which is expected, and the end within the window. Returns whether it was kept. */
  insert(next: number, sequence: number, bytes: Uint8Array, at: number, length: number): boolean {
    const offset = ahead(next, sequence)
    if (!this.#fit(offset + length)) return false
    if (!this.#ranges.add(sequence, (sequence + length) | 0)) return false
    this.#ring.write(offset, bytes, at, length)
    this.#note(sequence)
    return true
  }

  /** Bytes that follow `next` without a hole, where segments in order have filled the one before them. */
  ready(next: number): number {
    if (this.empty || isBefore(next, this.#ranges.start(0))) return 0
    return ahead(next, this.#ranges.end(0))
  }

  /** The first of `length` bytes that are ready, in one piece. Not a copy. */
  front(length: number): Uint8Array {
    return this.#ring.front(length)
  }

  /** `bytes` more have arrived in order or were taken out; `next` is expected now. */
  advance(bytes: number, next: number): void {
    this.#ring.advance(bytes)
    this.#ranges.trim(next)
    if (this.empty) this.release()
  }

  release(): void {
    this.#budget.give(this.#ring.capacity)
    this.#ring.release()
    this.#ranges.clear()
    this.#recent.length = 0
  }

  /** Fills pairs of edges for a SACK option, the newest first, and returns how many. */
  report(edges: Int32Array): number {
    let blocks = 0
    for (const sequence of this.#recent) {
      const i = this.#ranges.find(sequence)
      if (i === this.#ranges.count || isBefore(sequence, this.#ranges.start(i))) continue // arrived, and delivered since
      if (isReported(edges, blocks, this.#ranges.start(i))) continue
      edges[2 * blocks] = this.#ranges.start(i)
      edges[2 * blocks + 1] = this.#ranges.end(i)
      blocks++
      if (blocks === MAX_SACK_BLOCKS) break
    }
    return blocks
  }

  #note(sequence: number): void {
    const known = this.#ranges.find(sequence)
    const others = this.#recent.filter((other) => this.#ranges.find(other) !== known)
    this.#recent.splice(0, this.#recent.length, sequence, ...others.slice(0, MAX_SACK_BLOCKS - 1))
  }

  #fit(size: number): boolean {
    let { capacity } = this.#ring
    if (size <= capacity) return true
    capacity = Math.max(capacity, FIRST)
    while (capacity < size) capacity *= 2
    if (capacity > 2 * RECEIVE_WINDOW || !this.#budget.take(capacity - this.#ring.capacity)) return false
    this.#ring.resize(capacity)
    return true
  }
}

function isReported(edges: Int32Array, blocks: number, start: number): boolean {
  for (let i = 0; i < blocks; i++) if (edges[2 * i] === start) return true
  return false
}
