// Whether what is to be written can fit the disk at all: said before a byte is written, not when the disk is full.

import { statfsSync } from 'node:fs'
import { HostError } from '../../base/errors.ts'
import { formatSize } from '../../base/size.ts'
import { type Directory, type Inode, walk } from '../../files/tree.ts'

/**
 * Throws HostError EXHAUSTED where the contents of a tree are more than its disk has free. Files with holes count where those are written out:
 * what is in them otherwise is not known before. `directory` is one on that disk.
 */
export function requireRoom(root: Directory, directory: string, problem: string, keepsHoles = true): void {
  const wanted = contentsOf(root, keepsHoles)
  const free = freeBytes(directory)
  if (wanted <= free) return
  throw new HostError(
    'EXHAUSTED',
    `${problem}: it would have ${formatSize(wanted)} at least, the disk has ${formatSize(free)} free`,
    { advice: 'leave something out, or write to a larger disk' },
  )
}

function contentsOf(root: Directory, keepsHoles: boolean): number {
  const seen = new Set<Inode>()
  let bytes = 0
  for (const { inode } of walk(root)) {
    if (inode.kind !== 'file' || seen.has(inode) || (keepsHoles && inode.sparse)) continue
    seen.add(inode)
    bytes += inode.content.size
  }
  return bytes
}

/** What root may take as well, if it wants to. */
function freeBytes(directory: string): number {
  try {
    const { bfree, bsize } = statfsSync(directory)
    return bfree * bsize
  } catch {
    return Number.POSITIVE_INFINITY // whoever writes there is told what is wrong
  }
}
