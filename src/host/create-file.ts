// New files that stand for disks: never over an existing one, and whole or not at all.

import { closeSync, constants, fchmodSync, fsyncSync, ftruncateSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { attempt } from './errors.ts'
import { loadFfi } from './ffi.ts'
import type { OpenFile } from './files.ts'
import { openNameless } from './nameless-file.ts'
import { syncDirectory } from './sync-directory.ts'
import { writeAll } from './write-all.ts'

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
  const directory = dirname(path)
  const { descriptor, linkTo, close } = openNameless(directory, problem)
  try {
    attempt(problem, () => {
      fchmodSync(descriptor, 0o600)
      copyByHand(from.source, range, descriptor, copyByKernel(from.descriptor, range, descriptor))
      fsyncSync(descriptor)
      linkTo(path)
      syncDirectory(directory)
    })
  } finally {
    close()
  }
}

/** How many bytes the kernel has copied, or shared: all, or as many as it liked. */
function copyByKernel(from: number, { offset, length }: Range, to: number): number {
  const ffi = loadFfi()
  if (ffi === undefined) return 0
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

/** What is left behind the first `done` bytes of a range. */
function copyByHand(source: Source, { offset, length }: Range, to: number, done: number): void {
  for (let at = done; at < length; at += PIECE) {
    writeAll(to, source.readAt(offset + at, Math.min(PIECE, length - at)), at)
  }
}
