// Disk images to wire block devices to.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { createSparseFile } from '../host/create-file.ts'

/** The smallest sector there is: every image is a whole number of them. */
const SECTOR = 512 // bytes

/**
 * Makes a sparse file of zeroes, for its owner only and never over an existing one. Throws UsageError for a size that is no positive multiple of
 * 512, HostError where the file cannot be made; nothing is left of it then.
 *
 * @example
 * ```ts
 * createBlock('disk.img', 2 ** 30)
 * ```
 */
export function createBlock(path: string, size: number): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % SECTOR !== 0) {
    const problem = `a block device of ${size} bytes is not possible: that is no positive multiple of ${SECTOR}`
    throw new UsageError('BAD_ARGUMENT', problem, 'write for example 64M or 1G')
  }
  if (path === '' || path.includes('\0')) {
    throw new UsageError('BAD_ARGUMENT', `${quote(path)} cannot be the name of a file`)
  }
  createSparseFile(path, size)
}
