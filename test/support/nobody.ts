// The command as somebody runs it who has no privileges at all: also where the tests are run by root.

import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { SLIPWAY } from './guests.ts'

const NOBODY = [
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
  '--no-new-privs',
]

/** A program and its arguments, for whoever spawns it. */
function asNobody(args: readonly string[], node = process.execPath): readonly [string, ...string[]] {
  const command = [node, SLIPWAY, ...args]
  return process.getuid?.() === 0 ? ['setpriv', ...NOBODY, ...command] : (command as [string, ...string[]])
}

/** Starts it with nothing in its environment that would be somebody else's. */
export function spawnAsNobody(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const [program, ...rest] = asNobody(args)
  const own = { PATH: process.env['PATH'], HOME: '/nonexistent', ...env }
  return spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir(), env: own })
}

/** A file or a folder that this somebody may write to. */
export function giveToNobody(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, 65534, 65534)
}
