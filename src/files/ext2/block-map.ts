// The blocks of a file in ext2: twelve in the inode, then one block of pointers, one of pointers to such blocks, and one more level. Pure.

import { DIRECT, POINTERS } from './format.ts'

/** Blocks of a file that lie one behind the other: logical block `at` is data block `index`. What no run has is a hole. */
export type Run = { readonly at: number; readonly length: number; readonly index: number }

/** Pointers of a block, as data blocks; undefined is a hole. */
export type PointerBlock = readonly (number | undefined)[]

export type BlockMap = {
  /** The fifteen of the inode. */
  readonly inode: PointerBlock
  /** Blocks of pointers, in the order in which they lie behind the data. */
  readonly blocks: readonly PointerBlock[]
}

/** How many blocks of a file can be reached. */
export function maxBlocks(perBlock: number): number {
  return DIRECT + perBlock + perBlock ** 2 + perBlock ** 3
}

/** How many blocks of pointers a file needs. */
export function countPointerBlocks(runs: readonly Run[], perBlock: number): number {
  let count = 0
  for (const { at, size } of trees(perBlock)) count += countTree(within(runs, at, size), at, size, perBlock)
  return count
}

/** The map of a file whose blocks of pointers begin at data block `first`. */
export function mapBlocks(runs: readonly Run[], perBlock: number, first: number): BlockMap {
  const blocks: PointerBlock[] = []
  const direct = Array.from({ length: DIRECT }, (_, at) => find(runs, at))
  const indirect = trees(perBlock).map(({ at, size }) => build(within(runs, at, size), at, size))
  return { inode: [...direct, ...indirect].slice(0, POINTERS), blocks }

  /** What points at the logical blocks from `at` on. Blocks below come first, so that their numbers are known. */
  function build(part: readonly Run[], at: number, size: number): number | undefined {
    if (part.length === 0) return undefined
    if (size === 1) return find(part, at)
    const step = size / perBlock
    const pointers = Array.from({ length: perBlock }, (_, i) =>
      build(within(part, at + i * step, step), at + i * step, step),
    )
    blocks.push(pointers)
    return first + blocks.length - 1
  }
}

function trees(perBlock: number): { at: number; size: number }[] {
  const sizes = [perBlock, perBlock ** 2, perBlock ** 3]
  let at = DIRECT
  return sizes.map((size) => {
    const tree = { at, size }
    at += size
    return tree
  })
}

function countTree(runs: readonly Run[], at: number, size: number, perBlock: number): number {
  if (runs.length === 0 || size === 1) return 0
  if (size === perBlock) return 1
  const step = size / perBlock
  let count = 1
  for (let i = 0; i < perBlock; i++)
    count += countTree(within(runs, at + i * step, step), at + i * step, step, perBlock)
  return count
}

/** The runs that reach into a range. */
function within(runs: readonly Run[], at: number, size: number): readonly Run[] {
  const from = firstEndingAfter(runs, at)
  let to = from
  while (to < runs.length && (runs[to] as Run).at < at + size) to++
  return from === 0 && to === runs.length ? runs : runs.slice(from, to)
}

function find(runs: readonly Run[], at: number): number | undefined {
  const run = runs[firstEndingAfter(runs, at)]
  return run === undefined || run.at > at ? undefined : run.index + at - run.at
}

function firstEndingAfter(runs: readonly Run[], at: number): number {
  let [low, high] = [0, runs.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const { at: start, length } = runs[middle] as Run
    if (start + length <= at) low = middle + 1
    else high = middle
  }
  return low
}
