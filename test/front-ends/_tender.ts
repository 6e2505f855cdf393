// slipway-solo5-spt as scripts find it: under the name of the program that it stands in for.

import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/guests.ts'

export type Place = { readonly directory: string; readonly tender: string; readonly remove: () => void }

/** A directory with a link called solo5-spt in it. */
export function makePlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-spt-'))
  const tender = join(directory, 'solo5-spt')
  symlinkSync(join(ROOT, 'bin/slipway-solo5-spt'), tender)
  return { directory, tender, remove: () => rmSync(directory, { recursive: true }) }
}

/** Runs it in its directory, to the end. */
export function tend(
  { directory, tender }: Place,
  args: readonly string[],
  options: { node?: string; env?: NodeJS.ProcessEnv } = {},
): SpawnSyncReturns<string> {
  const { node = process.execPath, env } = options
  const all = { cwd: directory, encoding: 'utf8', timeout: 50_000, maxBuffer: 2 ** 26, ...(env && { env }) } as const
  return spawnSync(node, [tender, ...args], all)
}
