// A directory of this machine as a tree. Everything about its files is looked at now, their contents when they are wanted; one that has
// changed in between is an error, not a mixture. Links are never followed, but for the directory's own name.

import { type BigIntStats, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { HostError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { kindOf } from '../../files/mode-bits.ts'
import { bytesOf, isUtf8, nameOf, sortNames } from '../../files/name.ts'
import { type Directory, type Inode, type Metadata, NO_XATTRS, PLAIN_DIRECTORY } from '../../files/tree.ts'
import { attempt } from '../errors.ts'
import { loadFfi } from '../ffi.ts'
import { kindOf as describeKind } from '../files.ts'
import { bindFileCalls, type FileCalls, type Path, problemOf } from './file-calls.ts'
import { type FileStatus, identityOf, statusOf } from './file-status.ts'
import { OpenContents } from './open-contents.ts'

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
  if (!stats.isDirectory()) {
    const kind = stats.isFile() ? 'a file' : describeKind(stats)
    throw new HostError('NOT_A_FILE', `${quote(path)} is ${kind}, not a directory`)
  }
  return readTree(path, stats, (root) => root as Directory)
}

/** A file of this machine as a tree that has nothing else. A link is followed. Throws as `readDirectory` does. */
export function readSingleFile(path: string, name: string): DirectoryOnDisk {
  const stats = attempt(`cannot read ${quote(path)}`, () => statSync(path, { bigint: true }))
  const place = attempt(`cannot read ${quote(path)}`, () => realpathSync(path, { encoding: 'buffer' }))
  return readTree(place, stats, (inode) => ({ ...PLAIN_DIRECTORY, entries: new Map([[name, inode]]) }))
}

function readTree(path: Path, stats: BigIntStats, rootOf: (inode: Inode) => Directory): DirectoryOnDisk {
  const calls = fileCalls()
  const contents = new OpenContents(calls)
  const root = rootOf(new TreeReader(calls, contents).read(path, statusOf(stats)))
  return { root, withoutAttributes: calls === undefined, close: () => contents.close() }
}

let calls: FileCalls | undefined
/** undefined where FFI is not to be had. */
export function fileCalls(): FileCalls | undefined {
  const ffi = loadFfi()
  return (calls ??= ffi?.bind(bindFileCalls))
}

class TreeReader {
  readonly #calls: FileCalls | undefined
  readonly #contents: OpenContents
  /** Files with several names, by what tells them apart. */
  readonly #linked = new Map<string, Inode>()
  /** Directories whose entries are not read yet. */
  readonly #waiting: { readonly path: Path; readonly entries: Map<string, Inode> }[] = []

  constructor(calls: FileCalls | undefined, contents: OpenContents) {
    this.#calls = calls
    this.#contents = contents
  }

  /** Not recursive: how deep directories may lie is not for the stack to decide. It ends where paths become too long to be opened. */
  read(path: Path, status: FileStatus): Inode {
    const inode = this.#inode(path, status)
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      for (const name of readNames(next.path)) {
        const below = pathBelow(next.path, name)
        next.entries.set(name, this.#find(below, this.#look(below)))
      }
    }
    return inode
  }

  #look(path: Path): FileStatus {
    const status = this.#calls?.status(path)
    return status ?? attempt(problemOf(path), () => statusOf(lstatSync(path, { bigint: true })))
  }

  #find(path: Path, status: FileStatus): Inode {
    if (status.links < 2) return this.#inode(path, status)
    const identity = identityOf(status)
    const known = this.#linked.get(identity)
    if (known !== undefined) return known
    const inode = this.#inode(path, status)
    if (inode.kind !== 'directory') this.#linked.set(identity, inode)
    return inode
  }

  #inode(path: Path, status: FileStatus): Inode {
    const meta = attempt(problemOf(path), () => this.#metadata(path, status))
    const kind = kindOf(status.mode) ?? 'file'
    switch (kind) {
      case 'directory': {
        const entries = new Map<string, Inode>()
        this.#waiting.push({ path, entries })
        return { kind, meta, entries }
      }
      case 'symlink':
        return {
          kind,
          meta,
          target: nameOf(attempt(problemOf(path), () => readlinkSync(path, { encoding: 'buffer' }))),
        }
      case 'block':
      case 'character':
        return { kind, meta, major: status.major, minor: status.minor }
      case 'fifo':
      case 'socket':
        return { kind, meta }
      case 'file':
        return { kind, meta, content: this.#contents.source(path, status), sparse: status.blocks * 512 < status.size }
    }
  }

  #metadata(path: Path, { mode, uid, gid, seconds, nanoseconds }: FileStatus): Metadata {
    const names = this.#calls?.listAttributes(path) ?? []
    const valueOf = (name: string): Uint8Array => (this.#calls as FileCalls).readAttribute(path, name)
    const xattrs = names.length === 0 ? NO_XATTRS : new Map(names.map((name) => [name, valueOf(name)]))
    return { mode: mode & 0o7777, uid, gid, mtime: { seconds, nanoseconds }, xattrs }
  }
}

/** In the order of their bytes. */
function readNames(path: Path): string[] {
  const names = attempt(problemOf(path), () => readdirSync(path))
  // U+FFFD is what Node.js makes of bytes that are no UTF-8, unless it stands there itself: then the bytes are asked for.
  const isExact = names.every((name) => !name.includes('\ufffd'))
  return sortNames(
    isExact ? names : attempt(problemOf(path), () => readdirSync(path, { encoding: 'buffer' })).map(nameOf),
  )
}

function pathBelow(path: Path, name: string): Path {
  if (typeof path === 'string' && isUtf8(name)) return `${path}/${name}`
  return Buffer.concat([Buffer.from(path), Buffer.of(0x2f), bytesOf(name)])
}
