// Limits that launchers inherit from this process: proc_pid_limits(5), and how many processes there may be.

import { formatSize } from '../../base/size.ts'
import { DEFAULT_MEMORY } from '../../wiring/plan.ts'
import { groupLimit } from './memory.ts'
import { type Observation, type Probe, type Read, readNumber, readSystem } from './probe.ts'

const BESIDES_MEMORY = 1024 * 1024 // bytes: the launcher and its tables
const FEW_FILES = 256
const FEW_PROCESSES = 128

/** The soft limit, Infinity where there is none, undefined where it is not known. */
export function softLimit(read: Read, name: string): number | undefined {
  const line = new RegExp(`^${name} {2,}(\\S+) `, 'm').exec(read('/proc/self/limits') ?? '')?.[1]
  if (line === undefined) return undefined
  return line === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line)
}

const UNREADABLE: Observation = { status: 'unknown', detail: '/proc/self/limits does not say' }

export function judgeAddressSpace(read: Read): Observation {
  // Data as well: since Linux 4.7 private memory that can be written counts as such.
  const [space, data] = [softLimit(read, 'Max address space'), softLimit(read, 'Max data size')]
  if (space === undefined || data === undefined) return UNREADABLE
  const lowest = Math.min(space, data)
  const flag = lowest === space ? '-v' : '-d'
  if (lowest === Number.POSITIVE_INFINITY) return { status: 'ok', detail: 'unlimited' }
  const detail = `${formatSize(lowest)} (ulimit ${flag})`
  const enough = lowest >= DEFAULT_MEMORY + BESIDES_MEMORY
  const advice = `raise ulimit ${flag}, or give guests less with --mem`
  return { status: enough ? 'limited' : 'missing', detail, advice }
}

export function judgeOpenFiles(read: Read): Observation {
  const limit = softLimit(read, 'Max open files')
  if (limit === undefined) return UNREADABLE
  const detail = `${limit === Number.POSITIVE_INFINITY ? 'unlimited' : limit}`
  return limit >= FEW_FILES ? { status: 'ok', detail } : { status: 'limited', detail, advice: 'raise ulimit -n' }
}

/** The lowest of three counts, and which of them it is. */
export function judgeProcesses(read: Read): Observation {
  const counts: readonly (readonly [number | undefined, string])[] = [
    [softLimit(read, 'Max processes'), 'ulimit -u'],
    [readNumber(read, '/proc/sys/kernel/pid_max'), 'kernel.pid_max'],
    [groupLimit(read, 'pids'), 'pids.max of the control group'],
  ]
  const known = counts.flatMap(([count, name]) => (count === undefined ? [] : [{ count, name }]))
  const [lowest] = known.toSorted((a, b) => a.count - b.count)
  if (lowest === undefined) return UNREADABLE
  const detail = `${lowest.count} (${lowest.name})`
  return lowest.count >= FEW_PROCESSES
    ? { status: 'ok', detail }
    : { status: 'limited', detail, advice: `raise ${lowest.name}` }
}

export function judgeRest(read: Read): Observation {
  const size = (name: string): string | undefined => {
    const limit = softLimit(read, name)
    if (limit === undefined) return undefined
    return limit === Number.POSITIVE_INFINITY ? 'unlimited' : formatSize(limit)
  }
  const [locked, core] = [size('Max locked memory'), size('Max core file size')]
  if (locked === undefined || core === undefined) return UNREADABLE
  return { status: 'ok', detail: `locked memory ${locked}, core files ${core} (guests write none)` }
}

export const LIMITS: readonly Probe[] = [
  { name: 'address-space', group: 'limits', needed: true, linux: true, observe: () => judgeAddressSpace(readSystem) },
  { name: 'open-files', group: 'limits', linux: true, observe: () => judgeOpenFiles(readSystem) },
  { name: 'processes', group: 'limits', linux: true, observe: () => judgeProcesses(readSystem) },
  { name: 'other-limits', group: 'limits', linux: true, observe: () => judgeRest(readSystem) },
]
