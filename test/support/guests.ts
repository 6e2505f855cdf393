// Guests for tests: where they are, what is expected of them, and the ways in which a user can start one.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Expectation, parseExpected } from '../../guests/expected.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const SLIPWAY = join(ROOT, 'bin/slipway')
export const PREBUILT = join(ROOT, 'guests/prebuilt')

export const guestPath = (name: string, directory = PREBUILT): string => join(directory, `${name}.spt`)

export function guestNames(): string[] {
  return readdirSync(PREBUILT)
    .filter((file) => file.endsWith('.spt'))
    .map((file) => file.slice(0, -4))
}

export function expectationsOf(name: string): readonly Expectation[] {
  return parseExpected(readFileSync(join(ROOT, 'guests', name, 'expected.txt'), 'utf8'))
}

/** Runs the command to its end. */
export function slipway(
  args: readonly string[],
  options: { node?: string; input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): SpawnSyncReturns<string> {
  const { node = process.execPath, ...rest } = options
  return spawnSync(node, [SLIPWAY, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    ...rest,
  })
}

export function spawnSlipway(args: readonly string[], node = process.execPath): ChildProcess {
  return spawn(node, [SLIPWAY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

export type Observed = { readonly status: number | null; readonly signal: string | null; readonly stdout: string }

/** Follows a process to its end, sending what the expectation asks for. */
export async function observe(child: ChildProcess, expectation: Expectation): Promise<Observed> {
  let stdout = ''
  let pending = expectation.send
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    if (pending !== undefined && stdout.includes(pending.after)) {
      child.kill(pending.signal as NodeJS.Signals)
      pending = undefined
    }
  })
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({ status, signal, stdout }))
  })
}

export function assertAsExpected(expectation: Expectation, observed: Observed): void {
  const { ending, stdout, stdoutContains } = expectation
  if ('status' in ending) assert.deepEqual([observed.status, observed.signal], [ending.status, null], observed.stdout)
  else assert.ok(ending.signals.includes(observed.signal ?? ''), `ended with ${observed.status ?? observed.signal}`)
  if (stdout !== undefined) assert.equal(observed.stdout, stdout)
  for (const text of stdoutContains) assert.ok(observed.stdout.includes(text), `no ${text} in ${observed.stdout}`)
}

export function titleOf(name: string, { command, memory }: Expectation): string {
  const words = 'raw' in command ? command.raw : command.words.join(' ')
  return `${name} ${words.slice(0, 60)}`.trim() + (memory === 512 ? '' : ` in ${memory} MiB`)
}
