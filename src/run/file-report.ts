// What `slipway fs` says of files, as data (schema/fs.schema.json) and as lines for people.

import { showName } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { isUtf8 } from '../files/name.ts'
import type { Inode, Kind, Time } from '../files/tree.ts'

export const FS_SCHEMA_VERSION = 1

export type FileEntry = {
  /** Bytes that are no UTF-8 are U+DC80 to U+DCFF, and `rawName` is true. */
  readonly path: string
  readonly rawName?: true
  readonly kind: Kind
  /** Octal: `0644`. */
  readonly mode: string
  readonly uid: number
  readonly gid: number
  /** ISO 8601 with nanoseconds. */
  readonly mtime: string
  readonly size?: number
  readonly target?: string
  readonly device?: { readonly major: number; readonly minor: number }
  readonly links: number
  readonly sparse?: true
  readonly xattrs?: readonly string[]
}

export function describeFile(path: string, inode: Inode, links: ReadonlyMap<Inode, number>): FileEntry {
  const { mode, uid, gid, mtime, xattrs } = inode.meta
  const more = {
    ...(isUtf8(path) ? {} : { rawName: true as const }),
    ...(inode.kind === 'file' ? { size: inode.content.size, ...(inode.sparse ? { sparse: true as const } : {}) } : {}),
    ...(inode.kind === 'symlink' ? { target: inode.target } : {}),
    ...('major' in inode ? { device: { major: inode.major, minor: inode.minor } } : {}),
    ...(xattrs.size > 0 ? { xattrs: [...xattrs.keys()].sort() } : {}),
  }
  const common = { path, kind: inode.kind, mode: mode.toString(8).padStart(4, '0'), uid, gid, mtime: formatTime(mtime) }
  return { ...common, links: linksOf(inode, links), ...more }
}

function linksOf(inode: Inode, links: ReadonlyMap<Inode, number>): number {
  if (inode.kind !== 'directory') return links.get(inode) ?? 1
  return 2 + [...inode.entries.values()].filter(({ kind }) => kind === 'directory').length
}

export function formatTime({ seconds, nanoseconds }: Time): string {
  const when = new Date(seconds * 1000)
  if (Number.isNaN(when.getTime())) return `${seconds} s after 1970`
  return when.toISOString().replace(/\.\d+Z$/, `.${String(nanoseconds).padStart(9, '0')}Z`)
}

const LETTERS: Readonly<Record<Kind, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  block: 'b',
  character: 'c',
  fifo: 'p',
  socket: 's',
}

/** Groups of three bits: how far to the right, what set-id or sticky is, and its letters with and without the right to execute. */
const GROUPS: readonly (readonly [shift: number, special: number, letters: string])[] = [
  [6, 0o4000, 'sS'],
  [3, 0o2000, 'sS'],
  [0, 0o1000, 'tT'],
]

/** As `ls -l` has it: `drwxr-xr-x`. */
export function formatMode(kind: Kind, mode: number): string {
  const bits = GROUPS.map(([shift, special, letters]) => {
    const three = (mode >>> shift) & 7
    const [plain, none] = (mode & special) === 0 ? ['x', '-'] : letters
    return `${(three & 4) === 0 ? '-' : 'r'}${(three & 2) === 0 ? '-' : 'w'}${(three & 1) === 0 ? none : plain}`
  })
  return LETTERS[kind] + bits.join('')
}

/** The cells of a line of `ls`. */
export function fileCells(name: string, inode: Inode, links: ReadonlyMap<Inode, number>): readonly string[] {
  const { mode, uid, gid, mtime } = inode.meta
  const device = 'major' in inode ? `${inode.major},${inode.minor}` : '-'
  const size = inode.kind === 'file' ? formatSize(inode.content.size) : device
  const target = inode.kind === 'symlink' ? ` -> ${showName(inode.target)}` : ''
  const time = formatTime(mtime).slice(0, 16).replace('T', ' ')
  return [
    formatMode(inode.kind, mode),
    String(linksOf(inode, links)),
    `${uid}:${gid}`,
    size,
    time,
    showName(name) + target,
  ]
}
