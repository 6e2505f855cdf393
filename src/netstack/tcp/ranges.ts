// Ranges of sequence numbers, apart from each other and in order: what lies beyond a hole, for a receiver and for a sender. Few, so that
// nothing cleverer than an array pays. Pure.

import { MAX_RANGES } from './limits.ts'
import { ahead, isBefore, later } from './sequence.ts'

export class Ranges {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  /** Sequence numbers in them. */
  total = 0

  get count(): number {
    return this.#starts.length
  }

  start(i: number): number {
    return this.#starts[i] as number
  }

  end(i: number): number {
    return this.#ends[i] as number
  }

  /** Returns whether it is there afterwards: the table may be full. `end` lies ahead of `start`. */
  add(start: number, end: number): boolean {
    let first = this.count // the first range that it touches, or lies before
    while (first > 0 && !isBefore(this.end(first - 1), start)) first--
    let last = first // and the first that it does not
    while (last < this.count && !isBefore(end, this.start(last))) last++
    if (first === last && this.count === MAX_RANGES) return false
    let from = start
    let to = end
    for (let i = first; i < last; i++) {
      if (isBefore(this.start(i), from)) from = this.start(i)
      to = later(to, this.end(i))
      this.total -= ahead(this.start(i), this.end(i))
    }
    this.#starts.splice(first, last - first, from)
    this.#ends.splice(first, last - first, to)
    this.total += ahead(from, to)
    return true
  }

  /** Forgets all before `sequence`. */
  trim(sequence: number): void {
    let gone = 0
    while (gone < this.count && !isBefore(sequence, this.end(gone))) {
      this.total -= ahead(this.start(gone), this.end(gone))
      gone++
    }
    if (gone > 0) {
      this.#starts.splice(0, gone)
      this.#ends.splice(0, gone)
    }
    if (this.count > 0 && isBefore(this.start(0), sequence)) {
      this.total -= ahead(this.start(0), sequence)
      this.#starts[0] = sequence
    }
  }

  clear(): void {
    this.#starts.length = 0
    this.#ends.length = 0
    this.total = 0
  }

  /** The range that ends behind `sequence`, and so holds it or is the next one; `count` where there is none. */
  find(sequence: number): number {
    let i = this.count
    while (i > 0 && isBefore(sequence, this.end(i - 1))) i--
    return i
  }

  /** How many sequence numbers from `from` on and before `to` are in them. */
  within(from: number, to: number): number {
    let sum = 0
    for (let i = this.find(from); i < this.count && isBefore(this.start(i), to); i++) {
      const start = later(this.start(i), from)
      const end = isBefore(to, this.end(i)) ? to : this.end(i)
      sum += ahead(start, end)
    }
    return sum
  }
}
