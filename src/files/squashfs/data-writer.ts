// The data blocks of an image, compressed side by side and written one behind the other. Pure.

import type { Compressed, Compressor } from '../codec.ts'
import type { ImageOutput } from '../output.ts'
import { DATA_PLAIN } from './format.ts'

type Written = (start: number, size: number) => void
type Pending = { readonly length: number; readonly packed: Promise<Compressed>; readonly written: Written }

export class DataWriter {
  readonly blockSize: number
  readonly #output: ImageOutput
  readonly #codec: Compressor
  readonly #pending: Pending[] = []
  /** Bytes of what is pending. */
  #ahead = 0
  /** Blocks that have come back. */
  readonly #free: Uint8Array[] = []

  constructor(output: ImageOutput, codec: Compressor, blockSize: number) {
    this.#output = output
    this.#codec = codec
    this.blockSize = blockSize
  }

  /** Where a block is put together. It is for `put`, or for `giveBack`. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.blockSize)
  }

  giveBack(block: Uint8Array): void {
    this.#free.push(block)
  }

  /**
   * The first `length` bytes of what `take` has given. `written` is told where the block lies, and its size as the format stores it. Blocks lie in the order in
   * which they came.
   */
  async put(block: Uint8Array, length: number, written: Written): Promise<void> {
    const packed = this.#codec.compressApart(block.subarray(0, length))
    packed.catch(() => {}) // reported when its turn comes
    this.#pending.push({ length, packed, written })
    this.#ahead += length
    while (this.#ahead > this.#codec.ahead) await this.#writeFirst()
  }

  async finish(): Promise<void> {
    while (this.#pending.length > 0) await this.#writeFirst()
  }

  async #writeFirst(): Promise<void> {
    const { length, packed, written } = this.#pending.shift() as Pending
    const { block, bytes } = await packed
    this.#ahead -= length
    const plain = bytes.length >= length
    const start = this.#output.position
    this.#output.write(plain ? block : bytes)
    this.giveBack(new Uint8Array(block.buffer))
    written(start, plain ? length | DATA_PLAIN : bytes.length)
    await this.#output.settle?.()
  }
}
