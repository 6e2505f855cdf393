// Makes a tree into one that a format holds exactly, at the price of what the operator allows to be lost. Writers get no other tree. Pure.

import { changeMetadata, filterTree } from './change.ts'
import { fitTime } from './clock.ts'
import { type Capabilities, type Property, requireAllowed } from './losses.ts'
import type { Directory, Inode } from './tree.ts'

/**
 * Owners that are too large become 0, times the nearest that can be told (finer parts are cut), modes what the format makes of them; attributes and files
 * of kinds that it has not are left out, and a file with several names becomes several. Throws ConfigError INEXPRESSIBLE for what is not allowed.
 */
export function fitTree(format: string, can: Capabilities, root: Directory, allowed: ReadonlySet<Property>): Directory {
  const lost = requireAllowed(format, can, root, allowed)
  // Each step copies the tree, and most trees need none or the last.
  if (lost.size === 0) return root
  const kept = KINDS.some((kind) => lost.has(kind)) ? filterTree(root, (_, inode) => hasKind(can, inode)) : root
  const separate = lost.has('hardlinks') ? copyLinks(kept) : kept
  return changeMetadata(separate, (inode) => {
    const { uid, gid, mtime, xattrs } = inode.meta
    const owner = uid > can.maxOwner || gid > can.maxOwner ? { uid: 0, gid: 0 } : { uid, gid }
    const attributes = lost.has('xattrs')
      ? new Map([...xattrs].filter(([name, value]) => can.xattr(name, value.length)))
      : xattrs
    const mode = inode.kind === 'symlink' ? inode.meta.mode : can.modeOf(inode)
    return { mode, ...owner, mtime: fitTime(can.time, mtime), xattrs: attributes }
  })
}

/** The losses that take a whole file away. */
const KINDS: readonly Property[] = ['symlinks', 'devices', 'fifos', 'sockets']

function hasKind(can: Capabilities, inode: Inode): boolean {
  switch (inode.kind) {
    case 'symlink':
      return can.symlinks
    case 'block':
    case 'character':
      return can.devices(inode.major, inode.minor)
    case 'fifo':
      return can.fifos
    case 'socket':
      return can.sockets
    case 'file':
    case 'directory':
      return true
  }
}

function copyLinks(root: Directory): Directory {
  const entries = [...root.entries].map(
    ([name, inode]) => [name, inode.kind === 'directory' ? copyLinks(inode) : { ...inode }] as const,
  )
  return { ...root, entries: new Map(entries) }
}
