// How much may be in flight (RFC 5681, with the byte counting of RFC 3465). Reno: on a wire of less than a millisecond CUBIC does the same,
// and a guest's queue that is full is no loss, since it is waited for. Pure.

import { INITIAL_WINDOW_SEGMENTS, SEND_BUFFER_MAX } from './limits.ts'

const NO_THRESHOLD = 0x3fffffff

export class Congestion {
  window = 0
  threshold = NO_THRESHOLD
  #mss = 0
  #counted = 0

  start(mss: number): void {
    this.#mss = mss
    this.window = INITIAL_WINDOW_SEGMENTS * mss
  }

  /** New data was acknowledged outside of a recovery, while `flight` bytes were out. */
  acknowledged(bytes: number, flight: number, afterTimeout: boolean): void {
    // A window that was not used says nothing about the wire (RFC 7661). Twice the buffer is never used.
    if (2 * flight < this.window || this.window >= 2 * SEND_BUFFER_MAX) return
    if (this.window < this.threshold) {
      this.window += Math.min(bytes, (afterTimeout ? 1 : 2) * this.#mss)
      return
    }
    this.#counted += bytes
    if (this.#counted < this.window) return
    this.#counted -= this.window
    this.window += this.#mss
  }

  /** Duplicates say that a segment was lost while others arrive. */
  lost(flight: number): void {
    this.#halve(flight)
    this.window = this.threshold
  }

  /** What was lost has arrived: go on from half, but not with a burst. */
  recovered(flight: number): void {
    this.window = Math.min(this.threshold, Math.max(flight, this.#mss) + this.#mss)
  }

  timedOut(flight: number, again: boolean): void {
    if (!again) this.#halve(flight)
    this.window = this.#mss
    this.#counted = 0
  }

  /** Nothing was sent for so long that the window is no longer known to fit (RFC 5681, 4.1). */
  idle(): void {
    this.window = Math.min(this.window, INITIAL_WINDOW_SEGMENTS * this.#mss)
  }

  #halve(flight: number): void {
    this.threshold = Math.max(flight / 2, 2 * this.#mss)
    this.#counted = 0
  }
}
