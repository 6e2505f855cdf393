// A sink that packs what is written to it, piece by piece, and hands the packed pieces on in their order. Pure.

import type { Compressor } from './codec.ts'
import { gzipMember } from './gzip.ts'
import { PIECE, type Sink } from './output.ts'

type Pending = { readonly piece: Uint8Array; readonly packed: Promise<Uint8Array> }

export class PackingSink implements Sink {
  readonly #output: Sink
  readonly #codec: Compressor
  readonly #pending: Pending[] = []
  readonly #open = new Uint8Array(PIECE)
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
      const part = bytes.subarray(at, at + PIECE - this.#used)
      this.#open.set(part, this.#used)
      this.#used += part.length
      at += part.length
      if (this.#used === PIECE) this.#close()
    }
    this.#position += bytes.length
  }

  zeroes(length: number): void {
    const zero = new Uint8Array(Math.min(length, PIECE))
    for (let left = length; left > 0; left -= zero.length) this.write(zero.subarray(0, left))
  }

  /** No more pieces are under way than the codec wants, so memory is bounded. */
  async settle(): Promise<void> {
    while (this.#pending.length > this.#codec.parallel) await this.#handOn()
  }

  async finish(): Promise<void> {
    if (this.#used > 0 || this.#position === 0) this.#close()
    while (this.#pending.length > 0) await this.#handOn()
  }

  #close(): void {
    const piece = this.#open.slice(0, this.#used)
    const packed = this.#codec.compressApart(piece.slice())
    packed.catch(() => {}) // reported when its turn comes
    this.#pending.push({ piece, packed })
    this.#used = 0
  }

  async #handOn(): Promise<void> {
    const { piece, packed } = this.#pending.shift() as Pending
    const bytes = await packed
    this.#output.write(this.#codec.name === 'gzip' ? gzipMember(piece, bytes) : bytes)
  }
}
