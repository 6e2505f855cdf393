// Reads ext2, and ext3 and ext4 images that were unmounted, as mke2fs and Linux make them. Files that hang in the air are not looked for, and
// each directory is read once. Pure.

import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { Budget, excessOfSize } from '../budget.ts'
import { kindOf } from '../mode-bits.ts'
import { MAX_PATH, nameOf, problemOfName } from '../name.ts'
import { sortEntries } from '../overlay.ts'
import { sparseSource } from '../parts.ts'
import { type Directory, type Inode, metadata, type Metadata } from '../tree.ts'
import { decodeAttributes, decodeEntries } from './attributes.ts'
import { FAST_SYMLINK, INODE, INODE_SIZE, LOST_AND_FOUND, ROOT_INODE } from './format.ts'
import { openVolume, readRuns, type Volume } from './volume.ts'

/** Bytes of one directory: a hundred thousand of the longest names. */
const MAX_DIRECTORY = 32 * 1024 * 1024
/** PATH_MAX in names of one letter: deeper directories cannot be named. */
const MAX_DEPTH = MAX_PATH / 2

/** Throws FormatError. An empty lost+found in the root is the file system's own, and no part of the tree. */
export function readExt2(source: Source): Directory {
  const reader = new InodeReader(openVolume(source))
  const root = reader.read(ROOT_INODE, 0)
  if (root.kind !== 'directory') return reader.fail(ROOT_INODE, 'mode', 'is that of a file, not of the root')
  const found = root.entries.get(LOST_AND_FOUND)
  if (found?.kind !== 'directory' || found.entries.size > 0) return root
  return { ...root, entries: new Map([...root.entries].filter(([name]) => name !== LOST_AND_FOUND)) }
}

class InodeReader {
  readonly #volume: Volume
  readonly #known = new Map<number, Inode>()
  readonly #directories = new Set<number>()
  /** By block: many files may have one of theirs in common. */
  readonly #attributeBlocks = new Map<number, ReadonlyMap<string, Uint8Array>>()
  readonly #budget = new Budget()
  #directoryBytes = 0

  constructor(volume: Volume) {
    this.#volume = volume
  }

  fail(number: number, part: keyof typeof INODE, problem: string): never {
    const inode = this.#volume.inode(number)
    return inode.check(false, 'BAD_VALUE', INODE[part], `inode[${number}].${part}`, problem) as never
  }

  read(number: number, depth: number): Inode {
    const known = this.#known.get(number)
    if (known !== undefined) return known
    const field = `inode[${number}]`
    const reader: ByteReader = this.#volume.inode(number)
    const mode = reader.u16(INODE.mode, `${field}.mode`)
    const kind = kindOf(mode)
    reader.check(
      kind !== undefined,
      'BAD_VALUE',
      INODE.mode,
      `${field}.mode`,
      `is ${mode.toString(8)}, no kind of file`,
    )
    const meta = this.#metadata(reader, mode, field)
    const size =
      reader.u32(INODE.size, `${field}.size`) +
      (kind === 'file' ? reader.u32(INODE.sizeHigh, `${field}.sizeHigh`) * 2 ** 32 : 0)
    const excess = excessOfSize(size)
    reader.check(excess === undefined, 'LIMIT', INODE.size, `${field}.size`, `${excess}`)
    if (kind === 'directory') {
      // A directory with two names would make a tree without an end.
      reader.check(!this.#directories.has(number), 'BAD_VALUE', 0, field, 'is a directory that lies in two places')
      reader.check(depth <= MAX_DEPTH, 'LIMIT', 0, field, `lies deeper than ${MAX_DEPTH} directories`)
      this.#directories.add(number)
      return { kind, meta, entries: this.#readDirectory(reader, size, field, depth) }
    }
    const inode = this.#leaf(kind, reader, size, meta, field)
    this.#known.set(number, inode)
    return inode
  }

  #leaf(
    kind: Exclude<Inode['kind'], 'directory'>,
    reader: ByteReader,
    size: number,
    meta: Metadata,
    field: string,
  ): Inode {
    switch (kind) {
      case 'file': {
        const { content, sparse } = this.#contents(reader, size, field)
        return { kind, meta, content, sparse }
      }
      case 'symlink': {
        reader.check(
          size > 0 && size <= MAX_PATH,
          'BAD_VALUE',
          INODE.size,
          `${field}.size`,
          `is ${size}, no length of a link`,
        )
        // A block of attributes counts as well.
        const inside = size < FAST_SYMLINK && !this.#hasBlocks(reader, field)
        const target = inside
          ? reader.bytes(INODE.blocks, size, `${field}.target`)
          : this.#contents(reader, size, field).content.readAt(0, size)
        return { kind, meta, target: nameOf(target) }
      }
      case 'block':
      case 'character':
        return {
          kind,
          meta,
          ...deviceOf(reader.u32(INODE.blocks, `${field}.device`), reader.u32(INODE.blocks + 4, `${field}.device`)),
        }
      case 'fifo':
      case 'socket':
        return { kind, meta }
    }
  }

  #hasBlocks(reader: ByteReader, field: string): boolean {
    const attributes = reader.u32(INODE.attributes, `${field}.attributes`) === 0 ? 0 : this.#volume.blockSize / 512
    return reader.u32(INODE.sectors, `${field}.sectors`) > attributes
  }

