// Bytes from a guest that wait for a socket, gathered so that a segment each does not become a system call each.

/** A frame of the longest kind has one; of the usual ones, some forty. */
const CHUNK = 64 * 1024
/** What is shorter than this gets memory of its own size: many slow connections must not hold a whole chunk each. */
const WHOLE = 16 * 1024
const MAX_SPARE = 64

export class Chunks {
  readonly #spare: Buffer[] = []

  /** An empty one. */
  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK)
  }

  /** Its first `length` bytes for a socket, and what to call when that has them. */
  close(chunk: Buffer, length: number): { readonly bytes: Buffer; readonly done: () => void } {
    if (length >= WHOLE) return { bytes: chunk.subarray(0, length), done: () => this.giveBack(chunk) }
    const bytes = Buffer.from(chunk.subarray(0, length))
    this.giveBack(chunk)
    return { bytes, done: () => {} }
  }

  giveBack(chunk: Buffer): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(chunk)
  }
}
