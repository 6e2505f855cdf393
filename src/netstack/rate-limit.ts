// How much of something a guest may cause: so many a second, and so many at once. Pure.

export class RateLimit {
  readonly #perMillisecond: number
  readonly #burst: number
  #left: number
  #since = 0

  constructor(perSecond: number, burst: number) {
    this.#perMillisecond = perSecond / 1000
    this.#burst = burst
    this.#left = burst
  }

  /** Whether there is one more. */
  take(now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + (now - this.#since) * this.#perMillisecond)
    this.#since = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
