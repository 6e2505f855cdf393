// How long an acknowledgement is waited for (RFC 6298): measured, then doubled for each time that none came. Pure.

import { RTO_FIRST, RTO_MAX, RTO_MIN } from './limits.ts'

export class RoundTrip {
  /** Smoothed; -1 before the first measurement. */
  smoothed = -1
  #variation = 0
  #timeout = RTO_FIRST
  #doublings = 0

  /** Milliseconds of one round trip, of a segment that was sent once (Karn). */
  sample(time: number): void {
    if (this.smoothed < 0) {
      this.smoothed = time
      this.#variation = time / 2
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.smoothed - time)
      this.smoothed = 0.875 * this.smoothed + 0.125 * time
    }
    this.#timeout = Math.min(RTO_MAX, Math.max(RTO_MIN, this.smoothed + 4 * this.#variation))
  }

  get timeout(): number {
    return this.#doublings === 0 ? this.#timeout : Math.min(RTO_MAX, this.#timeout * 2 ** this.#doublings)
  }

  get doublings(): number {
    return this.#doublings
  }

  backOff(): void {
    this.#doublings++
  }

  /** New data was acknowledged. */
  restart(): void {
    this.#doublings = 0
  }
}
