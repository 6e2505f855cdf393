// Files that appear whole or not at all, also where the power fails: contents are on disk before the name is, and the name before anybody is told.

import { fchmodSync, fsyncSync, lstatSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { HostError, SlipwayError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { attempt, hostError } from './errors.ts'
import { kindOf } from './files.ts'
import { type NamelessFile, openNameless } from './nameless-file.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * Writes a file that gets its name when it is complete; a regular file of that name is replaced in one step, anything else is refused. With
 * FFI it has no name at all until then, so that nothing is left if this process is killed; without, a temporary one. Throws HostError.
 */
export function replaceFile(path: string, mode: number, write: (descriptor: number) => void): void {
  const problem = `cannot write ${quote(path)}`
  const replacement = openReplacement(path, problem)
  try {
    attempt(problem, () => write(replacement.descriptor))
    replacement.commit(mode)
  } finally {
    replacement.close()
  }
}

/** The same for what takes its time. */
export async function replaceFileSlowly(
  path: string,
  mode: number,
  write: (descriptor: number) => Promise<void>,
): Promise<void> {
  const problem = `cannot write ${quote(path)}`
  const replacement = openReplacement(path, problem)
  try {
    try {
      await write(replacement.descriptor)
    } catch (error) {
      throw error instanceof SlipwayError ? error : hostError(problem, error)
    }
    replacement.commit(mode)
  } finally {
    replacement.close()
  }
}

type Replacement = Pick<NamelessFile, 'descriptor' | 'close'> & {
  /** Gives it the name. */
  readonly commit: (mode: number) => void
}

function openReplacement(path: string, problem: string): Replacement {
  requireReplaceable(path, problem)
  const directory = dirname(path)
  const { descriptor, renameTo, close } = openNameless(directory, problem)
  const commit = (mode: number): void =>
    attempt(problem, () => {
      fchmodSync(descriptor, mode & ~process.umask())
      fsyncSync(descriptor)
      renameTo(path)
      syncDirectory(directory)
    })
  return { descriptor, commit, close }
}

function requireReplaceable(path: string, problem: string): void {
  const stats = attempt(problem, () => lstatSync(path, { bigint: true, throwIfNoEntry: false }))
  if (stats === undefined || stats.isFile()) return
  const advice = `name a regular file, or one that does not exist yet (${quote(basename(path))} stays as it is)`
  throw new HostError('EXISTS', `${problem}: it is ${kindOf(stats)}`, { advice })
}
