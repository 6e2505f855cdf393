// The machine that the figures are of.

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memory: number // bytes
  readonly kernel: string
  readonly node: string
  readonly hugePages: string
  readonly root: boolean
}

export function machineFacts(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    hugePages: hugePageMode() ?? 'unknown',
    root: isRoot(),
  }
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0
}

export const HUGE_PAGES = '/sys/kernel/mm/transparent_hugepage/enabled'

/** `always`, `madvise` or `never`; undefined for a kernel without huge pages. */
export function hugePageMode(): string | undefined {
  try {
    return /\[(\w+)\]/.exec(readFileSync(HUGE_PAGES, 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

/** Over 1, 5 and 15 minutes. */
export function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')
}