  #contents(reader: ByteReader, size: number, field: string): { readonly content: Source; readonly sparse: boolean } {
    const { blockSize, source } = this.#volume
    const count = Math.ceil(size / blockSize)
    const runs = readRuns(this.#volume, reader, count, field)
    const excess = this.#budget.pieces(runs.length)
    reader.check(excess === undefined, 'LIMIT', INODE.blocks, `${field}.blocks`, `${excess}`)
    const extents = runs.map(({ at, length, block }) => ({
      at: at * blockSize,
      length: Math.min(length * blockSize, size - at * blockSize),
      from: block * blockSize,
    }))
    const held = runs.reduce((sum, { length }) => sum + length, 0)
    return { content: sparseSource(size, extents, source, `${field}.contents`), sparse: held < count }
  }

  #metadata(reader: ByteReader, mode: number, field: string): Metadata {
    const half = (low: keyof typeof INODE, high: keyof typeof INODE): number =>
      reader.u16(INODE[low], `${field}.${low}`) + reader.u16(INODE[high], `${field}.${high}`) * 2 ** 16
    return metadata(mode & 0o7777, {
      uid: half('uid', 'uidHigh'),
      gid: half('gid', 'gidHigh'),
      mtime: this.#time(reader, field),
      xattrs: this.#attributes(reader, field),
    })
  }

  #keep(attributes: ReadonlyMap<string, Uint8Array>, reader: ByteReader): ReadonlyMap<string, Uint8Array> {
    const excess = this.#budget.attributes(attributes)
    reader.check(excess === undefined, 'LIMIT', 0, 'attributes', `${excess}`)
    return attributes
  }

  /** Larger inodes have nanoseconds, and two bits more of the seconds. */
  #time(reader: ByteReader, field: string): Metadata['mtime'] {
    const seconds = reader.u32(INODE.mtime, `${field}.mtime`) | 0
    if (this.#extra(reader, field) < 12) return { seconds, nanoseconds: 0 }
    const extra = reader.u32(INODE_SIZE + 8, `${field}.mtime_extra`)
    const nanoseconds = extra >>> 2
    reader.check(
      nanoseconds < 1_000_000_000,
      'BAD_VALUE',
      INODE_SIZE + 8,
      `${field}.mtime_extra`,
      `says ${nanoseconds} ns`,
    )
    return { seconds: seconds + (extra & 3) * 2 ** 32, nanoseconds }
  }

  /** Bytes that an inode has beyond the first 128, less the attributes among them. */
  #extra(reader: ByteReader, field: string): number {
    if (this.#volume.inodeSize === INODE_SIZE) return 0
    const extra = reader.u16(INODE_SIZE, `${field}.extra_isize`)
    reader.check(
      extra <= this.#volume.inodeSize - INODE_SIZE,
      'BAD_VALUE',
      INODE_SIZE,
      `${field}.extra_isize`,
      `is ${extra}`,
    )
    return extra
  }

  #attributes(reader: ByteReader, field: string): ReadonlyMap<string, Uint8Array> {
    const { blocks, inodeSize } = this.#volume
    const found = new Map<string, Uint8Array>()
    const from = INODE_SIZE + this.#extra(reader, field)
    // Attributes in the inode itself begin with the same number, and count from the first entry.
    if (from + 4 <= inodeSize && from > INODE_SIZE && reader.u32(from, `${field}.attributes`) === 0xea020000) {
      const area = reader.slice(from + 4, inodeSize - from - 4, `${field}.attributes`)
      for (const [name, value] of this.#keep(decodeEntries(area, 0, 0), area)) found.set(name, value)
    }
    const block = reader.u32(INODE.attributes, `${field}.attributes`)
    if (block === 0) return found
    reader.check(block < blocks, 'BAD_VALUE', INODE.attributes, `${field}.attributes`, `is block ${block} of ${blocks}`)
    const shared = this.#attributeBlocks.get(block) ?? this.#attributeBlock(block)
    if (found.size === 0) return shared
    for (const [name, value] of shared) found.set(name, value)
    return found
  }

  #attributeBlock(block: number): ReadonlyMap<string, Uint8Array> {
    const { blockSize, source } = this.#volume
    const reader: ByteReader = window(source, block * blockSize, blockSize, 'attributes')
    const attributes = this.#keep(decodeAttributes(reader), reader)
    this.#attributeBlocks.set(block, attributes)
    return attributes
  }

  #readDirectory(inode: ByteReader, size: number, field: string, depth: number): ReadonlyMap<string, Inode> {
    inode.check(
      size <= MAX_DIRECTORY,
      'LIMIT',
      INODE.size,
      `${field}.size`,
      `is ${size}, more than ${MAX_DIRECTORY} for a directory`,
    )
    const { blockSize, source: whole } = this.#volume
    // Many that have their blocks in common would be read once each.
    this.#directoryBytes += size
    const problem = `makes ${this.#directoryBytes} bytes of directories, in an image of ${whole.size}`
    inode.check(this.#directoryBytes <= whole.size, 'BAD_VALUE', INODE.size, `${field}.size`, problem)
    const { content } = this.#contents(inode, size, field)
    const entries = new Map<string, Inode>()
    for (let block = 0; block < size; block += blockSize) {
      const reader: ByteReader = window(content, block, Math.min(blockSize, size - block), `${field}.entries`)
      for (let at = 0; at < reader.length; ) {
        const length = reader.u16(at + 4, 'entry.rec_len')
        const nameLength = reader.u8(at + 6, 'entry.name_len')
        const fits = length >= 8 && length % 4 === 0 && length <= reader.length - at && nameLength <= length - 8
        reader.check(fits, 'BAD_VALUE', at + 4, 'entry.rec_len', `is ${length}, with a name of ${nameLength}`)
        const number = reader.u32(at, 'entry.inode')
        const name = nameOf(reader.bytes(at + 8, nameLength, 'entry.name'))
        if (number !== 0 && name !== '.' && name !== '..') {
          const problem = problemOfName(name)
          reader.check(problem === undefined, 'BAD_VALUE', at + 8, 'entry.name', `${problem}`)
          reader.check(!entries.has(name), 'BAD_VALUE', at + 8, 'entry.name', 'comes twice')
          const inode = this.read(number, depth + 1)
          const excess = this.#budget.entry(name, inode.kind === 'symlink' ? inode.target : '')
          reader.check(excess === undefined, 'LIMIT', at, 'entry', `${excess}`)
          entries.set(name, inode)
        }
        at += length
      }
    }
    return sortEntries(entries)
  }
}

/** Small numbers in the first word, others in the second. */
function deviceOf(old: number, large: number): { major: number; minor: number } {
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff }
  return { major: (large >>> 8) & 0xfff, minor: (large & 0xff) | ((large >>> 12) & 0xfff00) }
}
