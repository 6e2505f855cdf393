// A copy of the repository as somebody who clones it gets it, with what is being worked on: nothing installed, nothing built.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export function copyCheckout(place: string): void {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  for (const path of list.toString().split('\0')) {
    if (path === '' || !existsSync(join(ROOT, path))) continue // one that is deleted, but not committed yet
    mkdirSync(dirname(join(place, path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(place, path)) // keeps the mode
  }
}

export interface Result {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; of what npm tells its scripts by the environment, nothing gets through. */
export function run(command: string, args: readonly string[], cwd: string): Result {
  const outer = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV|VITEST|SLIPWAY_)/i.test(name))
  const env = Object.fromEntries(outer)
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000 })
}

/** Runs npm, which has to succeed; what it has in its cache it does not fetch again. */
export function npm(args: readonly string[], cwd: string): Result {
  const result = run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund'], cwd)
  if (result.status !== 0) throw new Error(`npm ${args.join(' ')} failed\n${result.stdout}${result.stderr}`)
  return result
}
