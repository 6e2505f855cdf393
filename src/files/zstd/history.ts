// What has been unpacked of a frame last: as much as the next block may refer to, and room for that block. Pure.

import { BadBlock } from './bits.ts'
import { MAX_BLOCK } from './limits.ts'

/** Bytes that are unpacked before what is too old is given up: moving the rest costs the less the more there are. */
const MOST_SLACK = 8 * 1024 * 1024

export class History {
  readonly #window: number
  readonly #capacity: number
  #bytes: Uint8Array
  /** Where the next byte goes. */
  #end = 0
  #block = 0
  #blockLimit = 0

  /** For a frame of at most `size` bytes, of which later ones may refer to `window`. */
  constructor(window: number, size: number) {
    this.#window = window
    const slack = Math.max(2 * MAX_BLOCK, Math.min(MOST_SLACK, window))
    this.#capacity = Math.min(window + slack, size + MAX_BLOCK)
    // Grows with what there is, so that a small frame that claims to be large does not take memory.
    this.#bytes = new Uint8Array(Math.min(this.#capacity, 2 * MAX_BLOCK))
  }

  /** Makes room for a block of at most `limit` bytes. */
  begin(limit: number): void {
    if (this.#end + limit > this.#bytes.length) this.#makeRoom(limit)
    this.#block = this.#end
    this.#blockLimit = this.#end + limit
  }

  /** What has been put since `begin`: until the next `begin`. */
  get block(): Uint8Array {
    return this.#bytes.subarray(this.#block, this.#end)
  }

  put(bytes: Uint8Array, from: number, to: number): void {
    const end = this.#end + to - from
    if (end > this.#blockLimit) throw new BadBlock('becomes larger than a block may')
    if (to - from > FEW) this.#bytes.set(bytes.subarray(from, to), this.#end)
    else for (let at = this.#end, i = from; i < to; ) this.#bytes[at++] = bytes[i++] as number
    this.#end = end
  }

  fill(byte: number, length: number): void {
    const end = this.#end + length
    if (end > this.#blockLimit) throw new BadBlock('becomes larger than a block may')
    this.#bytes.fill(byte, this.#end, end)
    this.#end = end
  }

  /** Repeats `length` bytes from `offset` before the end; some of them may be new ones themselves. */
  repeat(offset: number, length: number): void {
    const bytes = this.#bytes
    const to = this.#end + length
    const from = this.#end - offset
    if (from < 0 || offset > this.#window) throw new BadBlock('refers to what is before its begin')
    if (to > this.#blockLimit) throw new BadBlock('becomes larger than a block may')
    if (offset >= length && length > FEW) bytes.copyWithin(this.#end, from, from + length)
    else for (let at = this.#end, i = from; at < to; ) bytes[at++] = bytes[i++] as number
    this.#end = to
  }

  #makeRoom(limit: number): void {
    const kept = Math.min(this.#end, this.#window)
    if (this.#bytes.length < this.#capacity) {
      const needed = Math.min(this.#capacity, Math.max(2 * this.#bytes.length, kept + limit))
      const larger = new Uint8Array(needed)
      larger.set(this.#bytes.subarray(this.#end - kept, this.#end))
      this.#bytes = larger
    } else this.#bytes.copyWithin(0, this.#end - kept, this.#end)
    this.#end = kept
  }
}

/** Bytes that are copied faster one by one. */
const FEW = 24
