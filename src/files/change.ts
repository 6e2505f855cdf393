// A tree with something changed in every inode, or with some left out. Files with several names stay one file. Pure.

import { type Directory, type Inode, joinPath, type Metadata, type Time } from './tree.ts'

/** `path` is empty for the root. */
export type Change = (inode: Inode, path: string) => Metadata

/** The same tree with other metadata. Of a file with several names, the first in the order of the tree is asked about. */
export function changeMetadata(root: Directory, change: Change): Directory {
  const done = new Map<Inode, Inode>()
  const changed = (inode: Inode, path: string): Inode => {
    const known = done.get(inode)
    if (known !== undefined) return known
    const meta = change(inode, path)
    const other: Inode = inode.kind === 'directory' ? below(inode, path, meta) : { ...inode, meta }
    done.set(inode, other)
    return other
  }
  const below = (directory: Directory, path: string, meta: Metadata): Directory => {
    const entries = new Map<string, Inode>()
    for (const [name, inode] of directory.entries) entries.set(name, changed(inode, joinPath(path, name)))
    return { kind: 'directory', meta, entries }
  }
  return below(root, '', change(root, ''))
}

/** The same tree without the entries for which `keep` says false, and without what is in them. The root is always kept. */
export function filterTree(root: Directory, keep: (path: string, inode: Inode) => boolean, path = ''): Directory {
  const entries = new Map<string, Inode>()
  for (const [name, inode] of root.entries) {
    const place = joinPath(path, name)
    if (!keep(place, inode)) continue
    entries.set(name, inode.kind === 'directory' ? filterTree(inode, keep, place) : inode)
  }
  return { ...root, entries }
}

/** Owner, mode and time as an operator wants them, whatever the files say. */
export type Policy = {
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
  /** Every time becomes this one. */
  readonly mtime?: Time | undefined
  /** Later times become this one: what SOURCE_DATE_EPOCH means (reproducible-builds.org). */
  readonly latest?: Time | undefined
  /** Permission bits that nobody gets. */
  readonly umask?: number | undefined
}

export function applyPolicy(root: Directory, { owner, mtime, latest, umask = 0 }: Policy): Directory {
  if (owner === undefined && mtime === undefined && latest === undefined && umask === 0) return root
  const timeOf = (time: Time): Time => {
    if (mtime !== undefined) return mtime
    return latest !== undefined && compareTimes(time, latest) > 0 ? latest : time
  }
  return changeMetadata(root, ({ meta }) => ({
    ...meta,
    ...owner,
    mode: meta.mode & ~umask,
    mtime: timeOf(meta.mtime),
  }))
}

export function compareTimes(a: Time, b: Time): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds
}
