// A tree of files as every format here reads and writes it: inodes with what Linux keeps of them, contents that are read when they are
// wanted. Values that nobody changes; a changed tree is another one that shares what stayed the same. Pure.

import type { Source } from '../base/reader.ts'

export type Time = {
  /** Since 1970, of UTC; negative before. */
  readonly seconds: number
  /** 0 to 999 999 999. */
  readonly nanoseconds: number
}

export const EPOCH: Time = { seconds: 0, nanoseconds: 0 }

export type Metadata = {
  /** Permissions, set-user-id, set-group-id and sticky: 12 bits. */
  readonly mode: number
  /** 32 bits each. */
  readonly uid: number
  readonly gid: number
  readonly mtime: Time
  /** By full name: `user.origin`, `security.capability`. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

export type Directory = {
  readonly kind: 'directory'
  readonly meta: Metadata
  /** In the order of their bytes. Each directory is in one place only. */
  readonly entries: ReadonlyMap<string, Inode>
}

/** What contents take in the image that they come from. */
export type Stored = {
  /** Where they begin there: what begins at one place is stored once. Absent where that cannot be. */
  readonly at?: number
  /** Without the tail. */
  readonly bytes: number
  /** The end of a file that shares a block with those of others: which block, the bytes that it takes, and those of this file in it, unpacked. */
  readonly tail?: { readonly at: number; readonly bytes: number; readonly length: number } | undefined
}

export type Content = Source & {
  /** Absent where it is what the size says. */
  readonly stored?: Stored
}

export type RegularFile = {
  readonly kind: 'file'
  readonly meta: Metadata
  readonly content: Content
  /** It has holes, or had them where it comes from: long runs of zeroes shall take no space where a format can leave them out. */
  readonly sparse: boolean
}

export type Symlink = {
  readonly kind: 'symlink'
  readonly meta: Metadata
  /** As written: whether it leads anywhere is for whoever follows it. */
  readonly target: string
}

export type DeviceNode = {
  readonly kind: 'block' | 'character'
  readonly meta: Metadata
  readonly major: number
  readonly minor: number
}

export type Pipe = { readonly kind: 'fifo' | 'socket'; readonly meta: Metadata }

/** One object in two places is one file with two names (a hard link). */
export type Inode = Directory | RegularFile | Symlink | DeviceNode | Pipe

export type Kind = Inode['kind']

export const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()

export function metadata(mode: number, more: Partial<Metadata> = {}): Metadata {
  return { mode, uid: 0, gid: 0, mtime: EPOCH, xattrs: NO_XATTRS, ...more }
}

/** What a directory has that nobody has said anything about, such as the parent of a file in an archive. */
export const PLAIN_DIRECTORY: Directory = { kind: 'directory', meta: metadata(0o755), entries: new Map() }

export type Entry = {
  /** From the root, without a slash in front: `etc/hosts`; the root itself is the empty path. */
  readonly path: string
  readonly inode: Inode
}

/** Every entry of a tree, the root first, parents before what is in them, siblings in the order of their bytes. */
export function* walk(root: Inode, path = ''): Generator<Entry> {
  yield { path, inode: root }
  if (root.kind !== 'directory') return
  // Not recursive: how deep a tree may be is not for the stack to decide.
  const open = [{ path, entries: root.entries.entries() }]
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.entries.next()
    if (next.done === true) {
      open.pop()
      continue
    }
    const [name, inode] = next.value
    const entry = { path: joinPath(top.path, name), inode }
    yield entry
    if (inode.kind === 'directory') open.push({ path: entry.path, entries: inode.entries.entries() })
  }
}

/** Bytes of all contents; of a file with several names as often as it has names. */
export function contentSize(root: Inode): number {
  let total = 0
  for (const { inode } of walk(root)) if (inode.kind === 'file') total += inode.content.size
  return total
}

export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`
}

/** What lies at a path, without following links; undefined where nothing does. */
export function lookUp(root: Inode, path: string): Inode | undefined {
  let inode: Inode | undefined = root
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    inode = inode?.kind === 'directory' ? inode.entries.get(name) : undefined
  }
  return inode
}

/** How often each file that has several names is named; files with one name are not in it. */
export function countNames(root: Inode): ReadonlyMap<Inode, number> {
  const seen = new Set<Inode>()
  const counts = new Map<Inode, number>()
  for (const { inode } of walk(root)) {
    if (inode.kind === 'directory') continue
    if (seen.has(inode)) counts.set(inode, (counts.get(inode) ?? 1) + 1)
    seen.add(inode)
  }
  return counts
}
