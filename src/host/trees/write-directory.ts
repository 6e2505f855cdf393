// Puts a tree onto this machine's file system. Everything goes into a new directory that nobody else can enter, which gets its name when it is
// complete: no link is ever followed, nothing outside of it is touched, and what is cut short leaves nothing under that name.

import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { HostError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { bitsOf } from '../../files/mode-bits.ts'
import { bytesOf, nameOf } from '../../files/name.ts'
import { PIECE } from '../../files/output.ts'
import { HOLE_UNIT, isZero } from '../../files/parts.ts'
import { type Directory, type Inode, joinPath, type RegularFile, walk } from '../../files/tree.ts'
import { attempt } from '../errors.ts'
import { syncDirectory } from '../sync-directory.ts'
import type { FileCalls } from './file-calls.ts'
import { fileCalls } from './read-directory.ts'
import { requireRoom } from './room.ts'

export type PlaceOptions = {
  /** Owners as the tree says, which only root may give; otherwise everything is the caller's. */
  readonly owners: boolean
  readonly progress?: ((bytes: number) => void) | undefined
}

/** Throws HostError: EXISTS for a target that is there and not an empty directory, else what the system says, with the path. */
export function writeDirectory(root: Directory, target: string, options: PlaceOptions): void {
  const problem = `cannot write ${quote(target)}`
  requireFree(target, problem)
  requireRoom(root, dirname(target), problem, true)
  const temporary = join(dirname(target), `.slipway-${process.pid}-${process.hrtime.bigint()}`)
  attempt(problem, () => mkdirSync(temporary, { mode: 0o700 }))
  try {
    new Placer(Buffer.from(temporary), target, options).place(root)
    attempt(problem, () => {
      renameSync(temporary, target) // over an empty directory as well
      syncDirectory(dirname(target))
    })
  } catch (error) {
    removeAll(temporary)
    throw error
  }
}

function requireFree(target: string, problem: string): void {
  const stats = attempt(problem, () => lstatSync(target, { throwIfNoEntry: false }))
  if (stats === undefined) return
  if (stats.isDirectory() && attempt(problem, () => readdirSync(target)).length === 0) return
  throw new HostError('EXISTS', `${problem}: it exists already`, {
    advice: 'name a directory that does not exist yet, or an empty one',
  })
}

/** Directories that are not writable yet may be in it: their owner can change that. */
function removeAll(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

class Placer {
  readonly #base: Buffer
  /** The name that it will have: what a person knows it by. */
  readonly #target: string
  readonly #options: PlaceOptions
  readonly #calls: FileCalls | undefined = fileCalls()
  readonly #first = new Map<Inode, Buffer>()
  #done = 0

  constructor(base: Buffer, target: string, options: PlaceOptions) {
    this.#base = base
    this.#target = target
    this.#options = options
  }

  place(root: Directory): void {
    const directories: { path: string; inode: Directory }[] = []
    for (const { path, inode } of walk(root)) {
      this.#attempt(path, (place) => this.#make(place, inode))
      if (inode.kind === 'directory') directories.push({ path, inode })
    }
    // At last and from below, since what is put into a directory changes its time, and its mode may forbid that.
    for (const { path, inode } of directories.reverse()) this.#attempt(path, (place) => this.#dress(place, inode))
    this.#attempt('', () => this.#sync())
  }

  #attempt(path: string, act: (place: Buffer) => void): void {
    const place = path === '' ? this.#base : Buffer.concat([this.#base, Buffer.of(0x2f), bytesOf(path)])
    attempt(`cannot write ${quote(joinPath(this.#target, path))}`, () => act(place))
  }

  #make(place: Buffer, inode: Inode): void {
    if (inode.kind === 'directory') {
      if (!place.equals(this.#base)) mkdirSync(place, { mode: 0o700 })
      return
    }
    const first = this.#first.get(inode)
    if (first !== undefined) return linkSync(first, place)
    this.#first.set(inode, place)
    if (inode.kind === 'file') this.#write(place, inode)
    else if (inode.kind === 'symlink') symlinkSync(Buffer.from(bytesOf(inode.target)), place)
    else this.#makeNode(place, inode)
    this.#dress(place, inode)
  }

  #makeNode(place: Buffer, inode: Exclude<Inode, Directory | RegularFile>): void {
    const calls = this.#calls
    if (calls === undefined)
      throw new HostError('UNSUPPORTED_HOST', `${quote(nameOf(place))} is a ${inode.kind}: making it needs FFI`, {
        advice: 'npm install koffi',
      })
    const { major, minor } = 'major' in inode ? inode : { major: 0, minor: 0 }
    calls.makeNode(place, bitsOf(inode.kind) | 0o600, major, minor)
  }

  #write(place: Buffer, file: RegularFile): void {
    const descriptor = openSync(
      place,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    try {
      writeContents(descriptor, file, (length) => this.#options.progress?.((this.#done += length)))
      // Without FFI each file by itself: a power failure must not leave a complete name with incomplete files.
      if (this.#calls === undefined) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** All at once, before the whole gets its name. */
  #sync(): void {
    const descriptor = openSync(this.#base, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      if (this.#calls === undefined) fsyncSync(descriptor)
      else this.#calls.syncFileSystem(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** Owner before mode: changing the owner takes set-user-id away. Time last. */
  #dress(place: Buffer, inode: Inode): void {
    const { mode, uid, gid, mtime, xattrs } = inode.meta
    if (this.#options.owners) lchownSync(place, uid, gid)
    for (const [name, value] of xattrs) this.#calls?.writeAttribute(place, name, value)
    if (inode.kind !== 'symlink') chmodSync(place, mode)
    if (this.#calls !== undefined) this.#calls.setTime(place, mtime.seconds, mtime.nanoseconds)
    else lutimesSync(place, mtime.seconds, mtime.seconds + mtime.nanoseconds / 1_000_000_000)
  }
}

/** Into an empty file. `wrote` is told of each piece. */
export function writeContents(
  descriptor: number,
  { content, sparse }: RegularFile,
  wrote: (length: number) => void = () => {},
): void {
  for (let at = 0; at < content.size; at += PIECE) {
    const length = Math.min(PIECE, content.size - at)
    wrote(length)
    if (sparse && content.isHole?.(at, length) === true) continue
    const piece = content.readAt(at, length)
    if (sparse) writeUnits(descriptor, piece, at)
    else writeFully(descriptor, piece, at)
  }
  if (sparse) ftruncateSync(descriptor, content.size)
}

/** Leaves holes where whole units are zero. */
function writeUnits(descriptor: number, piece: Uint8Array, at: number): void {
  for (let unit = 0; unit < piece.length; unit += HOLE_UNIT) {
    const bytes = piece.subarray(unit, unit + HOLE_UNIT)
    if (!isZero(bytes)) writeFully(descriptor, bytes, at + unit)
  }
}

function writeFully(descriptor: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
}
