// Files without a name: whatever dies when, nothing of them is left.

import { constants, openSync } from 'node:fs'

const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY // Linux, x86-64 and aarch64

/** A file in a directory's file system, open for reading and writing; undefined where that file system has no such files. */
export function openUnnamed(directory: string, mode: number): number | undefined {
  try {
    return openSync(directory, O_TMPFILE | constants.O_RDWR, mode)
  } catch (error) {
    if (['EOPNOTSUPP', 'EISDIR', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
