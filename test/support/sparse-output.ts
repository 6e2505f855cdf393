// An output for images of many gigabytes, in memory: what is written out of NOTHING takes none.

import type { Source } from '../../src/base/reader.ts'
import type { ImageOutput } from '../../src/files/output.ts'

/** Zeroes that a Source hands out for what it has nothing at. */
export const NOTHING = new Uint8Array(1024 * 1024)

type Chunk = { readonly at: number; readonly bytes: Uint8Array }

export class SparseOutput implements ImageOutput {
  #length = 0
  /** In the order in which they were written: later ones lie on top. */
  readonly #chunks: Chunk[] = []

  get position(): number {
    return this.#length
  }

  /** What has been written so far. */
  get source(): Source {
    const [size, chunks] = [this.#length, this.#chunks]
    return {
      size,
      readAt: (offset, length) => {
        if (offset < 0 || length > size - offset) throw new RangeError(`no ${length} bytes at ${offset}`)
        const bytes = new Uint8Array(length)
        for (const { at, bytes: part } of chunks) {
          const from = Math.max(at, offset)
          const end = Math.min(at + part.length, offset + length)
          if (from < end) bytes.set(part.subarray(from - at, end - at), from - offset)
        }
        return bytes
      },
    }
  }

  write(bytes: Uint8Array): void {
    this.writeAt(this.#length, bytes)
    this.#length += bytes.length
  }

  zeroes(length: number): void {
    this.#length += length
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    if (bytes.buffer !== NOTHING.buffer) this.#chunks.push({ at: offset, bytes: bytes.slice() })
  }
}
