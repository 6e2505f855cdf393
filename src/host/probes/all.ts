// Every probe, in the order in which people read them.

import { KERNEL } from './kernel.ts'
import { KVM } from './kvm.ts'
import { LAUNCHERS } from './launchers.ts'
import { LIMITS } from './limits.ts'
import { MEMORY } from './memory.ts'
import { NETWORK } from './network.ts'
import type { Probe } from './probe.ts'
import { PROGRAMS } from './programs.ts'
import { STORAGE } from './storage.ts'

const GROUPS = ['system', 'sandbox', 'memory', 'limits', 'storage', 'network', 'hypervisors']

const ALL = [...KERNEL, ...LAUNCHERS, ...MEMORY, ...LIMITS, ...STORAGE, ...NETWORK, ...KVM, ...PROGRAMS]

/** Those that make sense on a platform. */
export function probesFor(platform: string): readonly Probe[] {
  const fitting = ALL.filter(({ linux }) => linux !== true || platform === 'linux')
  return fitting.toSorted((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group))
}
