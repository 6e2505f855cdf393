// A new file that has no name until it is complete: with FFI none at all, so that nothing is left if this process is killed; without, a temporary
// one that nobody else uses.

import { closeSync, constants, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, systemError } from './errors.ts'
import { loadFfi } from './ffi.ts'
import { openUnnamed } from './unnamed-file.ts'

export type NamelessFile = {
  readonly descriptor: number
  /** Gives it a name that is free. Throws the system's error: EEXIST where it is taken. */
  readonly linkTo: (path: string) => void
  /** Gives it a name, in one step, whatever had that before. Throws the system's error. */
  readonly renameTo: (path: string) => void
  /** Takes away what has not got its name. */
  readonly close: () => void
}

/** In a directory, for its owner only. Throws HostError with this problem. The caller closes it. */
export function openNameless(directory: string, problem: string): NamelessFile {
  // Nobody else's at this moment; should it exist all the same, that is an error and not overwritten. Loading node:crypto for a better
  // name would cost every command a millisecond.
  const temporary = join(directory, `.slipway-${process.pid}-${process.hrtime.bigint()}`)
  const ffi = loadFfi()
  const unnamed = attempt(problem, () => (ffi === undefined ? undefined : openUnnamed(directory, 0o600)))
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const descriptor = unnamed ?? attempt(problem, () => openSync(temporary, flags, 0o600))
  const link = (path: string): void => {
    if (ffi === undefined || unnamed === undefined) return linkSync(temporary, path)
    const result = ffi.linkDescriptor(descriptor, path)
    if (result < 0) throw systemError('linkat', -result)
  }
  let renamed = false
  return {
    descriptor,
    linkTo: link,
    renameTo: (path) => {
      if (unnamed !== undefined) link(temporary)
      renameSync(temporary, path)
      renamed = true
    },
    close: () => {
      closeSync(descriptor)
      if (!renamed) rmSync(temporary, { force: true })
    },
  }
}
