// Asks for probes in a process of their own, and does not wait for those that do not answer: that process is ended with all that it started,
// and another goes on with the rest.

import type { ChildProcess } from 'node:child_process'
import { hostError } from '../errors.ts'
import { type Observation, type Status, STATUSES } from './probe.ts'

export type AskOptions = {
  /** What starts a process that serves probes; their names are added. */
  readonly command: readonly [program: string, ...args: string[]]
  /** Milliseconds for each probe. */
  readonly limit: number
}

/** Milliseconds until the other process says something: a Node.js takes a while to start on a busy machine. */
const START_LIMIT = 20_000

/** An observation for every name, whatever happens to the probes. Throws HostError where no process can be started. */
export async function askProbes(
  names: readonly string[],
  options: AskOptions,
): Promise<ReadonlyMap<string, Observation>> {
  const answers = new Map<string, Observation>()
  for (let left = names; left.length > 0; left = names.filter((name) => !answers.has(name))) {
    const stuck = await askSome(left, options, answers)
    // The one at which it stopped; the first where it stopped before any, so that this comes to an end.
    const culprit = stuck.at ?? names.find((name) => !answers.has(name))
    if (culprit !== undefined && !answers.has(culprit)) {
      answers.set(culprit, { status: 'unknown', detail: stuck.why, advice: 'look at what it asks for by hand' })
    }
  }
  return answers
}

type Stop = { readonly at: string | undefined; readonly why: string }

async function askSome(
  names: readonly string[],
  options: AskOptions,
  answers: Map<string, Observation>,
): Promise<Stop> {
  const { spawn } = await import('node:child_process')
  const [program, ...args] = options.command
  // A group of its own, so that it can be ended together with the programs that it started.
  const child = spawn(program, [...args, ...names], { stdio: ['pipe', 'pipe', 'ignore'], detached: true })
  const release = endOnSignals(child)
  try {
    return await follow(child, options.limit, answers)
  } finally {
    release()
    endGroup(child)
    // One that cannot be ended (a system call that waits for a disk) must not keep this process either.
    child.unref()
    child.stdin?.destroy()
    child.stdout?.destroy()
  }
}

function follow(child: ChildProcess, limit: number, answers: Map<string, Observation>): Promise<Stop> {
  return new Promise((resolve, reject) => {
    let at: string | undefined
    let timer = setTimeout(() => resolve({ at, why: 'the probes did not start in time' }), START_LIMIT)
    const restart = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => resolve({ at, why: `no answer within ${limit / 1000} s` }), limit)
    }
    readLines(child, (line) => {
      restart()
      const said = parseLine(line)
      if (said === undefined) return
      if ('begin' in said) at = said.begin
      else {
        answers.set(said.name, said.observation)
        at = undefined
      }
    })
    child.once('error', (cause) => {
      clearTimeout(timer)
      reject(hostError('cannot start a process for the probes', cause))
    })
    child.once('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ at, why: `the probe ended with ${signal ?? `status ${status}`}` })
    })
  })
}

function readLines(child: ChildProcess, take: (line: string) => void): void {
  let pending = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}

type Said = { readonly begin: string } | { readonly name: string; readonly observation: Observation }

/** undefined for what is none of ours, such as a warning of Node's. */
function parseLine(line: string): Said | undefined {
  const said = parseObject(line)
  const { begin, name, status, detail, advice } = said
  if (typeof begin === 'string') return { begin }
  if (typeof name !== 'string' || typeof detail !== 'string' || !STATUSES.includes(status as Status)) return undefined
  const observation = { status: status as Status, detail, ...(typeof advice === 'string' ? { advice } : {}) }
  return { name, observation }
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL') // no groups on this system, or all of it is gone
  }
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What ends this process ends the other one too, which has left its group and hears nothing of a Ctrl-C. */
function endOnSignals(child: ChildProcess): () => void {
  const handler = (signal: NodeJS.Signals): void => {
    release()
    endGroup(child)
    process.kill(process.pid, signal)
  }
  const release = (): void => {
    for (const signal of ENDING) process.off(signal, handler)
  }
  for (const signal of ENDING) process.on(signal, handler)
  return release
}
