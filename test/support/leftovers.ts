// Kills processes that start guests, at moments that nobody chose, and looks for what is left of them: processes, sockets, files.

import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { processesOf, spawnStarter } from './sessions.ts'

export type Leftovers = {
  /** Names. */
  readonly processes: readonly string[]
  /** Connections to the peer that is given. */
  readonly sockets: number
  /** Below the directories that a launcher may be put into. */
  readonly files: readonly string[]
}

export type Round = { readonly started: number; readonly left: Leftovers }

type Setting = {
  readonly library: string
  readonly guests: readonly { readonly path: string; readonly options: object }[]
  /** Where the peer of net devices listens. */
  readonly socket: string
  /** Gets what the starter would put into the user's directories. */
  readonly directory: string
  /** From 0 up to 1, at random. */
  readonly random: () => number
}

const ALIVE = 4 // guests at a time: each that is started from then on also ends one
const MOST_STARTED = 12
const LONGEST_WAIT = 4 // milliseconds after the last that was heard of: about what a start takes
const PATIENCE = 10_000 // milliseconds in which everything has to go
const POLL = 5 // milliseconds

/** One round: starts a process that starts guests, kills it, and looks until nothing is left or patience is. */
export async function killStarter(setting: Setting): Promise<Round> {
  const { library, guests, directory, random } = setting
  const [runtime, cache] = ['runtime', 'cache'].map((name) => join(directory, name)) as [string, string]
  for (const path of [runtime, cache]) mkdirSync(path, { recursive: true, mode: 0o700 })
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime, XDG_CACHE_HOME: cache }
  const child = spawnStarter(library, { kind: 'churn', guests, alive: ALIVE }, { stdout: 'ignore', env })
  const closed = once(child, 'close')
  const wanted = Math.floor(random() * MOST_STARTED)
  let started = 0
  if (wanted > 0) {
    for await (const _ of createInterface({ input: child.stdio[3] as Readable })) if (++started >= wanted) break
  }
  await pause(random() * LONGEST_WAIT)
  child.kill('SIGKILL')
  await closed
  if (started < wanted) throw new Error('the process that starts guests has ended by itself')
  const look = (): Leftovers => ({
    processes: [...processesOf(child.pid as number).values()],
    sockets: connectionsTo(setting.socket),
    files: [...readdirSync(runtime), ...readdirSync(cache, { recursive: true }).map(String)].filter(isFile),
  })
  for (const end = performance.now() + PATIENCE; ; await pause(POLL)) {
    const left = look()
    if (isNothing(left) || performance.now() > end) return { started, left }
  }
}

export function isNothing({ processes, sockets, files }: Leftovers): boolean {
  return processes.length === 0 && sockets === 0 && files.length === 0
}

/** The directory in the cache is made once and stays. */
function isFile(name: string): boolean {
  return name !== 'slipway'
}

/** Sockets with the path that do not listen: the peer's ends of connections that are there (proc_pid_net(5)). */
function connectionsTo(path: string): number {
  const LISTENS = 0x10000
  const lines = readFileSync('/proc/self/net/unix', 'utf8').matchAll(/^\S+: \S+ \S+ ([0-9A-F]+) .* (\/.*)$/gm)
  return [...lines].filter(([, flags, name]) => name === path && (Number(`0x${flags}`) & LISTENS) === 0).length
}

/**
 * Numbers from 0 up to 1 that are the same for the same seed (mulberry32).
 *
 * @example
 * ```ts
 * seededRandom(1)() === seededRandom(1)() // true
 * ```
 */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
