// An ext2 or ext4 image that is read: its superblock, where inodes lie, and the blocks that they have. Nothing in it is believed. Pure.

import type { FormatErrorCode } from '../../base/errors.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { MAX_PIECES } from '../budget.ts'
import { nameOf } from '../name.ts'
import {
  COMPATIBLE,
  DESCRIPTOR,
  DESCRIPTOR_SIZE,
  DIRECT,
  FLAG,
  INCOMPATIBLE,
  INODE,
  MAGIC,
  SUPER,
  SUPERBLOCK_AT,
  SUPERBLOCK_SIZE,
} from './format.ts'

export type Volume = {
  readonly source: Source
  readonly blockSize: number
  /** Blocks of the file system; all of them lie within the source. */
  readonly blocks: number
  readonly inodes: number
  readonly inodeSize: number
  /** The inode's reader, of the 128 bytes that all have and what comes behind them. */
  readonly inode: (number: number) => ByteReader
  /** Counts a block that maps others: whether there may be one more. None belongs to two files, or a small image would be read for ever. */
  readonly takeMap: () => boolean
  /** As `nameOf` reads its bytes. */
  readonly label: string
  /** Sixteen bytes. */
  readonly uuid: Uint8Array
  /** It has a journal, or what else came with ext3 and ext4. */
  readonly isNewer: boolean
}

const KNOWN = INCOMPATIBLE.fileType | INCOMPATIBLE.extents | INCOMPATIBLE.manyBlocks | INCOMPATIBLE.flexibleGroups
const LARGEST_DESCRIPTOR = 64

/** Throws FormatError for what is no such image, or one with features that are not read here. */
export function openVolume(source: Source): Volume {
  const superblock: ByteReader = window(source, SUPERBLOCK_AT, SUPERBLOCK_SIZE, 'superblock')
  const field = (name: keyof typeof SUPER): number => superblock.u32(SUPER[name], `superblock.${name}`)
  superblock.check(
    superblock.u16(SUPER.magic, 'superblock.magic') === MAGIC,
    'BAD_MAGIC',
    SUPER.magic,
    'superblock.magic',
    'is not that of ext2',
  )
  const shift = field('blockShift')
  superblock.check(
    shift <= 6,
    'BAD_VALUE',
    SUPER.blockShift,
    'superblock.blockShift',
    `is ${shift}: blocks of more than 64 KiB`,
  )
  const blockSize = 1024 << shift
  const incompatible = field('revision') === 0 ? 0 : field('incompatible')
  const journal = 'mount it once, or run e2fsck, so that its journal is played back'
  superblock.check(
    (incompatible & INCOMPATIBLE.recover) === 0,
    'UNSUPPORTED',
    SUPER.incompatible,
    'superblock.incompatible',
    'says that it was not unmounted',
    journal,
  )
  const newer = INCOMPATIBLE.extents | INCOMPATIBLE.manyBlocks | INCOMPATIBLE.flexibleGroups
  const isNewer = (field('compatible') & COMPATIBLE.journal) !== 0 || (incompatible & newer) !== 0
  const unknown = incompatible & ~KNOWN
  superblock.check(
    unknown === 0,
    'UNSUPPORTED',
    SUPER.incompatible,
    'superblock.incompatible',
    `has 0x${unknown.toString(16)}, features that are not read here`,
  )
  const inodeSize = field('revision') === 0 ? 128 : superblock.u16(SUPER.inodeSize, 'superblock.inodeSize')
  const possible = inodeSize >= 128 && inodeSize <= blockSize && (inodeSize & (inodeSize - 1)) === 0
  superblock.check(possible, 'BAD_VALUE', SUPER.inodeSize, 'superblock.inodeSize', `is ${inodeSize}`)
  const [blocks, inodes, perGroup] = [field('blocks'), field('inodes'), field('inodesPerGroup')]
  superblock.check(
    blocks <= source.size / blockSize,
    'TRUNCATED',
    SUPER.blocks,
    'superblock.blocks',
    `is ${blocks} of ${blockSize} bytes, the image has ${source.size}`,
  )
  superblock.check(
    perGroup > 0 && perGroup <= 8 * blockSize,
    'BAD_VALUE',
    SUPER.inodesPerGroup,
    'superblock.inodesPerGroup',
    `is ${perGroup}`,
  )
  const many = (incompatible & INCOMPATIBLE.manyBlocks) !== 0
  const descriptorSize = many ? superblock.u16(SUPER.descriptorSize, 'superblock.descriptorSize') : DESCRIPTOR_SIZE
  superblock.check(
    descriptorSize === DESCRIPTOR_SIZE || descriptorSize === LARGEST_DESCRIPTOR,
    'BAD_VALUE',
    SUPER.descriptorSize,
    'superblock.descriptorSize',
    `is ${descriptorSize}`,
  )
  const table = (field('firstDataBlock') + 1) * blockSize
  let maps = 0
  const label = superblock.bytes(SUPER.label, 16, 'superblock.label')
  const end = label.indexOf(0)
  return {
    source,
    blockSize,
    blocks,
    inodes,
    inodeSize,
    label: nameOf(end < 0 ? label : label.subarray(0, end)),
    isNewer,
    uuid: superblock.bytes(SUPER.uuid, 16, 'superblock.uuid').slice(),
    takeMap: () => ++maps <= blocks,
    inode: (number) => {
      superblock.check(
        number > 0 && number <= inodes,
        'BAD_VALUE',
        SUPER.inodes,
        'directory.inode',
        `is ${number}, there are ${inodes}`,
      )
      const group = Math.floor((number - 1) / perGroup)
      const descriptor: ByteReader = window(source, table + group * descriptorSize, DESCRIPTOR_SIZE, 'group descriptor')
      const first = descriptor.u32(DESCRIPTOR.inodeTable, `group[${group}].inodeTable`)
      descriptor.check(
        first > 0 && first < blocks,
        'BAD_VALUE',
        DESCRIPTOR.inodeTable,
        `group[${group}].inodeTable`,
        `is block ${first} of ${blocks}`,
      )
      return window(source, first * blockSize + ((number - 1) % perGroup) * inodeSize, inodeSize, `inode[${number}]`)
    },
  }
}

