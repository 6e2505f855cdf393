// Writes a tree as SquashFS 4.0, as Linux mounts it. The codec is given; where it is the same, so are the bytes, whatever the number of processors. Pure.

import { ConfigError } from '../../base/errors.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Compressor } from '../codec.ts'
import { fitTree } from '../fit.ts'
import type { WriteOptions } from '../format.ts'
import type { Capabilities } from '../losses.ts'
import { MAX_PATH, problemOfName } from '../name.ts'
import { type ImageOutput, pad } from '../output.ts'
import { compareTimes } from '../change.ts'
import { type Directory, type Inode, type Time, walk } from '../tree.ts'
import { AttributeTable } from './attributes.ts'
import { DataWriter } from './data-writer.ts'
import { storeFiles } from './files.ts'
import {
  ATTRIBUTE_PREFIXES,
  COMPRESSORS,
  DEFAULT_BLOCK,
  FLAG,
  LARGEST_BLOCK,
  MAGIC,
  MAX_BLOCKS,
  NO_TABLE,
  SMALLEST_BLOCK,
  SUPER,
  SUPERBLOCK_SIZE,
} from './format.ts'
import { IdTable, writeInodes } from './inodes.ts'
import { writeTable } from './table.ts'

export type SquashOptions = WriteOptions & {
  readonly codec: Compressor
  /** Bytes: a power of two from 4 KiB to 1 MiB; 128 KiB if not given. */
  readonly blockSize?: number | undefined
}

/** What Linux maps an image in. */
const PAGE = 4096
const FRAGMENT_ENTRY = 16

export const SQUASHFS: Capabilities = {
  maxOwner: 2 ** 32 - 1,
  modeOf: ({ meta }) => meta.mode,
  time: { first: 0, last: 2 ** 32 - 1, step: 1_000_000_000 },
  xattr: (name, length) =>
    ATTRIBUTE_PREFIXES.some((prefix) => name.startsWith(prefix) && name.length > prefix.length) && length <= 65_536,
  symlinks: true,
  hardLinks: true,
  devices: (major, minor) => major < 2 ** 12 && minor < 2 ** 20,
  fifos: true,
  sockets: true,
  holes: true,
  maxFile: MAX_BLOCKS * LARGEST_BLOCK,
  anyBytes: true,
  maxPath: MAX_PATH,
  problemOfName,
}

export async function writeSquash(root: Directory, output: ImageOutput, options: SquashOptions): Promise<void> {
  const tree = fitTree('squashfs', SQUASHFS, root, options.allowLoss ?? new Set())
  const blockSize = checkBlockSize(options.blockSize ?? DEFAULT_BLOCK)
  requireFewBlocks(tree, blockSize)
  const { codec } = options
  const compress = (block: Uint8Array): Uint8Array => codec.compress(block)
  const start = output.position
  output.zeroes(SUPERBLOCK_SIZE)
  const stored = await storeFiles(tree, new DataWriter(output, codec, blockSize), options.progress)
  const ids = new IdTable()
  const attributes = new AttributeTable(tree, compress)
  const { inodes, directories, references, root: rootPlace } = writeInodes(tree, { stored, ids, attributes, compress })

  const inodeTable = output.position
  for (const block of inodes) output.write(block)
  const directoryTable = output.position
  for (const block of directories) output.write(block)
  const fragments = new ByteWriter(stored.fragments.length * FRAGMENT_ENTRY)
  stored.fragments.forEach((each, i) =>
    fragments.u64(i * FRAGMENT_ENTRY, BigInt(each.start)).u32(i * FRAGMENT_ENTRY + 8, each.size),
  )
  const fragmentTable = writeTable(output, fragments.bytes, compress)
  const exports = new ByteWriter(references.length * 8)
  references.forEach((reference, i) => exports.u64(i * 8, reference))
  const exportTable = writeTable(output, exports.bytes, compress)
  const idTable = writeTable(output, ids.encode(), compress)
  const attributeTable = attributes.write(output) ?? NO_TABLE
  const used = output.position
  pad(output, PAGE)

  const superblock = new ByteWriter(SUPERBLOCK_SIZE)
    .u32(SUPER.magic, MAGIC)
    .u32(SUPER.inodes, references.length)
    .u32(SUPER.time, latest(tree).seconds)
    .u32(SUPER.blockSize, blockSize)
    .u32(SUPER.fragments, stored.fragments.length)
    .u16(SUPER.compressor, COMPRESSORS[codec.name])
    .u16(SUPER.blockLog, Math.log2(blockSize))
    .u16(SUPER.flags, FLAG.noDuplicates | FLAG.exportable)
    .u16(SUPER.ids, ids.size)
    .u16(SUPER.major, 4)
    .u64(SUPER.root, rootPlace)
    .u64(SUPER.used, BigInt(used))
    .u64(SUPER.idTable, idTable)
    .u64(SUPER.attributeTable, attributeTable)
    .u64(SUPER.inodeTable, BigInt(inodeTable))
    .u64(SUPER.directoryTable, BigInt(directoryTable))
    .u64(SUPER.fragmentTable, fragmentTable)
    .u64(SUPER.exportTable, exportTable)
  output.writeAt(start, superblock.bytes)
}

/** No more than are read again: of holes, some kilobytes could name any number. */
function requireFewBlocks(tree: Directory, blockSize: number): void {
  const seen = new Set<Inode>()
  let blocks = 0
  for (const { path, inode } of walk(tree)) {
    if (inode.kind !== 'file' || seen.has(inode)) continue
    seen.add(inode)
    blocks += Math.ceil(inode.content.size / blockSize)
    if (blocks <= MAX_BLOCKS) continue
    throw new ConfigError(
      'INEXPRESSIBLE',
      { words: path },
      `makes more than ${MAX_BLOCKS} blocks of ${blockSize} bytes of all files`,
      blockSize < LARGEST_BLOCK ? `--block-size ${LARGEST_BLOCK} makes fewer` : 'leave it out with --exclude',
    )
  }
}

function checkBlockSize(size: number): number {
  if (size >= SMALLEST_BLOCK && size <= LARGEST_BLOCK && Number.isInteger(Math.log2(size))) return size
  throw new ConfigError(
    'BAD_VALUE',
    { words: `--block-size ${size}` },
    `is no power of two from ${SMALLEST_BLOCK} to ${LARGEST_BLOCK}`,
  )
}

/** The time of the image: nobody's clock, but that of what changed last in it. */
function latest(root: Directory): Time {
  let found = root.meta.mtime
  for (const { inode } of walk(root)) if (compareTimes(inode.meta.mtime, found) > 0) found = inode.meta.mtime
  return found
}
