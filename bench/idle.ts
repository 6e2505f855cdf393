// Many idle instances of one artefact, started as `slipway run` starts one, and what the machine has less while they are there.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { placeLauncher } from '../src/host/launcher-file.ts'
import { prepare } from '../src/run/prepare.ts'
import { composeSpt } from '../src/targets/spt/launcher.ts'
import type { Native } from './native.ts'
import { median } from './statistics.ts'

export type Growth = {
  /** For each step at whose beginning and end the machine was at rest: KiB that it had less, an instance. */
  readonly drops: readonly Available[]
  /** Steps that do not count, because somebody else was using the machine. */
  readonly disturbed: number
  /** What the kernel counts for the median instance; undefined if it does not let us look. */
  readonly look: Look | undefined
}

const READY = 'READY\n'
const START_TIMEOUT = 30_000 // milliseconds
const POLL = 50 // milliseconds
const QUIET_SAMPLES = 20
const QUIET_SPREAD = 256 // KiB
const PAGE = 4 // KiB
const SETTLE_TIMEOUT = 20_000 // milliseconds

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/**
 * Starts `count` instances more in each step, waits until all have printed READY and the machine is at rest, and goes on until `wanted`
 * steps count, or twice as many have been made. Nothing ends in between, because the kernel keeps a part of what a process returns and
 * gives it to the next: an instance that follows another would look cheaper than it is. For the same reason the first step does not count.
 */
export async function measureGrowth(
  native: Native,
  place: { readonly artefact: string; readonly directory: string },
  wanted: number,
  count: number,
): Promise<Growth> {
  const pids: number[] = []
  const output = openSync(join(place.directory, 'ready'), 'w+')
  const grow = async (): Promise<State> => {
    for (let i = 0; i < count; i++) pids.push(startIdle(native, place.artefact, output))
    await waitFor(`${pids.length} instances`, () => fstatSync(output).size >= pids.length * READY.length)
    return await settle()
  }
  try {
    const drops: Available[] = []
    let before = await grow()
    let steps = 0
    for (; drops.length < wanted && steps < 2 * wanted; steps++) {
      const after = await grow()
      if (before.quiet && after.quiet) drops.push(dropBetween(before, after, count))
      before = after
    }
    return { drops, disturbed: steps - drops.length, look: middleOf(pids) }
  } finally {
    closeSync(output)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    for (const pid of pids) native.wait(pid)
  }
}

function dropBetween(before: Available, after: Available, count: number): Available {
  return { all: (before.all - after.all) / count, reported: (before.reported - after.reported) / count }
}

/**
 * As `become` of run/ does it, except that the launcher asks to die with this process: nothing may be left when a bench is killed. Of the
 * places for a launcher this takes the one in memory, which costs an instance most.
 */
function startIdle(native: Native, artefact: string, output: number): number {
  const { plan, file } = prepare(artefact, {})
  try {
    const launcher = composeSpt(plan, { image: { kind: 'path' }, parent: process.pid })
    const executable = placeLauncher(launcher, 'wanted')
    try {
      return native.command(executable.path, [plan.name], output).start()
    } finally {
      executable.close()
    }
  } finally {
    file.close()
  }
}

async function waitFor(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + START_TIMEOUT
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} were not ready after ${START_TIMEOUT / 1000} s`)
    await pause(POLL)
  }
}

/** Once it stays where it is; its median when it does not. */
async function settle(): Promise<State> {
  collectGarbage()
  const end = performance.now() + SETTLE_TIMEOUT
  const samples: Available[] = []
  for (;;) {
    samples.push(availableMemory())
    if (samples.length > QUIET_SAMPLES) samples.shift()
    const all = samples.map(({ all }) => all)
    const quiet = samples.length === QUIET_SAMPLES && Math.max(...all) - Math.min(...all) <= QUIET_SPREAD
    if (quiet || performance.now() > end) {
      return { all: median(all), reported: median(samples.map(({ reported }) => reported)), quiet }
    }
    await pause(POLL)
  }
}

/**
 * KiB. `reported` is MemAvailable. That leaves out free pages which a processor keeps on a list of its own, and Linux from 6.6 keeps up to
 * an eighth of all memory there: what a process takes comes from those first, and what it returns goes there first. `all` has them.
 */
export type Available = { readonly all: number; readonly reported: number }

type State = Available & { readonly quiet: boolean }

function availableMemory(): Available {
  try {
    readFileSync('/proc/sys/vm/stat_refresh') // adds what each processor has counted for itself; root only
  } catch {
    // The count is then off by a few hundred KiB, which several rounds even out.
  }
  const reported = field(readFileSync('/proc/meminfo', 'utf8'), 'MemAvailable')
  const counts = readFileSync('/proc/zoneinfo', 'utf8').matchAll(/^ +count: +(\d+)$/gm)
  const listed = [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
  return { all: reported + listed * PAGE, reported }
}

/** KiB. Anonymous pages are those that the instance has a copy of its own of, because it wrote to them. */
export type Look = Readonly<Record<'anonymous' | 'pss' | 'privateDirty' | 'pageTables', number>>

function middleOf(pids: readonly number[]): Look | undefined {
  const looks = pids.map(lookAt).filter((look) => look !== undefined)
  if (looks.length === 0) return undefined
  const middle = (name: keyof Look): number => median(looks.map((look) => look[name]))
  return {
    anonymous: middle('anonymous'),
    pss: middle('pss'),
    privateDirty: middle('privateDirty'),
    pageTables: middle('pageTables'),
  }
}

/** Undefined where the kernel does not let us: launchers make themselves undumpable, so that only root may. */
function lookAt(pid: number): Look | undefined {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return {
      anonymous: field(rollup, 'Anonymous'),
      pss: field(rollup, 'Pss'),
      privateDirty: field(rollup, 'Private_Dirty'),
      pageTables: field(status, 'VmPTE'),
    }
  } catch {
    return undefined
  }
}

function field(text: string, name: string): number {
  const value = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`the kernel does not say ${name}`)
  return Number(value)
}
