// The bytes of an image of files by its directories and files: what each takes in the image, and what the image itself needs. Pure.

import type { FormatName } from '../../files/detect.ts'
import type { Directory, RegularFile } from '../../files/tree.ts'
import { branch, leaf, totalOf, type Weight } from './weight.ts'

/** `stored`: by the bytes that files take in the image, compressed or not. `share`: those cannot be told, so the image is shared out by sizes. */
export type WeighedBy = 'stored' | 'share'

export interface WeighedImage {
  readonly weighedBy: WeighedBy
  /** Regular files, each counted once whatever its names. */
  readonly files: number
  /** Sum to the size of the image. */
  readonly children: readonly Weight[]
}

/** What is in an image besides contents. */
const TABLES: Readonly<Record<FormatName, string>> = {
  tar: 'tar headers and padding',
  cpio: 'cpio headers and padding',
  squashfs: 'SquashFS tables',
  iso9660: 'ISO 9660 tables and padding',
  ext2: 'ext2 tables and free space',
  fat: 'FAT tables and free space',
}

/** A file with several names is found under the first of them. What takes no bytes is left out. */
export function weighImage(root: Directory, format: FormatName, size: number): WeighedImage {
  const files = filesIn(root)
  const stored = storedBytes(files)
  const sum = files.reduce((total, file) => total + (stored.get(file) ?? 0), 0)
  const fits = sum <= size
  const bytes = fits ? stored : shareOut(files, size)
  const left = new Map(bytes)
  const below = weighEntries(root, left)
  const rest = size - totalOf(below)
  const tables = rest === 0 ? [] : [leaf('tables', TABLES[format], 'headers', rest)]
  return { weighedBy: fits ? 'stored' : 'share', files: files.length, children: [...below, ...tables] }
}

/** In the order of their paths. */
function filesIn(root: Directory): readonly RegularFile[] {
  const found = new Set<RegularFile>()
  const waiting: Directory[] = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const inode of next.entries.values()) {
      if (inode.kind === 'file') found.add(inode)
      else if (inode.kind === 'directory') waiting.push(inode)
    }
  }
  return [...found]
}

type Tail = { readonly file: RegularFile; readonly length: number }

/** What each file takes. Two that the image stores once are counted once. */
function storedBytes(files: readonly RegularFile[]): Map<RegularFile, number> {
  const bytes = new Map<RegularFile, number>()
  const places = new Set<number>()
  const blocks = new Map<number, { readonly stored: number; readonly tails: Tail[] }>()
  for (const file of files) {
    const { size, stored } = file.content
    if (stored === undefined) {
      bytes.set(file, size)
      continue
    }
    const again = stored.at !== undefined && places.has(stored.at)
    if (stored.at !== undefined && stored.bytes > 0) places.add(stored.at)
    bytes.set(file, again ? 0 : stored.bytes)
    if (stored.tail === undefined) continue
    const { at, bytes: whole, length } = stored.tail
    const block = blocks.get(at) ?? { stored: whole, tails: [] }
    block.tails.push({ file, length })
    blocks.set(at, block)
  }
  for (const { stored, tails } of blocks.values()) {
    const shares = portions(
      stored,
      tails.map(({ length }) => length),
    )
    for (const [i, { file }] of tails.entries()) bytes.set(file, (bytes.get(file) ?? 0) + (shares[i] ?? 0))
  }
  return bytes
}

function shareOut(files: readonly RegularFile[], size: number): Map<RegularFile, number> {
  const shares = portions(
    size,
    files.map(({ content }) => content.size),
  )
  return new Map(files.map((file, i) => [file, shares[i] ?? 0]))
}

/** Whole numbers in the proportion of the parts, which sum to `whole`; all of it is nobody's where there are no parts. */
function portions(whole: number, parts: readonly number[]): readonly number[] {
  const total = parts.reduce((sum, part) => sum + part, 0)
  if (total === 0) return parts.map(() => 0)
  let [before, given] = [0, 0]
  return parts.map((part, i) => {
    before += part
    const upTo = i === parts.length - 1 ? whole : Math.min(whole, Math.floor(whole * (before / total)))
    const own = Math.max(0, upTo - given)
    given += own
    return own
  })
}

/** `left` are the files that have not been met yet. */
function weighEntries(directory: Directory, left: Map<RegularFile, number>): readonly Weight[] {
  return [...directory.entries].flatMap(([name, inode]) => {
    if (inode.kind === 'directory') {
      const below = branch('directory', name, weighEntries(inode, left))
      return below.bytes === 0 ? [] : [below]
    }
    if (inode.kind !== 'file') return []
    const bytes = left.get(inode) ?? 0
    left.delete(inode)
    return bytes === 0 ? [] : [leaf('file', name, 'files', bytes)]
  })
}
