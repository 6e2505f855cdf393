// New files that stand for disks: never over an existing one, and whole or not at all.

import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { attempt, systemError } from './errors.ts'
import { type Ffi, loadFfi } from './ffi.ts'
import type { OpenFile } from './files.ts'
import { syncDirectory } from './sync-directory.ts'
import { openUnnamed } from './unnamed-file.ts'

/**
 * A file of so many zero bytes that takes no space yet, for its owner only. Throws HostError: EXISTS for a name that is taken, whatever has
 * it; EXHAUSTED where so large a file is not possible.
 */
export function createSparseFile(path: string, size: number): void {
  const problem = `cannot create ${quote(path)}`
  const descriptor = openNew(path, problem)
  try {
    attempt(problem, () => {
      ftruncateSync(descriptor, size)
      fsyncSync(descriptor)
    })
    attempt(problem, () => syncDirectory(dirname(path)))
  } catch (error) {
    rmSync(path, { force: true }) // ours: it did not exist before
    throw error
  } finally {
    closeSync(descriptor)
  }
}

function openNew(path: string, problem: string): number {
  try {
    return attempt(problem, () => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600))
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'EXISTS') throw error
    const advice = 'nothing has been changed; choose another name, or remove it first'
    throw new HostError('EXISTS', error.message, { cause: error.cause, advice })
  }
}

/** Bytes of a file, from a place on. */
export type Range = { readonly offset: number; readonly length: number }

/**
 * A file with the bytes of a part of another one, for its owner only; where the file system can, both share them until one is written to. It has no name until
 * it is complete. Throws HostError: EXISTS for a name that is taken.
 */
export function createFileOf(path: string, from: Pick<OpenFile, 'descriptor' | 'source'>, range: Range): void {
  const problem = `cannot create ${quote(path)}`
  const ffi = loadFfi()
  const directory = dirname(path)
  const unnamed = attempt(problem, () => (ffi === undefined ? undefined : openUnnamed(directory, 0o600)))
  const temporary = join(directory, `.slipway-${process.pid}-${process.hrtime.bigint()}`)
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const descriptor = unnamed ?? attempt(problem, () => openSync(temporary, flags, 0o600))
  try {
    attempt(problem, () => {
      fchmodSync(descriptor, 0o600)
      const copied = ffi === undefined ? 0 : copyByKernel(ffi, from.descriptor, range, descriptor)
      copyByHand(from, { offset: range.offset + copied, length: range.length - copied }, descriptor, copied)
      fsyncSync(descriptor)
      if (ffi !== undefined && unnamed !== undefined) {
        const result = ffi.linkDescriptor(descriptor, path)
        if (result < 0) throw systemError('linkat', -result)
      } else linkSync(temporary, path)
      syncDirectory(directory)
    })
  } finally {
    closeSync(descriptor)
    if (unnamed === undefined) rmSync(temporary, { force: true })
  }
}

/** How many bytes the kernel has copied, or shared: all, or as many as it liked. */
function copyByKernel(ffi: Ffi, from: number, { offset, length }: Range, to: number): number {
  const copy = ffi.bind((libc) =>
    libc.func(
      'int64_t copy_file_range(int from, int64_t *offset, int to, int64_t *at, size_t length, unsigned int flags)',
    ),
  )
  let done = 0
  while (done < length) {
    const places = [BigInt64Array.of(BigInt(offset + done)), BigInt64Array.of(BigInt(done))] as const
    const got = Number(copy(from, places[0], to, places[1], Math.min(length - done, LARGEST_COPY), 0))
    if (got <= 0) break // another file system, an old kernel: by hand then
    done += got
  }
  return done
}

/** The kernel copies less than 2 GiB at once. */
const LARGEST_COPY = 2 ** 30
const PIECE = 1024 * 1024 // bytes

function copyByHand({ source }: Pick<OpenFile, 'source'>, { offset, length }: Range, to: number, at: number): void {
  for (let done = 0; done < length; ) {
    const bytes = source.readAt(offset + done, Math.min(PIECE, length - done))
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(to, bytes, written, bytes.length - written, at + done + written)
    }
    done += bytes.length
  }
}
