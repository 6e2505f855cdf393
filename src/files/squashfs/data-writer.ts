// The data blocks of an image, compressed side by side and written one behind the other. Pure.

import type { Compressor } from '../codec.ts'
import type { ImageOutput } from '../output.ts'
import { DATA_PLAIN } from './format.ts'

type Written = (start: number, size: number) => void
type Pending = { readonly block: Uint8Array; readonly packed: Promise<Uint8Array>; readonly written: Written }

export class DataWriter {
  readonly #output: ImageOutput
  readonly #codec: Compressor
  readonly #pending: Pending[] = []

  constructor(output: ImageOutput, codec: Compressor) {
    this.#output = output
    this.#codec = codec
  }

  /** `written` is told where the block lies, and its size as the format stores it. Blocks lie in the order in which they came. */
  async put(block: Uint8Array, written: Written): Promise<void> {
    // The codec may take the block away to another thread, and a block that does not shrink is wanted as it was.
    const packed = this.#codec.compressApart(block.slice())
    packed.catch(() => {}) // reported when its turn comes
    this.#pending.push({ block, packed, written })
    if (this.#pending.length >= this.#codec.parallel) await this.#writeFirst()
  }

  async finish(): Promise<void> {
    while (this.#pending.length > 0) await this.#writeFirst()
  }

  async #writeFirst(): Promise<void> {
    const { block, packed, written } = this.#pending.shift() as Pending
    const bytes = await packed
    const plain = bytes.length >= block.length
    const start = this.#output.position
    this.#output.write(plain ? block : bytes)
    written(start, plain ? block.length | DATA_PLAIN : bytes.length)
  }
}
