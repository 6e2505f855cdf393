// Reads SquashFS 4.0 as mksquashfs makes it. Directories are read once each, contents block by block when they are wanted. Nothing in an image is
// believed. Pure.

import { FormatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { roundUp } from '../../base/round.ts'
import type { Decompress, Decompressors } from '../codec.ts'
import { Budget, excessOfSize } from '../budget.ts'
import { MAX_PATH, nameOf, problemOfName } from '../name.ts'
import { PIECE } from '../output.ts'
import { sortEntries } from '../overlay.ts'
import { type Directory, type Inode, type Kind, metadata, type Metadata } from '../tree.ts'
import { openAttributes, type ReadAttributes } from './attributes.ts'
import { BlockReader } from './block-reader.ts'
import {
  COMPRESSORS,
  EXTENDED,
  INODE_HEADER,
  LARGEST_BLOCK,
  MAGIC,
  MAX_BLOCKS,
  MAX_RUN,
  NO_ATTRIBUTES,
  NO_FRAGMENT,
  NO_TABLE,
  SMALLEST_BLOCK,
  SUPER,
  SUPERBLOCK_SIZE,
  TYPES,
  unpackDevice,
} from './format.ts'
import { type MetadataCursor, MetadataReader, type Place } from './metadata.ts'
import { readTable } from './table.ts'

const MAX_DEPTH = MAX_PATH / 2
const FRAGMENT_ENTRY = 16
const KINDS = new Map(Object.entries(TYPES).map(([kind, type]) => [type as number, kind as Kind]))
const NOTHING: ReadonlyMap<string, Uint8Array> = new Map()

/** Throws FormatError; UNSUPPORTED for a codec that is not among those given. */
export function readSquash(source: Source, decompressors: Decompressors): Directory {
  const superblock: ByteReader = window(source, 0, SUPERBLOCK_SIZE, 'superblock')
  superblock.check(
    superblock.u32(SUPER.magic, 'superblock.magic') === MAGIC,
    'BAD_MAGIC',
    0,
    'superblock.magic',
    'is not that of SquashFS',
  )
  const major = superblock.u16(SUPER.major, 'superblock.version')
  superblock.check(major === 4, 'UNSUPPORTED', SUPER.major, 'superblock.version', `is ${major}, only 4 is read`)
  const used = numberOf(superblock, 'used', source.size)
  const decompress = codecOf(superblock, decompressors)
  const blockSize = blockSizeOf(superblock)
  const [inodes, directories] = [numberOf(superblock, 'inodeTable', used), numberOf(superblock, 'directoryTable', used)]
  const ids = readTable(
    source,
    {
      start: numberOf(superblock, 'idTable', used),
      entries: superblock.u16(SUPER.ids, 'ids'),
      entrySize: 4,
      end: used,
    },
    decompress,
    'id table',
  )
  const count = superblock.u32(SUPER.fragments, 'superblock.fragments')
  const fragments =
    count === 0
      ? undefined
      : readTable(
          source,
          { start: numberOf(superblock, 'fragmentTable', used), entries: count, entrySize: FRAGMENT_ENTRY, end: used },
          decompress,
          'fragment table',
        )
  const hasAttributes = superblock.u64(SUPER.attributeTable, 'superblock.attributeTable') !== NO_TABLE
  const budget = new Budget()
  const reader = new SquashReader({
    inodes: new MetadataReader(source, { start: inodes, end: used }, decompress, 'inode table'),
    listings: new MetadataReader(source, { start: directories, end: used }, decompress, 'directory table'),
    attributes: hasAttributes
      ? openAttributes(source, numberOf(superblock, 'attributeTable', used), decompress, budget)
      : () => NOTHING,
    blocks: new BlockReader({ source, end: used, blockSize, decompress, fragments }),
    ids,
    blockSize,
    budget,
  })
  const root = reader.read(placeOf(superblock.u64(SUPER.root, 'superblock.root')), 0)
  superblock.check(root.kind === 'directory', 'BAD_VALUE', SUPER.root, 'superblock.root', `leads to a ${root.kind}`)
  return root
}

function numberOf(superblock: ByteReader, field: keyof typeof SUPER, most: number): number {
  const value = superblock.u64(SUPER[field], `superblock.${field}`)
  superblock.check(
    value <= BigInt(most),
    'TRUNCATED',
    SUPER[field],
    `superblock.${field}`,
    `is ${value}, beyond the ${most} bytes there are`,
  )
  return Number(value)
}

function blockSizeOf(superblock: ByteReader): number {
  const blockSize = superblock.u32(SUPER.blockSize, 'superblock.blockSize')
  const possible = blockSize >= SMALLEST_BLOCK && blockSize <= LARGEST_BLOCK && Number.isInteger(Math.log2(blockSize))
  superblock.check(possible, 'BAD_VALUE', SUPER.blockSize, 'superblock.blockSize', `is ${blockSize}`)
  return blockSize
}

export type SquashBlocks = {
  readonly packing?: 'gzip' | 'zstd'
  /** Bytes. */
  readonly blockSize: number
  /** Something lies behind the image in the same file: a tree of hashes, a signature. */
  readonly hasMore: boolean
}

/** What Linux maps an image in. */
const PAGE = 4096

/** Whether anything but zeroes follows: in the first piece, since the end of a disk may be far. */
function hasMore(source: Source, end: number): boolean {
  return source.readAt(end, Math.min(PIECE, source.size - end)).some((byte) => byte !== 0)
}

/** How the blocks of an image are packed, where that is a codec of ours, and how large they are. Throws FormatError. */
export function readBlocks(source: Source): SquashBlocks {
  const superblock: ByteReader = window(source, 0, SUPERBLOCK_SIZE, 'superblock')
  const codec = superblock.u16(SUPER.compressor, 'superblock.compressor')
  const blockSize = blockSizeOf(superblock)
  const end = roundUp(numberOf(superblock, 'used', source.size), PAGE)
  const common = { blockSize, hasMore: hasMore(source, Math.min(end, source.size)) }
  if (codec === COMPRESSORS.gzip) return { packing: 'gzip', ...common }
  return codec === COMPRESSORS.zstd ? { packing: 'zstd', ...common } : common
}

function codecOf(superblock: ByteReader, decompressors: Decompressors): Decompress {
  const id = superblock.u16(SUPER.compressor, 'superblock.compressor')
  const [name] = Object.entries(COMPRESSORS).find(([, number]) => number === id) ?? []
  const decompress = name === undefined ? undefined : decompressors.get(name)
  if (decompress !== undefined) return decompress
  return superblock.check(
    false,
    'UNSUPPORTED',
    SUPER.compressor,
    'superblock.compressor',
    `is ${name ?? id}, which is not read here`,
  ) as never
}

function placeOf(reference: bigint): Place {
  return { block: Number(reference >> 16n), offset: Number(reference & 0xffffn) }
}

type Tables = {
  readonly inodes: MetadataReader
  readonly listings: MetadataReader
  readonly attributes: ReadAttributes
  readonly blocks: BlockReader
  readonly ids: ByteReader
  readonly blockSize: number
  readonly budget: Budget
}

class SquashReader {
  readonly #tables: Tables
  readonly #known = new Map<number, Inode>()
  readonly #directories = new Set<number>()
  #blocks = 0

  constructor(tables: Tables) {
    this.#tables = tables
  }

  read(place: Place, depth: number): Inode {
    const key = place.block * 2 ** 16 + place.offset
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const cursor = this.#tables.inodes.at(place)
    const header: ByteReader = cursor.take(INODE_HEADER)
    const type = header.u16(0, 'inode.type')
    const extended = type > EXTENDED
    const kind = KINDS.get(extended ? type - EXTENDED : type)
    header.check(kind !== undefined, 'BAD_VALUE', 0, 'inode.type', `is ${type}`)
    if (kind === 'directory') {
      // A directory with two names would make a tree without an end.
      header.check(!this.#directories.has(key), 'BAD_VALUE', 0, 'inode', 'is a directory that lies in two places')
      header.check(depth <= MAX_DEPTH, 'LIMIT', 0, 'inode', `lies deeper than ${MAX_DEPTH} directories`)
      this.#directories.add(key)
      return this.#directory(header, cursor, extended, depth)
    }
    const inode = kind === 'file' ? this.#file(header, cursor, extended) : this.#other(kind, header, cursor, extended)
    this.#known.set(key, inode)
    return inode
  }

  #meta(header: ByteReader, attributes: number): Metadata {
    const { ids } = this.#tables
    const id = (at: number): number => ids.u32(header.u16(at, 'inode.owner') * 4, 'id table')
    return metadata(header.u16(2, 'inode.mode') & 0o7777, {
      uid: id(4),
      gid: id(6),
      mtime: { seconds: header.u32(8, 'inode.mtime'), nanoseconds: 0 },
      xattrs: attributes === NO_ATTRIBUTES ? NOTHING : this.#tables.attributes(attributes),
    })
  }

  #file(header: ByteReader, cursor: MetadataCursor, extended: boolean): Inode {
    const body: ByteReader = cursor.take(extended ? 40 : 16)
    const big = (at: number, field: string): number => {
      const value = body.u64(at, field)
      body.check(value <= BigInt(Number.MAX_SAFE_INTEGER), 'BAD_VALUE', at, field, `is ${value}`)
      return Number(value)
    }
    const sizeAt = extended ? 8 : 12
    const start = extended ? big(0, 'file.start') : body.u32(0, 'file.start')
    const size = extended ? big(sizeAt, 'file.size') : body.u32(sizeAt, 'file.size')
    const excess = excessOfSize(size)
    body.check(excess === undefined, 'LIMIT', sizeAt, 'file.size', `${excess}`)
    const fragment = body.u32(extended ? 28 : 4, 'file.fragment')
    const offset = body.u32(extended ? 32 : 8, 'file.offset')
    const { blockSize, blocks } = this.#tables
    const count = fragment === NO_FRAGMENT ? Math.ceil(size / blockSize) : Math.floor(size / blockSize)
    this.#blocks += count
    body.check(
      this.#blocks <= MAX_BLOCKS,
      'LIMIT',
      sizeAt,
      'file.size',
      `is ${size}, which makes more than ${MAX_BLOCKS} blocks of all files`,
    )
    const sizes = readSizes(cursor, count)
    const content = blocks.contents({ start, size, sizes, fragment, offset })
    const meta = this.#meta(header, extended ? body.u32(36, 'file.xattr') : NO_ATTRIBUTES)
    return { kind: 'file', meta, content, sparse: sizes.includes(0) }
  }

  #other(
    kind: Exclude<Kind, 'file' | 'directory'>,
    header: ByteReader,
    cursor: MetadataCursor,
    extended: boolean,
  ): Inode {
    cursor.take(4) // links: how many there are is seen in the tree
    const attributes = (): Metadata =>
      this.#meta(header, extended ? cursor.take(4).u32(0, 'inode.xattr') : NO_ATTRIBUTES)
    if (kind === 'symlink') {
      const length = cursor.take(4)
      const size = length.u32(0, 'symlink.size')
      if (size === 0 || size > MAX_PATH)
        throw new FormatError('BAD_VALUE', 'symlink.size', length.origin, `is ${size}, no length of a link`)
      const target = nameOf(cursor.take(size).bytes(0, size, 'symlink.target'))
      return { kind, target, meta: attributes() }
    }
    if (kind === 'fifo' || kind === 'socket') return { kind, meta: attributes() }
    const device = unpackDevice(cursor.take(4).u32(0, 'inode.device'))
    return { kind, ...device, meta: attributes() }
  }

  #directory(header: ByteReader, cursor: MetadataCursor, extended: boolean, depth: number): Directory {
    const body = cursor.take(extended ? 24 : 16)
    const size = extended ? body.u32(4, 'directory.size') : body.u16(8, 'directory.size')
    const block = body.u32(extended ? 8 : 0, 'directory.block')
    const offset = body.u16(extended ? 18 : 10, 'directory.offset')
    const meta = this.#meta(header, extended ? body.u32(20, 'directory.xattr') : NO_ATTRIBUTES)
    const listing = this.#tables.listings.at({ block, offset })
    const entries = new Map<string, Inode>()
    for (let left = size - 3; left > 0; ) {
      const run: ByteReader = listing.take(12)
      const count = run.u32(0, 'listing.count') + 1
      run.check(count <= MAX_RUN, 'BAD_VALUE', 0, 'listing.count', `is ${count}, more than ${MAX_RUN}`)
      left -= 12
      for (let i = 0; i < count; i++) {
        const entry: ByteReader = listing.take(8)
        const length = entry.u16(6, 'entry.size') + 1
        left -= 8 + length
        entry.check(left >= 0, 'BAD_VALUE', 6, 'entry.size', 'leads beyond the end of its directory')
        const name = nameOf(listing.take(length).bytes(0, length, 'entry.name'))
        const problem = problemOfName(name)
        entry.check(problem === undefined, 'BAD_VALUE', 8, 'entry.name', `${quote(name)} ${problem}`)
        entry.check(!entries.has(name), 'BAD_VALUE', 8, 'entry.name', `${quote(name)} comes twice`)
        const place = { block: run.u32(4, 'listing.block'), offset: entry.u16(0, 'entry.offset') }
        const inode = this.read(place, depth + 1)
        const excess = this.#tables.budget.entry(name, inode.kind === 'symlink' ? inode.target : '')
        entry.check(excess === undefined, 'LIMIT', 0, 'entry', `${excess}`)
        entries.set(name, inode)
      }
    }
    return { kind: 'directory', meta, entries: sortEntries(entries) }
  }
}

/** Read piece by piece, so that a lie about the size costs no more than there is: memory that is not written takes none. */
function readSizes(cursor: MetadataCursor, count: number): Uint32Array {
  const sizes = new Uint32Array(count)
  for (let done = 0; done < count; ) {
    const part = Math.min(1024, count - done)
    const reader = cursor.take(part * 4)
    for (let i = 0; i < part; i++) sizes[done + i] = reader.u32(i * 4, 'file.blocks')
    done += part
  }
  return sizes
}
