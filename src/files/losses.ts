// What a format cannot hold of a tree: said before a byte is written, file by file, and dropped only where the operator says that it may be. Pure.

import { ConfigError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { type Clock, fitTime } from './clock.ts'
import { byteLength, isUtf8 } from './name.ts'
import { countNames, type Directory, type Inode, type Time, walk } from './tree.ts'

/** What can be lost, in the words of `--allow-loss`. Names and sizes are not among them: those are refused. */
export const PROPERTIES = [
  'owner',
  'mode',
  'mtime',
  'nanoseconds',
  'xattrs',
  'symlinks',
  'hardlinks',
  'devices',
  'fifos',
  'sockets',
] as const
export type Property = (typeof PROPERTIES)[number]

export type Capabilities = {
  /** The largest user and group number; 0 where owners are not kept. */
  readonly maxOwner: number
  /** The permission bits that are kept. A file whose mode has others, or for which `modeOf` gives another one, loses them. */
  readonly modeOf: (inode: Inode) => number
  /** undefined where there are no times. */
  readonly time: Clock | undefined
  /** Whether an attribute of this name and length can be kept. */
  readonly xattr: (name: string, length: number) => boolean
  readonly symlinks: boolean
  readonly hardLinks: boolean
  /** Whether a device of these numbers can be kept. */
  readonly devices: (major: number, minor: number) => boolean
  readonly fifos: boolean
  readonly sockets: boolean
  /** Whole blocks of zeroes take no room, where a file has such. */
  readonly holes: boolean
  /** Bytes of a file. */
  readonly maxFile: number
  /** Bytes that are no UTF-8 can be in names. */
  readonly anyBytes: boolean
  /** Bytes of a whole path; Infinity where only names count. */
  readonly maxPath: number
  /** What else is wrong with a name, or undefined. */
  readonly problemOfName: (name: string) => string | undefined
}

export type Loss = { readonly path: string; readonly property: Property; readonly what: string }

const NANOSECONDS = 1_000_000_000

/** Everything of a tree that a format would lose, in the order of the tree. Throws ConfigError INEXPRESSIBLE for what cannot be lost: a name, a size. */
export function* findLosses(format: string, can: Capabilities, root: Directory): Generator<Loss> {
  const names = can.hardLinks ? undefined : countNames(root)
  for (const { path, inode } of walk(root)) {
    requirePossible(format, can, path, inode)
    for (const [property, what] of lossesOf(can, inode, names?.has(inode) ?? false)) yield { path, property, what }
  }
}

/** What is lost. Throws ConfigError INEXPRESSIBLE for the first loss that is not allowed. */
export function requireAllowed(
  format: string,
  can: Capabilities,
  root: Directory,
  allowed: ReadonlySet<Property>,
): ReadonlySet<Property> {
  const lost = new Set<Property>()
  for (const { path, property, what } of findLosses(format, can, root)) {
    lost.add(property)
    if (allowed.has(property)) continue
    throw new ConfigError(
      'INEXPRESSIBLE',
      { words: shownPath(path) },
      `${format} cannot hold ${what}`,
      `--allow-loss ${property} goes on without`,
    )
  }
  return lost
}

type Found = readonly [Property, string]
const NOTHING: readonly Found[] = []

function lossesOf(can: Capabilities, inode: Inode, linked: boolean): readonly Found[] {
  // Most files lose nothing, and then nothing is made for them.
  let found = NOTHING
  const lose = (property: Property, what: string): void => {
    found = [...found, [property, what]]
  }
  const { mode, uid, gid, mtime, xattrs } = inode.meta
  if (uid > can.maxOwner || gid > can.maxOwner) lose('owner', `the owner ${uid}:${gid}`)
  const kept = can.modeOf(inode)
  if (inode.kind !== 'symlink' && kept !== mode) lose('mode', `the mode ${octal(mode)}, only ${octal(kept)}`)
  const lostTime = timeLoss(can, mtime)
  if (lostTime !== undefined) lose(...lostTime)
  for (const [name, value] of xattrs) {
    if (!can.xattr(name, value.length)) lose('xattrs', `the extended attribute ${quote(name)}`)
  }
  if (inode.kind === 'symlink' && !can.symlinks) lose('symlinks', 'a symbolic link')
  if (linked) lose('hardlinks', 'that this file has several names, and would copy it')
  if ('major' in inode && !can.devices(inode.major, inode.minor))
    lose('devices', `the device ${inode.major}:${inode.minor}`)
  if (inode.kind === 'fifo' && !can.fifos) lose('fifos', 'a named pipe')
  if (inode.kind === 'socket' && !can.sockets) lose('sockets', 'a socket')
  return found
}

function timeLoss({ time }: Capabilities, mtime: Time): Found | undefined {
  const { seconds, nanoseconds } = fitTime(time, mtime)
  if (seconds === mtime.seconds && nanoseconds === mtime.nanoseconds) return undefined
  // Cut by less than a step it is the same time, told less finely.
  const isNear =
    time !== undefined && mtime.seconds >= seconds && mtime.seconds - seconds < Math.max(1, time.step / NANOSECONDS)
  if (isNear && mtime.seconds <= time.last) return ['nanoseconds', `times finer than ${time.step / NANOSECONDS} s`]
  return ['mtime', `the time ${mtime.seconds} s after 1970`]
}

function requirePossible(format: string, can: Capabilities, path: string, inode: Inode): void {
  const refuse = (problem: string): never => {
    throw new ConfigError(
      'INEXPRESSIBLE',
      { words: shownPath(path) },
      problem,
      `leave it out with --exclude, or choose another format than ${format}`,
    )
  }
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (!can.anyBytes && !isUtf8(path)) refuse(`${format} holds names of UTF-8 only`)
  const problem = path === '' ? undefined : can.problemOfName(name)
  if (problem !== undefined) refuse(`the name ${problem}, which ${format} cannot hold`)
  if (byteLength(path) > can.maxPath) refuse(`${format} holds paths of at most ${can.maxPath} bytes`)
  if (inode.kind === 'file' && inode.content.size > can.maxFile) {
    refuse(`has ${inode.content.size} bytes; a file in ${format} has at most ${can.maxFile}`)
  }
}

function shownPath(path: string): string {
  return path === '' ? '/' : path
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
