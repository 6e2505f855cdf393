// Files as sources: opened read-only, read through windows, and known by their identity. Looks, and changes nothing.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { FormatError, HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import type { FileIdentity, HostFacts } from '../wiring/facts.ts'
import { attempt } from './errors.ts'

export type OpenFile = {
  readonly source: Source
  readonly descriptor: number
  readonly facts: HostFacts['artefact']
  readonly close: () => void
}

/**
 * Opens a regular file for reading. Throws HostError: NOT_FOUND, NOT_PERMITTED, NOT_A_FILE, with this advice, or IO. The caller
 * closes it.
 */
export function openFile(path: string, advice = 'give the path of an artefact file'): OpenFile {
  // Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it, before we can even see that it is one.
  const descriptor = attempt(`cannot open ${quote(path)}`, () =>
    openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY),
  )
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) {
      throw new HostError('NOT_A_FILE', `${quote(path)} is ${kindOf(stats)}`, { advice })
    }
    const size = Number(stats.size)
    const facts = {
      path: canReopen(path) ? path : undefined,
      identity: identityOf(stats),
      executable: allowsExecution(descriptor),
    }
    return { source: sourceOfDescriptor(descriptor, size), descriptor, facts, close: () => closeSync(descriptor) }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** The first `size` bytes of what is open as `descriptor`. */
export function sourceOfDescriptor(descriptor: number, size: number): Source {
  return { size, readAt: (offset, length) => readWindow(descriptor, offset, length) }
}

function readWindow(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const got = attempt('cannot read the artefact', () =>
      readSync(descriptor, bytes, done, length - done, offset + done),
    )
    if (got === 0)
      throw new FormatError('TRUNCATED', 'file', offset + done, 'ends here, though it was longer when it was opened')
    done += got
  }
  return bytes
}

function identityOf(stats: BigIntStats): FileIdentity {
  const second = 1_000_000_000n
  return {
    device: stats.dev,
    inode: stats.ino,
    size: Number(stats.size),
    modifiedSeconds: stats.mtimeNs / second,
    modifiedNanoseconds: stats.mtimeNs % second,
  }
}

/** Permissions of what is open. */
export function modeOf(descriptor: number): number {
  return fstatSync(descriptor).mode & 0o777
}

/** Whether something has that name, or nothing is known of it. */
export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Bytes. Throws HostError where nothing is known of it. */
/** Without links on the way; as it is where nothing is there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

export function sizeOfFile(path: string): number {
  return attempt(`cannot read ${quote(path)}`, () => statSync(path)).size
}

/** Whether a path leads to a directory. Throws HostError where nothing is known of it. */
export function isDirectory(path: string): boolean {
  return attempt(`cannot read ${quote(path)}`, () => statSync(path)).isDirectory()
}

/** Whether a path names this very file. */
export function isSameFile(path: string, identity: Pick<FileIdentity, 'device' | 'inode'> | undefined): boolean {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats !== undefined && stats.dev === identity?.device && stats.ino === identity.inode
}

/** Not where the name means a descriptor of this process, which the one that opens it again will not have. */
function canReopen(path: string): boolean {
  return !/^\/(dev\/(fd|std)|proc\/(self|thread-self|\d+)\/fd)/.test(path)
}

/** Whether pages of the file may be executed: mmap refuses them where the mount has noexec. Unknown counts as yes. */
function allowsExecution(descriptor: number): boolean {
  try {
    const mount = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${mount} `))
    // Options of the mount stand in the sixth field, those of the file system in the last (proc_pid_mountinfo(5)).
    const fields = line?.split(' ') ?? []
    return ![...(fields[5] ?? '').split(','), ...(fields.at(-1) ?? '').split(',')].includes('noexec')
  } catch {
    return true // no /proc: the launcher will say so itself if it comes to that
  }
}

/** In words, for what is no regular file. */
export function kindOf(stats: BigIntStats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
