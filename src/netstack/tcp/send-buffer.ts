// Bytes for the guest from the first one that it has not acknowledged. Begins with no memory, doubles while the guest's budget lasts. Pure.

import type { Budget } from './budget.ts'
import { SEND_BUFFER_FIRST, SEND_BUFFER_MAX } from './limits.ts'
import { Ring } from './ring.ts'

export class SendBuffer {
  /** Bytes in it. */
  length = 0
  readonly #ring = new Ring()
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** Bytes that it could hold at once, without and with more memory. */
  get capacity(): number {
    return this.#ring.capacity
  }

  /** Copies what there is room for and returns how much that was. The memory grows to `worth` or a little more. */
  append(bytes: Uint8Array, worth: number): number {
    const wanted = Math.min(this.length + bytes.length, worth)
    while (this.#ring.capacity < wanted && this.#grow());
    const count = Math.min(bytes.length, this.#ring.capacity - this.length)
    if (count > 0) this.#ring.write(this.length, bytes, 0, count)
    this.length += count
    return count
  }

  copy(offset: number, length: number, target: Uint8Array, at: number): void {
    this.#ring.copy(offset, length, target, at)
  }

  /** The first `bytes` are acknowledged. */
  consume(bytes: number): void {
    this.length -= bytes
    this.#ring.advance(bytes)
  }

  /** Gives the memory back; what was in it is lost. */
  release(): void {
    this.#budget.give(this.#ring.capacity)
    this.#ring.release()
    this.length = 0
  }

  #grow(): boolean {
    const { capacity } = this.#ring
    if (capacity === 0) {
      // Granted to everybody: a connection that cannot send at all would not be slow but dead.
      this.#budget.charge(SEND_BUFFER_FIRST)
      this.#ring.resize(SEND_BUFFER_FIRST)
      return true
    }
    if (capacity >= SEND_BUFFER_MAX || !this.#budget.take(capacity)) return false
    this.#ring.resize(2 * capacity)
    return true
  }
}
