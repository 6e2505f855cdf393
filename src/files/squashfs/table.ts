// Tables that are found by a list of their blocks: identities, fragments, inodes for export, attributes. Pure.

import { FormatError } from '../../base/errors.ts'
import { ByteReader, type Source, window } from '../../base/reader.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Decompress } from '../codec.ts'
import type { ImageOutput } from '../output.ts'
import { METADATA_SIZE } from './format.ts'
import { MetadataReader, MetadataWriter } from './metadata.ts'

/** Blocks first, then `head`, then the list of blocks. Returns where `head`, or the list, begins. */
export function writeTable(
  output: ImageOutput,
  entries: Uint8Array,
  compress: (block: Uint8Array) => Uint8Array,
  head: Uint8Array = new Uint8Array(0),
): bigint {
  const writer = new MetadataWriter(compress)
  writer.put(entries)
  const { bytes, starts } = writer.finish()
  const first = output.position
  for (const block of bytes) output.write(block)
  const start = output.position
  const list = new ByteWriter(starts.length * 8)
  starts.forEach((at, i) => list.u64(i * 8, BigInt(first + at)))
  output.write(head)
  output.write(list.bytes)
  return BigInt(start)
}

export type TablePlace = {
  /** Where the list of blocks begins. */
  readonly start: number
  readonly entries: number
  readonly entrySize: number
  readonly end: number
}

/** Bytes of a table: the entries of some millions of files. */
const MAX_TABLE = 64 * 1024 * 1024

/** All entries. Throws FormatError. */
export function readTable(
  source: Source,
  { start, entries, entrySize, end }: TablePlace,
  decompress: Decompress,
  field: string,
): ByteReader {
  const size = entries * entrySize
  if (size > MAX_TABLE) throw new FormatError('LIMIT', field, start, `has ${size} bytes, more than ${MAX_TABLE}`)
  const blocks = Math.ceil(size / METADATA_SIZE)
  const list: ByteReader = window(source, start, blocks * 8, field)
  const bytes = new Uint8Array(size)
  for (let i = 0; i < blocks; i++) {
    const at = list.u64(i * 8, field)
    list.check(at < BigInt(end), 'BAD_VALUE', i * 8, field, `has a block at ${at}, beyond the image`)
    const wanted = Math.min(METADATA_SIZE, size - i * METADATA_SIZE)
    const reader = new MetadataReader(source, { start: Number(at), end }, decompress, field)
    bytes.set(reader.at({ block: 0, offset: 0 }).take(wanted).bytes(0, wanted, field), i * METADATA_SIZE)
  }
  return new ByteReader(bytes, start)
}
