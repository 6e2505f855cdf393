// A result is not written over what it is made of.

import { statSync } from 'node:fs'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { isSameFile } from './files.ts'

/**
 * Throws UsageError BAD_ARGUMENT where `output` is one of the files that have been read, under whatever name. Standard input and output (`-`), and
 * what is no regular file, have no name that matters.
 */
export function requireOtherFile(output: string, inputs: readonly string[]): void {
  if (output === '-') return
  for (const input of inputs) {
    const stats = input === '-' ? undefined : statSync(input, { bigint: true, throwIfNoEntry: false })
    if (stats?.isFile() !== true || !isSameFile(output, { device: stats.dev, inode: stats.ino })) continue
    const problem = `${quote(output)} would be written over ${input === output ? 'itself' : quote(input)}, which it is made of`
    throw new UsageError('BAD_ARGUMENT', problem, 'give the result another name')
  }
}
