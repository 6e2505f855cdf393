// Gives every inode of a tree its number and its blocks, before anything is written. Data blocks are counted from 0 and handed out in order, so
// that the image can be written from its begin to its end. Pure.

import { ConfigError } from '../../base/errors.ts'
import { byteLength, bytesOf } from '../name.ts'
import { dataRanges } from '../parts.ts'
import { countNames, type Directory, type Inode, metadata, walk } from '../tree.ts'
import { sizeOfAttributes } from './attributes.ts'
import { countPointerBlocks, maxBlocks, type Run } from './block-map.ts'
import { FAST_SYMLINK, FIRST_INODE, LOST_AND_FOUND, ROOT_INODE } from './format.ts'

/** EXT2_LINK_MAX of Linux. */
const MAX_LINKS = 32_000

export type Placed = {
  readonly inode: Inode
  readonly number: number
  readonly links: number
  /** Bytes, as i_size has it. */
  readonly size: number
  readonly runs: readonly Run[]
  /** Data blocks that hold pointers, and the first of them. */
  readonly pointerBlocks: number
  readonly firstPointer: number
  /** The data block of the extended attributes. */
  readonly attributes: number | undefined
  /** Of a directory: the number of its parent. */
  readonly parent: number
}

export type Placement = { readonly placed: readonly Placed[]; readonly dataBlocks: number; readonly root: Directory }

export function placeTree(tree: Directory, blockSize: number): Placement {
  const root = withLostAndFound(tree)
  const numbers = numberInodes(root)
  const names = countNames(root)
  const placed: Placed[] = []
  let next = 0
  const seen = new Set<Inode>()
  const parents = new Map<Inode, number>([[root, ROOT_INODE]])
  for (const { path, inode } of inOrder(root)) {
    if (seen.has(inode)) continue
    seen.add(inode)
    const number = numbers.get(inode) as number
    if (inode.kind === 'directory') for (const below of inode.entries.values()) parents.set(below, number)
    const links = linksOf(path, inode, names.get(inode) ?? 1)
    const size = sizeOf(inode, blockSize)
    const runs = runsOf(path, inode, size, blockSize, next)
    next += runs.reduce((sum, { length }) => sum + length, 0)
    const firstPointer = next
    const pointerBlocks = countPointerBlocks(runs, blockSize / 4)
    next += pointerBlocks
    const attributes = takesAttributes(path, inode, blockSize) ? next++ : undefined
    placed.push({
      inode,
      number,
      links,
      size,
      runs,
      pointerBlocks,
      firstPointer,
      attributes,
      parent: parents.get(inode) ?? ROOT_INODE,
    })
  }
  return { placed, dataBlocks: next, root }
}

/** Where e2fsck puts what it finds: it wants the directory to be there. */
function withLostAndFound(tree: Directory): Directory {
  if (tree.entries.has(LOST_AND_FOUND)) return tree
  const entries = new Map<string, Inode>(tree.entries)
  entries.set(LOST_AND_FOUND, {
    kind: 'directory',
    meta: metadata(0o700, { mtime: tree.meta.mtime }),
    entries: new Map(),
  })
  return { ...tree, entries }
}

/** The root has a number of its own, and lost+found the first that is not reserved. */
function* inOrder(root: Directory): Generator<{ path: string; inode: Inode }> {
  const found = root.entries.get(LOST_AND_FOUND) as Inode
  yield { path: '', inode: root }
  yield* walk(found, LOST_AND_FOUND)
  for (const entry of walk(root)) if (entry.inode !== root) yield entry
}

export function numberInodes(root: Directory): ReadonlyMap<Inode, number> {
  const numbers = new Map<Inode, number>()
  for (const { inode } of inOrder(root)) {
    if (!numbers.has(inode)) numbers.set(inode, inode === root ? ROOT_INODE : FIRST_INODE - 1 + numbers.size)
  }
  return numbers
}

function linksOf(path: string, inode: Inode, names: number): number {
  const below =
    inode.kind === 'directory' ? [...inode.entries.values()].filter(({ kind }) => kind === 'directory').length : 0
  const links = inode.kind === 'directory' ? 2 + below : names
  if (links > MAX_LINKS) refuse(path, `has ${links} links, at most ${MAX_LINKS} are possible`)
  return links
}

function sizeOf(inode: Inode, blockSize: number): number {
  switch (inode.kind) {
    case 'file':
      return inode.content.size
    case 'symlink':
      return byteLength(inode.target)
    case 'directory':
      return directoryBlocks(inode, blockSize) * blockSize
    case 'block':
    case 'character':
    case 'fifo':
    case 'socket':
      return 0
  }
}

function runsOf(path: string, inode: Inode, size: number, blockSize: number, next: number): readonly Run[] {
  if (inode.kind === 'symlink') {
    if (size < FAST_SYMLINK) return []
    if (size >= blockSize) refuse(path, `is a link to ${size} bytes of path, at most ${blockSize - 1} are possible`)
    return [{ at: 0, length: 1, index: next }]
  }
  const blocks = Math.ceil(size / blockSize)
  if (blocks > maxBlocks(blockSize / 4))
    refuse(path, `has ${size} bytes, more than blocks of ${blockSize} bytes can reach`)
  if (blocks === 0) return []
  if (inode.kind !== 'file' || !inode.sparse) return [{ at: 0, length: blocks, index: next }]
  let index = next
  return dataRanges(inode.content).map(({ at, length }) => {
    const run = { at: at / blockSize, length: Math.ceil(length / blockSize), index }
    index += run.length
    return run
  })
}

function takesAttributes(path: string, { meta }: Inode, blockSize: number): boolean {
  if (meta.xattrs.size === 0) return false
  const size = sizeOfAttributes(meta.xattrs)
  if (size > blockSize) refuse(path, `has ${size} bytes of extended attributes, a block has ${blockSize}`)
  return true
}

function refuse(path: string, problem: string): never {
  throw new ConfigError(
    'INEXPRESSIBLE',
    { words: path === '' ? '/' : path },
    problem,
    'leave it out with --exclude, or choose another format than ext2',
  )
}

/** Entries never cross the end of a block, and there is always one block: `.` and `..` are in it. */
export function directoryBlocks(directory: Directory, blockSize: number): number {
  let [blocks, used] = [1, 24]
  for (const name of directory.entries.keys()) {
    const size = entrySize(byteLength(name))
    if (used + size > blockSize) {
      blocks++
      used = 0
    }
    used += size
  }
  return blocks
}

/** Bytes of an entry with a name of that length. */
export function entrySize(nameLength: number): number {
  return 8 + Math.ceil(nameLength / 4) * 4
}

/** Larger blocks where something does not fit small ones, or where there is much of it. */
export function chooseBlockSize(root: Directory): number {
  let total = 0
  for (const { inode } of walk(root)) {
    if (inode.kind === 'symlink' && bytesOf(inode.target).length >= 1024) return 4096
    if (sizeOfAttributes(inode.meta.xattrs) > 1024) return 4096
    if (inode.kind === 'file') total += inode.content.size
    if (total > SMALL) return 4096
  }
  return 1024
}

/** Half of what mke2fs takes for a small file system. Bytes. */
const SMALL = 256 * 1024 * 1024
