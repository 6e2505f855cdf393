// A directory of this machine as a tree. Everything about its files is looked at now, their contents when they are wanted; one that has
// changed in between is an error, not a mixture. Links are never followed, but for the directory's own name.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { HostError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Source } from '../../base/reader.ts'
import { bytesOf, compareNames, nameOf } from '../../files/name.ts'
import { type Directory, type Inode, type Metadata, PLAIN_DIRECTORY } from '../../files/tree.ts'
import { deviceNumbers } from '../device-numbers.ts'
import { attempt } from '../errors.ts'
import { loadFfi } from '../ffi.ts'
import { kindOf } from '../files.ts'
import { bindFileCalls, type FileCalls } from './file-calls.ts'

export type DirectoryOnDisk = {
  readonly root: Directory
  /** Extended attributes could not be looked at, since FFI is missing. */
  readonly withoutAttributes: boolean
  /** Closes the file that was read last. */
  readonly close: () => void
}

/** Throws HostError: NOT_FOUND, NOT_PERMITTED, NOT_A_FILE for what is no directory; reading contents later throws CHANGED as well. */
export function readDirectory(path: string): DirectoryOnDisk {
  const stats = attempt(`cannot read ${quote(path)}`, () => statSync(path, { bigint: true }))
  if (!stats.isDirectory())
    throw new HostError('NOT_A_FILE', `${quote(path)} is ${stats.isFile() ? 'a file' : kindOf(stats)}, not a directory`)
  const reader = new TreeReader(fileCalls())
  const root = reader.read(Buffer.from(path), stats) as Directory
  return { root, withoutAttributes: reader.withoutAttributes, close: () => reader.close() }
}

/** A file of this machine as a tree that has nothing else. A link is followed. Throws as `readDirectory` does. */
export function readSingleFile(path: string, name: string): DirectoryOnDisk {
  const stats = attempt(`cannot read ${quote(path)}`, () => statSync(path, { bigint: true }))
  const place = attempt(`cannot read ${quote(path)}`, () => realpathSync(path, { encoding: 'buffer' }))
  const reader = new TreeReader(fileCalls())
  const root: Directory = { ...PLAIN_DIRECTORY, entries: new Map([[name, reader.read(place, stats)]]) }
  return { root, withoutAttributes: reader.withoutAttributes, close: () => reader.close() }
}

let calls: FileCalls | undefined
/** undefined where FFI is not to be had. */
export function fileCalls(): FileCalls | undefined {
  const ffi = loadFfi()
  return (calls ??= ffi?.bind(bindFileCalls))
}

class TreeReader {
  readonly #calls: FileCalls | undefined
  /** Files with several names, by device and number. */
  readonly #linked = new Map<string, Inode>()
  readonly #contents = new OpenContents()

  constructor(calls: FileCalls | undefined) {
    this.#calls = calls
  }

  get withoutAttributes(): boolean {
    return this.#calls === undefined
  }

  close(): void {
    this.#contents.close()
  }

  /** Recursion ends where paths become too long to be opened. */
  read(path: Buffer, stats: BigIntStats): Inode {
    const key = `${stats.dev}:${stats.ino}`
    const known = this.#linked.get(key)
    if (known !== undefined) return known
    const inode = this.#inode(path, stats)
    if (stats.nlink > 1n && inode.kind !== 'directory') this.#linked.set(key, inode)
    return inode
  }

  #inode(path: Buffer, stats: BigIntStats): Inode {
    const problem = `cannot read ${quote(nameOf(path))}`
    const meta = attempt(problem, () => this.#metadata(path, stats))
    const [major, minor] = deviceNumbers(stats.rdev)
    if (stats.isDirectory()) return { kind: 'directory', meta, entries: this.#entries(path, problem) }
    if (stats.isSymbolicLink()) {
      return {
        kind: 'symlink',
        meta,
        target: nameOf(attempt(problem, () => readlinkSync(path, { encoding: 'buffer' }))),
      }
    }
    if (stats.isBlockDevice()) return { kind: 'block', meta, major: Number(major), minor: Number(minor) }
    if (stats.isCharacterDevice()) return { kind: 'character', meta, major: Number(major), minor: Number(minor) }
    if (stats.isFIFO()) return { kind: 'fifo', meta }
    if (stats.isSocket()) return { kind: 'socket', meta }
    // st_blocks is in units of 512 bytes whatever the file system's are (stat(3type)).
    const sparse = stats.blocks * 512n < stats.size
    return { kind: 'file', meta, content: this.#contents.source(path, stats), sparse }
  }

  #entries(path: Buffer, problem: string): ReadonlyMap<string, Inode> {
    const names = attempt(problem, () => readdirSync(path, { encoding: 'buffer' }))
      .map(nameOf)
      .sort(compareNames)
    return new Map(
      names.map((name) => {
        const below = Buffer.concat([path, Buffer.of(0x2f), bytesOf(name)])
        const stats = attempt(`cannot read ${quote(nameOf(below))}`, () => lstatSync(below, { bigint: true }))
        return [name, this.read(below, stats)] as const
      }),
    )
  }

  #metadata(path: Buffer, stats: BigIntStats): Metadata {
    const second = 1_000_000_000n
    const nanoseconds = ((stats.mtimeNs % second) + second) % second
    const names = this.#calls?.listAttributes(path) ?? []
    return {
      mode: Number(stats.mode & 0o7777n),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      mtime: { seconds: Number((stats.mtimeNs - nanoseconds) / second), nanoseconds: Number(nanoseconds) },
      xattrs: new Map(names.map((name) => [name, (this.#calls as FileCalls).readAttribute(path, name)])),
    }
  }
}

/** Opens a file when its contents are wanted, and keeps it open until another's are. */
class OpenContents {
  #path: Buffer | undefined
  #descriptor = -1

  source(path: Buffer, stats: BigIntStats): Source {
    const size = Number(stats.size)
    return { size, readAt: (offset, length) => this.#read(path, stats, offset, length) }
  }

  close(): void {
    if (this.#path !== undefined) closeSync(this.#descriptor)
    this.#path = undefined
  }

  #read(path: Buffer, stats: BigIntStats, offset: number, length: number): Uint8Array {
    const problem = `cannot read ${quote(nameOf(path))}`
    if (this.#path !== path) this.#open(path, stats, problem)
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const got = attempt(problem, () => readSync(this.#descriptor, bytes, done, length - done, offset + done))
      if (got === 0) throw changed(problem)
      done += got
    }
    return bytes
  }

  #open(path: Buffer, stats: BigIntStats, problem: string): void {
    this.close()
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
    this.#descriptor = attempt(problem, () => openSync(path, flags))
    this.#path = path
    const now = fstatSync(this.#descriptor, { bigint: true })
    const same =
      now.dev === stats.dev && now.ino === stats.ino && now.size === stats.size && now.mtimeNs === stats.mtimeNs
    if (!same) throw changed(problem)
  }
}

function changed(problem: string): HostError {
  return new HostError('CHANGED', `${problem}: it has changed since its directory was read`, {
    advice: 'try again when nobody writes there',
  })
}
