// New files that stand for disks: never over an existing one, and whole or not at all.

import { closeSync, constants, fsyncSync, ftruncateSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { attempt } from './errors.ts'

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

/** The name lasts only when its directory has been written. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
