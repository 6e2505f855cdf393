// Streams of metadata: blocks of 8 KiB, each compressed by itself, in which a place is the begin of its block and an offset in it. Pure.

import { FormatError } from '../../base/errors.ts'
import { ByteReader, type Source, window } from '../../base/reader.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Decompress } from '../codec.ts'
import { METADATA_PLAIN, METADATA_SIZE } from './format.ts'

export type Place = { readonly block: number; readonly offset: number }

export class MetadataWriter {
  readonly #compress: (block: Uint8Array) => Uint8Array
  readonly #done: Uint8Array[] = []
  /** Where blocks begin, for tables that are found by an index of them. */
  readonly #starts: number[] = []
  readonly #open = new Uint8Array(METADATA_SIZE)
  #used = 0
  #size = 0

  constructor(compress: (block: Uint8Array) => Uint8Array) {
    this.#compress = compress
  }

  /** Where the next byte goes. A block that is full counts as the next one's begin. */
  get place(): Place {
    return { block: this.#size, offset: this.#used }
  }

  put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + METADATA_SIZE - this.#used)
      this.#open.set(part, this.#used)
      this.#used += part.length
      at += part.length
      if (this.#used === METADATA_SIZE) this.#close()
    }
  }

  /** All blocks; nothing can be put afterwards. */
  finish(): { readonly bytes: readonly Uint8Array[]; readonly size: number; readonly starts: readonly number[] } {
    if (this.#used > 0) this.#close()
    return { bytes: this.#done, size: this.#size, starts: this.#starts }
  }

  #close(): void {
    const block = this.#open.subarray(0, this.#used)
    const smaller = this.#compress(block)
    const plain = smaller.length >= block.length
    const stored = plain ? block : smaller
    const bytes = new ByteWriter(2 + stored.length)
      .u16(0, stored.length | (plain ? METADATA_PLAIN : 0))
      .put(2, stored).bytes
    this.#starts.push(this.#size)
    this.#done.push(bytes)
    this.#size += bytes.length
    this.#used = 0
  }
}

/** Blocks that are kept: those of one directory and the inodes in it. */
const KEPT = 64

/** Reads such a stream, which lies from `start` on and ends before `end`. */
export class MetadataReader {
  readonly #source: Source
  readonly #start: number
  readonly #end: number
  readonly #decompress: Decompress
  readonly #field: string
  readonly #kept = new Map<number, { readonly bytes: Uint8Array; readonly next: number }>()

  constructor(source: Source, range: { start: number; end: number }, decompress: Decompress, field: string) {
    this.#source = source
    this.#start = range.start
    this.#end = range.end
    this.#decompress = decompress
    this.#field = field
  }

  /** From a place on; reads blocks as they are wanted. */
  at({ block, offset }: Place): MetadataCursor {
    return new MetadataCursor((at) => this.#block(at), block, offset, this.#field)
  }

  #block(at: number): { readonly bytes: Uint8Array; readonly next: number } {
    const known = this.#kept.get(at)
    if (known !== undefined) return known
    const from = this.#start + at
    if (at < 0 || from > this.#end - 2)
      throw new FormatError('BAD_VALUE', this.#field, Math.max(0, from), `has no block ${at} bytes from its begin`)
    const header: ByteReader = window(this.#source, from, 2, this.#field)
    const word = header.u16(0, this.#field)
    const size = word & ~METADATA_PLAIN
    header.check(
      size > 0 && size <= METADATA_SIZE && from + 2 + size <= this.#end,
      'BAD_VALUE',
      0,
      this.#field,
      `has a block of ${size} bytes`,
    )
    const stored = this.#source.readAt(from + 2, size)
    const bytes =
      (word & METADATA_PLAIN) !== 0 ? stored : unpack(this.#decompress, stored, METADATA_SIZE, this.#field, from)
    const block = { bytes, next: at + 2 + size }
    if (this.#kept.size >= KEPT) this.#kept.delete(this.#kept.keys().next().value as number)
    this.#kept.set(at, block)
    return block
  }
}

/** Throws FormatError where a codec throws anything. */
export function unpack(
  decompress: Decompress,
  stored: Uint8Array,
  most: number,
  field: string,
  offset: number,
): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = decompress(stored, most)
  } catch (error) {
    throw new FormatError(
      'BAD_VALUE',
      field,
      offset,
      `cannot be decompressed: ${error instanceof Error ? error.message : 'it is spoiled'}`,
    )
  }
  if (bytes.length <= most) return bytes
  throw new FormatError('LIMIT', field, offset, `becomes ${bytes.length} bytes, at most ${most} are possible`)
}

export class MetadataCursor {
  readonly #load: (at: number) => { readonly bytes: Uint8Array; readonly next: number }
  readonly #field: string
  #block: number
  #offset: number

  constructor(
    load: (at: number) => { readonly bytes: Uint8Array; readonly next: number },
    block: number,
    offset: number,
    field: string,
  ) {
    this.#load = load
    this.#block = block
    this.#offset = offset
    this.#field = field
  }

  /** The next so many bytes, as a reader of their own. Errors name places in the stream once it is unpacked. */
  take(length: number): ByteReader {
    const bytes = new Uint8Array(length)
    let done = 0
    const origin = this.#block
    while (done < length) {
      const { bytes: block, next } = this.#load(this.#block)
      if (this.#offset > block.length)
        throw new FormatError(
          'BAD_VALUE',
          this.#field,
          origin,
          `has no byte ${this.#offset} in a block of ${block.length}`,
        )
      const part = block.subarray(this.#offset, this.#offset + length - done)
      bytes.set(part, done)
      done += part.length
      this.#offset += part.length
      if (this.#offset < block.length) continue
      // A block that is not full is the last.
      if (done < length && block.length < METADATA_SIZE)
        throw new FormatError('TRUNCATED', this.#field, origin, `ends ${length - done} bytes too early`)
      this.#block = next
      this.#offset = 0
    }
    return new ByteReader(bytes, origin)
  }
}
