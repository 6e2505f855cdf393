// Where the result of a tool goes: a file that appears whole or not at all, or whatever else somebody names.

import { closeSync, openSync, realpathSync, statSync } from 'node:fs'
import { quote } from '../base/quote.ts'
import { attempt } from './errors.ts'
import { replaceFile } from './replace-file.ts'
import { writeAll } from './write-all.ts'

/**
 * Writes through links to the file that they name, and into devices and pipes as they are. Regular files are replaced in one step.
 * Throws HostError.
 */
export function writeOutput(path: string, bytes: Uint8Array): void {
  const problem = `cannot write ${quote(path)}`
  const stats = attempt(problem, () => statSync(path, { throwIfNoEntry: false }))
  if (stats === undefined || stats.isFile()) {
    const target = stats === undefined ? path : attempt(problem, () => realpathSync(path))
    return replaceFile(target, 0o644, (descriptor) => writeAll(descriptor, bytes))
  }
  attempt(problem, () => {
    const descriptor = openSync(path, 'w')
    try {
      writeAll(descriptor, bytes)
    } finally {
      closeSync(descriptor)
    }
  })
}
