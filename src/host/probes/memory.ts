// Memory that a guest can have: what the kernel promises, where it may begin, and how much there is.

import { formatSize } from '../../base/size.ts'
import { DEFAULT_MEMORY, GUEST_LOWEST } from '../../wiring/plan.ts'
import { type Observation, type Probe, type Read, readField, readNumber, readSystem } from './probe.ts'

const MAY_BE_LITTLE = 64 * 1024 * 1024 // bytes, in which a handful of small guests fit

export function judgeOvercommit(read: Read): Observation {
  const mode = readNumber(read, '/proc/sys/vm/overcommit_memory')
  if (mode === undefined) return { status: 'unknown', detail: 'vm.overcommit_memory cannot be read' }
  if (mode !== 2) return { status: 'ok', detail: `vm.overcommit_memory=${mode}: guests take what they touch` }
  const meminfo = read('/proc/meminfo')
  const left = kibibytes(meminfo, 'CommitLimit') - kibibytes(meminfo, 'Committed_AS')
  if (Number.isNaN(left)) return { status: 'unknown', detail: 'vm.overcommit_memory=2, and /proc/meminfo does not say' }
  const detail = `vm.overcommit_memory=2: guests count in full, ${formatSize(Math.max(0, left))} are left`
  const advice = 'sysctl vm.overcommit_memory=0, or give guests less with --mem'
  return { status: left >= DEFAULT_MEMORY ? 'limited' : 'missing', detail, advice }
}

export function judgeLowestAddress(read: Read, rawIo: boolean): Observation {
  const lowest = readNumber(read, '/proc/sys/vm/mmap_min_addr')
  if (lowest === undefined) return { status: 'unknown', detail: 'vm.mmap_min_addr cannot be read' }
  const detail = `vm.mmap_min_addr=${lowest}, guests begin at ${GUEST_LOWEST}`
  if (lowest <= GUEST_LOWEST || rawIo) return { status: 'ok', detail }
  return { status: 'missing', detail, advice: `sysctl vm.mmap_min_addr=${GUEST_LOWEST}` }
}

export function judgeHugePages(read: Read): Observation {
  const setting = /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled') ?? '')?.[1]
  if (setting === undefined) return { status: 'ok', detail: 'the kernel makes none by itself' }
  return { status: 'ok', detail: `transparent ones: ${setting}; launchers ask for small pages` }
}

export function judgeMemory(read: Read): Observation {
  const available = kibibytes(read('/proc/meminfo'), 'MemAvailable')
  if (Number.isNaN(available)) return { status: 'unknown', detail: '/proc/meminfo does not say' }
  const limit = groupLimit(read, 'memory')
  const detail = `${formatSize(available)} available${limit === undefined ? '' : `, at most ${formatSize(limit)} in this control group`}`
  if (Math.min(available, limit ?? available) >= MAY_BE_LITTLE) return { status: 'ok', detail }
  return { status: 'limited', detail, advice: 'guests may be ended for want of memory' }
}

/** In bytes; NaN where there is no such line. */
function kibibytes(meminfo: string | undefined, name: string): number {
  return Number.parseInt(readField(meminfo, name) ?? '', 10) * 1024
}

const LARGEST_LIMIT = 2 ** 60 // version 1 writes a number near 2^63 for none

/** The lowest limit of this process's control group and those above it, of either version of control groups. */
export function groupLimit(read: Read, kind: 'memory' | 'pids'): number | undefined {
  const files = { memory: ['memory.max', 'memory.limit_in_bytes'], pids: ['pids.max', 'pids.max'] } as const
  const limits = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    const [two, one] = files[kind]
    if (controllers === '') return limitsAbove(read, '/sys/fs/cgroup', path, two)
    return controllers.split(',').includes(kind) ? limitsAbove(read, `/sys/fs/cgroup/${kind}`, path, one) : []
  })
  const lowest = Math.min(...limits)
  return lowest < LARGEST_LIMIT ? lowest : undefined
}

function limitsAbove(read: Read, root: string, path: string, file: string): number[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..')
  return parts.concat('').flatMap((_, depth) => {
    const limit = readNumber(read, [root, ...parts.slice(0, depth), file].join('/'))
    return limit === undefined ? [] : [limit]
  })
}

const CAP_SYS_RAWIO = 17n

export function hasCapability(read: Read, capability: bigint): boolean {
  const effective = readField(read('/proc/self/status'), 'CapEff') ?? '0'
  return ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n
}

export const MEMORY: readonly Probe[] = [
  { name: 'memory', group: 'memory', linux: true, observe: () => judgeMemory(readSystem) },
  { name: 'overcommit', group: 'memory', needed: true, linux: true, observe: () => judgeOvercommit(readSystem) },
  {
    name: 'lowest-address',
    group: 'memory',
    needed: true,
    linux: true,
    observe: () => judgeLowestAddress(readSystem, hasCapability(readSystem, CAP_SYS_RAWIO)),
  },
  { name: 'huge-pages', group: 'memory', linux: true, observe: () => judgeHugePages(readSystem) },
]
