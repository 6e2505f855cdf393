// Contents of files in an image: blocks unpacked when they are wanted, the last few of them kept. Pure.

import { FormatError } from '../../base/errors.ts'
import type { ByteReader, Source } from '../../base/reader.ts'
import type { Decompress } from '../codec.ts'
import type { Content, Stored } from '../tree.ts'
import { DATA_PLAIN, NO_FRAGMENT } from './format.ts'
import { unpack } from './metadata.ts'

export type Image = {
  readonly source: Source
  readonly end: number
  readonly blockSize: number
  readonly decompress: Decompress
  readonly fragments: ByteReader | undefined
}

export type Contents = {
  readonly start: number
  readonly size: number
  readonly sizes: Uint32Array
  readonly fragment: number
  readonly offset: number
}

const FRAGMENT_ENTRY = 16
/** Unpacked blocks that are kept: that of a file, and the fragments of its neighbours. */
const KEPT = 8

export class BlockReader {
  readonly #image: Image
  readonly #kept = new Map<number, Uint8Array>()

  constructor(image: Image) {
    this.#image = image
  }

  /** Throws FormatError for blocks beyond the image; what is wrong within them is found when they are read. */
  contents({ start, size, sizes, fragment, offset }: Contents): Content {
    const { blockSize } = this.#image
    const starts = new Float64Array(sizes.length)
    let at = start
    for (let i = 0; i < sizes.length; i++) {
      starts[i] = at
      at += (sizes[i] as number) & ~DATA_PLAIN
    }
    if (at > this.#image.end)
      throw new FormatError('TRUNCATED', 'file.blocks', start, `lead to ${at}, the image ends at ${this.#image.end}`)
    const block = (index: number): Uint8Array => {
      const length = Math.min(blockSize, size - index * blockSize)
      if (index < sizes.length) return this.#data(starts[index] as number, sizes[index] as number, length)
      return this.#fragment(fragment, offset, length)
    }
    const tail = (): Stored['tail'] => this.#tail(fragment, size - sizes.length * blockSize)
    return {
      size,
      get stored() {
        return { at: start, bytes: at - start, tail: tail() }
      },
      readAt: (from, length) => {
        if (!(Number.isSafeInteger(from) && from >= 0 && length >= 0 && from <= size && length <= size - from)) {
          throw new FormatError('TRUNCATED', 'contents', Math.max(0, from), `needs ${length} bytes, of ${size}`)
        }
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; ) {
          const index = Math.floor((from + done) / blockSize)
          const within = from + done - index * blockSize
          const part = block(index).subarray(within, within + length - done)
          bytes.set(part, done)
          done += part.length
        }
        return bytes
      },
      isHole: (from, length) => {
        const last = Math.floor((from + length - 1) / blockSize)
        if (last >= sizes.length) return false
        for (let i = Math.floor(from / blockSize); i <= last; i++) if (sizes[i] !== 0) return false
        return true
      },
    }
  }

  /** undefined where there is none, or no such fragment. */
  #tail(index: number, length: number): Stored['tail'] {
    const fragments = this.#image.fragments
    if (length <= 0 || fragments === undefined || index >= fragments.length / FRAGMENT_ENTRY) return undefined
    const bytes = fragments.u32(index * FRAGMENT_ENTRY + 8, 'fragment.size') & ~DATA_PLAIN
    return { at: index, bytes, length }
  }

  #data(start: number, stored: number, length: number): Uint8Array {
    if (stored === 0) return new Uint8Array(length)
    const bytes = this.#load(start, stored)
    if (bytes.length >= length) return bytes.subarray(0, length)
    throw new FormatError('BAD_VALUE', 'block', start, `becomes ${bytes.length} bytes, ${length} are wanted`)
  }

  #fragment(index: number, offset: number, length: number): Uint8Array {
    if (index === NO_FRAGMENT || this.#image.fragments === undefined)
      throw new FormatError('BAD_VALUE', 'file.fragment', 0, 'is missing, though the file has an end')
    const fragments: ByteReader = this.#image.fragments
    const start = fragments.u64(index * FRAGMENT_ENTRY, 'fragment.start')
    fragments.check(
      start < BigInt(this.#image.end),
      'BAD_VALUE',
      index * FRAGMENT_ENTRY,
      'fragment.start',
      `is ${start}, beyond the image`,
    )
    const bytes = this.#load(Number(start), fragments.u32(index * FRAGMENT_ENTRY + 8, 'fragment.size'))
    if (offset <= bytes.length && length <= bytes.length - offset) return bytes.subarray(offset, offset + length)
    throw new FormatError(
      'BAD_VALUE',
      'file.offset',
      Number(start),
      `is ${offset}, in a fragment of ${bytes.length} bytes`,
    )
  }

  #load(start: number, stored: number): Uint8Array {
    const known = this.#kept.get(start)
    if (known !== undefined) return known
    const { source, end, blockSize, decompress } = this.#image
    const size = stored & ~DATA_PLAIN
    if (size === 0 || size > blockSize || start > end - size)
      throw new FormatError('BAD_VALUE', 'block', start, `has ${size} bytes, of an image that ends at ${end}`)
    const packed = source.readAt(start, size)
    const bytes = (stored & DATA_PLAIN) !== 0 ? packed : unpack(decompress, packed, blockSize, 'block', start)
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value as number)
    this.#kept.set(start, bytes)
    return bytes
  }
}
