// Files that appear whole or not at all.

import { closeSync, constants, fchmodSync, fsyncSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { quote } from '../base/quote.ts'
import { attempt } from './files.ts'

/**
 * Writes a file under a temporary name beside `path` and renames it, so that readers see the old bytes or the new ones. A temporary file
 * that an earlier, killed process left for the same path is removed. Throws HostError.
 */
export function replaceFile(path: string, mode: number, write: (descriptor: number) => void): void {
  const directory = dirname(path)
  const problem = `cannot write ${quote(path)}`
  attempt(problem, () => removeAbandoned(directory, basename(path)))
  const temporary = join(directory, temporaryName(basename(path), process.pid))
  const descriptor = attempt(problem, () =>
    openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600),
  )
  try {
    try {
      attempt(problem, () => {
        write(descriptor)
        fchmodSync(descriptor, mode & ~process.umask())
        fsyncSync(descriptor)
      })
    } finally {
      closeSync(descriptor)
    }
    attempt(problem, () => renameSync(temporary, path))
  } catch (error) {
    unlinkSync(temporary)
    throw error
  }
}

function temporaryName(name: string, pid: number): string {
  return `.${name}.slipway-${pid}`
}

function removeAbandoned(directory: string, name: string): void {
  const prefix = temporaryName(name, 0).slice(0, -1)
  for (const entry of readdirSync(directory)) {
    if (!entry.startsWith(prefix)) continue
    const pid = Number(entry.slice(prefix.length))
    if (Number.isSafeInteger(pid) && pid > 0 && !isAlive(pid)) unlinkSync(join(directory, entry))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
