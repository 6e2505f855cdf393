// A sink that packs what is written to it, piece by piece, and hands the packed pieces on in their order. Pure.

import type { Compressed, Compressor } from './codec.ts'
import { gzipMember } from './gzip.ts'
import { PIECE, type Sink } from './output.ts'

export class PackingSink implements Sink {
  readonly #output: Sink
  readonly #codec: Compressor
  readonly #pending: Promise<Compressed>[] = []
  /** Pieces that have come back. */
  readonly #free: Uint8Array[] = []
  #open: Uint8Array = new Uint8Array(PIECE)
  #used = 0
  #position = 0

  constructor(output: Sink, codec: Compressor) {
    this.#output = output
    this.#codec = codec
  }

  /** Bytes before they are packed. */
  get position(): number {
    return this.#position
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#used === PIECE) this.#close()
      const part = bytes.subarray(at, at + PIECE - this.#used)
      this.#open.set(part, this.#used)
      this.#used += part.length
      at += part.length
    }
    this.#position += bytes.length
  }

  room(length: number): Uint8Array | undefined {
    if (this.#used === PIECE) this.#close()
    if (length > PIECE - this.#used) return undefined
    this.#used += length
    this.#position += length
    return this.#open.subarray(this.#used - length, this.#used)
  }

  zeroes(length: number): void {
    const zero = new Uint8Array(Math.min(length, PIECE))
    for (let left = length; left > 0; left -= zero.length) this.write(zero.subarray(0, left))
  }

  /** No more pieces are under way than the codec wants, and one, so memory is bounded. */
  settle(): Promise<void> | undefined {
    return this.#isAhead() ? this.#catchUp() : undefined
  }

  async finish(): Promise<void> {
    if (this.#used > 0 || this.#position === 0) this.#close()
    while (this.#pending.length > 0) await this.#handOn()
  }

  #isAhead(): boolean {
    return this.#pending.length * PIECE > this.#codec.ahead
  }

  async #catchUp(): Promise<void> {
    while (this.#isAhead()) await this.#handOn()
  }

  #close(): void {
    const packed = this.#codec.compressApart(this.#open.subarray(0, this.#used))
    packed.catch(() => {}) // reported when its turn comes
    this.#pending.push(packed)
    this.#open = this.#free.pop() ?? new Uint8Array(PIECE)
    this.#used = 0
  }

  async #handOn(): Promise<void> {
    const { block, bytes } = await (this.#pending.shift() as Promise<Compressed>)
    this.#output.write(this.#codec.name === 'gzip' ? gzipMember(block, bytes) : bytes)
    this.#free.push(new Uint8Array(block.buffer))
  }
}
