// Where everything lies in an ext2 image: how many groups of blocks, what each begins with, and which blocks of the disk are left for data. Pure.

import { DESCRIPTOR_SIZE, hasBackup, INODE_SIZE } from './format.ts'

export type Geometry = {
  /** Bytes. */
  readonly blockSize: number
  /** 1 where blocks are so small that the superblock is not in the first. */
  readonly firstBlock: number
  readonly blocksPerGroup: number
  readonly inodesPerGroup: number
  /** Blocks of an inode table, and of a table of group descriptors. */
  readonly tableBlocks: number
  readonly descriptorBlocks: number
  /** Of the whole image, those before the first group included. */
  readonly blocks: number
  readonly groups: readonly Group[]
}

export type Group = {
  readonly number: number
  /** Its first block and how many it has. */
  readonly start: number
  readonly length: number
  readonly backup: boolean
  /** Blocks at its begin that hold no data. */
  readonly overhead: number
  /** The first of its data blocks, counted over all groups. */
  readonly firstData: number
}

export type Needs = {
  readonly blockSize: number
  readonly dataBlocks: number
  readonly inodes: number
  /** Bytes that the image has at least. */
  readonly size: number
}

/** The smallest image that has room for so much; undefined where there is none that large. */
export function planGeometry(needs: Needs): Geometry | undefined {
  const blocksPerGroup = 8 * needs.blockSize
  const least = Math.ceil(needs.size / needs.blockSize)
  let groups = Math.max(1, Math.ceil(Math.max(needs.dataBlocks, least) / blocksPerGroup))
  for (; groups * blocksPerGroup < 2 ** 32; groups++) {
    const geometry = withGroups(groups, needs, least)
    if (geometry !== undefined) return geometry
  }
  return undefined
}

function withGroups(count: number, { blockSize, dataBlocks, inodes }: Needs, least: number): Geometry | undefined {
  const perBlock = blockSize / INODE_SIZE
  const tableBlocks = Math.ceil(inodes / count / perBlock)
  const inodesPerGroup = tableBlocks * perBlock
  if (inodesPerGroup > 8 * blockSize) return undefined
  const blocksPerGroup = 8 * blockSize
  const descriptorBlocks = Math.ceil((count * DESCRIPTOR_SIZE) / blockSize)
  const firstBlock = blockSize === 1024 ? 1 : 0
  const groups: Group[] = []
  let firstData = 0
  for (let number = 0; number < count; number++) {
    const start = firstBlock + number * blocksPerGroup
    const backup = hasBackup(number)
    const overhead = (backup ? 1 + descriptorBlocks : 0) + 2 + tableBlocks
    const last = number === count - 1
    // One block of data at least, since e2fsck takes a group of nothing for damage.
    const needed = Math.max(overhead + Math.max(1, dataBlocks - firstData), least - start)
    const length = last ? needed : blocksPerGroup
    if (overhead >= length || length > blocksPerGroup) return undefined
    groups.push({ number, start, length, backup, overhead, firstData })
    firstData += length - overhead
  }
  const blocks = (groups.at(-1) as Group).start + (groups.at(-1) as Group).length
  return { blockSize, firstBlock, blocksPerGroup, inodesPerGroup, tableBlocks, descriptorBlocks, blocks, groups }
}

/** The block of the disk that a data block is. */
export function blockOf({ groups }: Geometry, index: number): number {
  let [low, high] = [0, groups.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((groups[middle] as Group).firstData <= index) low = middle
    else high = middle - 1
  }
  const { start, overhead, firstData } = groups[low] as Group
  return start + overhead + index - firstData
}
