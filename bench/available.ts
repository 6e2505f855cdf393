// What memory the machine has left, and what the kernel counts for a process.

import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from './statistics.ts'

const POLL = 50 // milliseconds
const QUIET_SAMPLES = 20
const QUIET_SPREAD = 256 // KiB
const PAGE = 4 // KiB
const SETTLE_TIMEOUT = 20_000 // milliseconds

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Once it stays where it is; its median when it does not. */
export async function settle(): Promise<State> {
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

export type State = Available & { readonly quiet: boolean }

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

export function middleOf(pids: readonly number[]): Look | undefined {
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

/** A number of KiB out of a file of /proc. */
export function field(text: string, name: string): number {
  const value = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`the kernel does not say ${name}`)
  return Number(value)
}
