// Names that last: what a directory says of its files is on disk only when it has been written as well.

import { closeSync, constants, fsyncSync, openSync } from 'node:fs'

/** Whoever may write to a directory need not be allowed to read it, and not every file system can be asked: what was written is there all the same. */
const CANNOT_BE_ASKED = new Set(['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'ENOSYS', 'EBADF'])

/** Writes what a directory says of its files to its disk. Throws what the system throws where that fails. */
export function syncDirectory(path: string): void {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (!CANNOT_BE_ASKED.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
