// Bytes that the connections of one guest may hold together. Pure.

export class Budget {
  readonly #limit: number
  #used = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get used(): number {
    return this.#used
  }

  get left(): number {
    return Math.max(0, this.#limit - this.#used)
  }

  take(bytes: number): boolean {
    if (bytes > this.#limit - this.#used) return false
    this.#used += bytes
    return true
  }

  /** For what everybody is granted; the limit may be passed. */
  charge(bytes: number): void {
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}
