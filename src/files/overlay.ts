// One tree on top of another, as `-R lower -R upper` and the layers of a container image mean it. Pure.

import { compareNames } from './name.ts'
import type { Directory, Inode } from './tree.ts'

/** merge: directories of one name become one, anything else is replaced. replace: so are directories. */
export type OverlayRule = 'merge' | 'replace'

/** The upper tree wins: its files, and the owner, mode and time of its directories. */
export function overlay(lower: Directory, upper: Directory, rule: OverlayRule = 'merge'): Directory {
  const entries = new Map<string, Inode>(lower.entries)
  for (const [name, above] of upper.entries) {
    const below = entries.get(name)
    const both = rule === 'merge' && above.kind === 'directory' && below?.kind === 'directory'
    entries.set(name, both ? overlay(below, above, rule) : above)
  }
  return { kind: 'directory', meta: upper.meta, entries: sortEntries(entries) }
}

export function sortEntries(entries: ReadonlyMap<string, Inode>): ReadonlyMap<string, Inode> {
  return new Map([...entries].sort(([a], [b]) => compareNames(a, b)))
}
