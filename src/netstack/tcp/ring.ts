// Bytes in a circle whose first one has offset 0: the store of a sliding window. It grows by doubling and knows nothing of what is filled.
// Offsets and lengths are the callers', within the capacity. Pure.

const NOTHING = new Uint8Array(0)

export class Ring {
  #bytes: Uint8Array = NOTHING
  #first = 0

  get capacity(): number {
    return this.#bytes.length
  }

  /** A power of two, and not less than before. What was there keeps its offset. */
  resize(capacity: number): void {
    const bytes = new Uint8Array(capacity)
    const tail = this.#bytes.subarray(this.#first)
    bytes.set(tail)
    bytes.set(this.#bytes.subarray(0, this.#first), tail.length)
    this.#bytes = bytes
    this.#first = 0
  }

  release(): void {
    this.#bytes = NOTHING
    this.#first = 0
  }

  write(offset: number, source: Uint8Array, at: number, length: number): void {
    const start = this.#place(offset)
    const straight = Math.min(length, this.#bytes.length - start)
    this.#bytes.set(part(source, at, straight), start)
    if (straight < length) this.#bytes.set(source.subarray(at + straight, at + length), 0)
  }

  copy(offset: number, length: number, target: Uint8Array, at: number): void {
    const start = this.#place(offset)
    const straight = Math.min(length, this.#bytes.length - start)
    target.set(this.#bytes.subarray(start, start + straight), at)
    if (straight < length) target.set(this.#bytes.subarray(0, length - straight), at + straight)
  }

  /** The bytes from offset 0 on that lie in one piece, at most `length`. Not a copy. */
  front(length: number): Uint8Array {
    return this.#bytes.subarray(this.#first, Math.min(this.#first + length, this.#bytes.length))
  }

  /** What had offset `bytes` has 0 from now on. */
  advance(bytes: number): void {
    this.#first = this.#place(bytes)
  }

  #place(offset: number): number {
    return (this.#first + offset) & (this.#bytes.length - 1)
  }
}

/** Most callers have just these bytes in hand: a view less for the collector. */
function part(source: Uint8Array, at: number, length: number): Uint8Array {
  return at === 0 && length === source.length ? source : source.subarray(at, at + length)
}
