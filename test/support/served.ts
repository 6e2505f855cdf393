// The command with a guest on a network, as somebody without privileges runs it: followed to its end, reached with curl.

import assert from 'node:assert/strict'
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { spawnAsNobody } from './nobody.ts'
import { eventually } from './processes.ts'

export type Running = {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null }>
}

const children: ChildProcess[] = []

/** Behind each test: nothing of it stays. */
export function endAll(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

/** Starts `slipway run` with these words. */
export function runAsNobody(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawnAsNobody(['run', ...args], env)
  children.push(child)
  let [output, errors] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended: Running['ended'] = once(child, 'close').then(([status, signal]) => ({ status, signal }))
  return { child, output: () => output, errors: () => errors, ended }
}

/** The same with a port published, which is where the command says. */
export async function serve(
  args: readonly string[],
  { port = '0:80', env = {} }: { readonly port?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Running & { readonly port: number }> {
  const running = runAsNobody(['-p', port, ...args], env)
  const published = (): string | undefined => /published at \w+ 127\.0\.0\.1:(\d+)\n/.exec(running.errors())?.[1]
  await eventually('a published port', () => published() !== undefined || running.child.exitCode !== null)
  if (published() === undefined) await running.ended
  assert.ok(published() !== undefined, running.errors())
  return { ...running, port: Number(published()) }
}

export function curl(url: string, ...args: readonly string[]) {
  const { status, stdout } = spawnSync('curl', ['-sS', '--max-time', '20', ...args, url], { encoding: 'utf8' })
  return { status, body: stdout }
}

/** Of curl's statuses. */
export const COULD_NOT_CONNECT = 7