/** A run of blocks of a file; what no run has is a hole. */
export type DiskRun = { readonly at: number; readonly length: number; readonly block: number }

/** The first `count` blocks of an inode. Throws FormatError for blocks outside of the file system, and for maps that are none. */
export function readRuns(volume: Volume, inode: ByteReader, count: number, field: string): readonly DiskRun[] {
  const flags = inode.u32(INODE.flags, `${field}.flags`)
  const unreadable = flags & (FLAG.compressed | FLAG.encrypted | FLAG.inlineData)
  inode.check(
    unreadable === 0,
    'UNSUPPORTED',
    INODE.flags,
    `${field}.flags`,
    `has 0x${unreadable.toString(16)}: contents that are not read here`,
  )
  const runs = new Runs(volume, inode, field)
  const area = inode.slice(INODE.blocks, 60, `${field}.blocks`)
  if ((flags & FLAG.extents) !== 0) readExtents(area, runs, count, 5)
  else readPointers(volume, area, runs, count)
  return runs.found
}

class Runs {
  readonly found: { at: number; length: number; block: number }[] = []
  readonly #volume: Volume
  readonly #inode: ByteReader
  readonly #field: string

  constructor(volume: Volume, inode: ByteReader, field: string) {
    this.#volume = volume
    this.#inode = inode
    this.#field = field
  }

  add(at: number, block: number, length: number): void {
    const { blocks } = this.#volume
    this.#check(
      block > 0 && block < blocks && length <= blocks - block,
      `names block ${block} and ${length - 1} more, of ${blocks}`,
    )
    const last = this.found.at(-1)
    this.#check(last === undefined || at >= last.at + last.length, `has block ${at} twice`)
    if (last !== undefined && last.at + last.length === at && last.block + last.length === block) last.length += length
    else this.found.push({ at, length, block })
    const many = this.found.length > MAX_PIECES
    this.#check(!many, `has more than ${MAX_PIECES} pieces`, 'LIMIT')
  }

  map(block: number): ByteReader {
    const { blocks, blockSize, source } = this.#volume
    this.#check(block > 0 && block < blocks, `has a map at block ${block}, of ${blocks}`)
    this.#check(this.#volume.takeMap(), `has a map at block ${block}, which makes more maps than there are blocks`)
    return window(source, block * blockSize, blockSize, `${this.#field}.map`)
  }

  #check(holds: boolean, problem: string, code: FormatErrorCode = 'BAD_VALUE'): void {
    this.#inode.check(holds, code, INODE.blocks, `${this.#field}.blocks`, problem)
  }
}

function readPointers({ blockSize }: Volume, area: ByteReader, runs: Runs, count: number): void {
  const perBlock = blockSize / 4
  for (let i = 0; i < DIRECT && i < count; i++) {
    const block = area.u32(i * 4, 'pointer')
    if (block !== 0) runs.add(i, block, 1)
  }
  let at = DIRECT
  for (const [i, size] of [perBlock, perBlock ** 2, perBlock ** 3].entries()) {
    const block = area.u32((DIRECT + i) * 4, 'pointer')
    if (block !== 0 && at < count) descend(block, at, size)
    at += size
  }

  function descend(block: number, from: number, size: number): void {
    const map = runs.map(block)
    const step = size / perBlock
    for (let i = 0; i < perBlock && from + i * step < count; i++) {
      const pointer = map.u32(i * 4, 'pointer')
      if (pointer === 0) continue
      if (step === 1) runs.add(from + i, pointer, 1)
      else descend(pointer, from + i * step, step)
    }
  }
}

const EXTENT_MAGIC = 0xf30a
const EXTENT_SIZE = 12
/** A longer extent is one that has been reserved and never written: it reads as zeroes. */
const LONGEST_EXTENT = 32768

function readExtents(node: ByteReader, runs: Runs, count: number, levels: number): void {
  node.check(node.u16(0, 'extents.magic') === EXTENT_MAGIC, 'BAD_MAGIC', 0, 'extents.magic', 'is not that of extents')
  const [entries, depth] = [node.u16(2, 'extents.entries'), node.u16(6, 'extents.depth')]
  node.check(depth < levels, 'BAD_VALUE', 6, 'extents.depth', `is ${depth}, less than ${levels} was expected`)
  for (let i = 1; i <= entries; i++) {
    const entry = node.slice(i * EXTENT_SIZE, EXTENT_SIZE, `extents[${i - 1}]`)
    const at = entry.u32(0, 'extent.block')
    if (at >= count) continue // reserved beyond the end
    if (depth > 0) {
      const block = entry.u32(4, 'extent.leaf') + entry.u16(8, 'extent.leaf_hi') * 2 ** 32
      readExtents(runs.map(block), runs, count, depth)
      continue
    }
    const length = entry.u16(4, 'extent.len')
    const start = entry.u32(8, 'extent.start') + entry.u16(6, 'extent.start_hi') * 2 ** 32
    if (length <= LONGEST_EXTENT) runs.add(at, start, Math.min(length, count - at))
  }
}
