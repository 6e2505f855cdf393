// Files that appear whole or not at all, also where the power fails: contents are on disk before the name is, and the name before anybody is told.

import { closeSync, constants, fchmodSync, fsyncSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HostError, SlipwayError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { attempt, hostError, systemError } from './errors.ts'
import { loadFfi } from './ffi.ts'
import { kindOf } from './files.ts'
import { syncDirectory } from './sync-directory.ts'
import { openUnnamed } from './unnamed-file.ts'

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

type Replacement = {
  readonly descriptor: number
  /** Gives it the name. */
  readonly commit: (mode: number) => void
  /** Takes away what has not got its name. */
  readonly close: () => void
}

function openReplacement(path: string, problem: string): Replacement {
  requireReplaceable(path, problem)
  const directory = dirname(path)
  // Nobody else's at this moment; should it exist all the same, that is an error and not overwritten. Loading node:crypto for a better
  // name would cost every command a millisecond.
  const temporary = join(directory, `.slipway-${process.pid}-${process.hrtime.bigint()}`)
  const ffi = loadFfi()
  const unnamed = attempt(problem, () => (ffi === undefined ? undefined : openUnnamed(directory, 0o600)))
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const descriptor = unnamed ?? attempt(problem, () => openSync(temporary, flags, 0o600))
  let done = false
  return {
    descriptor,
    commit: (mode) =>
      attempt(problem, () => {
        fchmodSync(descriptor, mode & ~process.umask())
        fsyncSync(descriptor)
        if (ffi !== undefined && unnamed !== undefined) {
          const result = ffi.linkDescriptor(descriptor, temporary)
          if (result < 0) throw systemError('linkat', -result)
        }
        renameSync(temporary, path)
        done = true
        syncDirectory(directory)
      }),
    close: () => {
      closeSync(descriptor)
      if (!done) rmSync(temporary, { force: true })
    },
  }
}

function requireReplaceable(path: string, problem: string): void {
  const stats = attempt(problem, () => lstatSync(path, { bigint: true, throwIfNoEntry: false }))
  if (stats === undefined || stats.isFile()) return
  const advice = `name a regular file, or one that does not exist yet (${quote(basename(path))} stays as it is)`
  throw new HostError('EXISTS', `${problem}: it is ${kindOf(stats)}`, { advice })
}
