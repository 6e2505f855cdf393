// The kernel and what of it the sandbox is made of.

import { isOlder, OLDEST_KERNEL } from '../../wiring/plan.ts'
import { thisSystem } from '../commands.ts'
import { type Observation, type Probe, type Read, readField, readSystem } from './probe.ts'

const KILL = 'kill_process' // what every filter of a launcher's does by default

export function judgeKernel({ platform, machine, kernel }: ReturnType<typeof thisSystem>): Observation {
  const detail = `${platform === 'linux' ? 'Linux' : platform} ${kernel} on ${machine}`
  const advice = 'inspect, compose and doctor work here; run guests on Linux on x86-64'
  if (platform !== 'linux' || machine !== 'x64') return { status: 'missing', detail, advice }
  if (!isOlder(kernel, OLDEST_KERNEL)) return { status: 'ok', detail }
  return { status: 'missing', detail, advice: `boot Linux ${OLDEST_KERNEL.join('.')} or newer` }
}

export function judgeSeccomp(read: Read): Observation {
  const status = read('/proc/self/status')
  const mode = readField(status, 'Seccomp')
  const advice = 'boot a kernel with CONFIG_SECCOMP_FILTER'
  if (status === undefined) return { status: 'unknown', detail: '/proc/self/status cannot be read', advice: MOUNT_PROC }
  if (mode === undefined) return { status: 'missing', detail: 'the kernel has no seccomp', advice }
  const actions = read('/proc/sys/kernel/seccomp/actions_avail')
  if (actions === undefined) return { status: 'missing', detail: 'the kernel has no seccomp filters', advice }
  if (!actions.split(/\s+/).includes(KILL)) {
    return { status: 'missing', detail: `filters cannot ${KILL.replace('_', ' the ')}`, advice }
  }
  const filters = readField(status, 'Seccomp_filters')
  if (mode !== '2') return { status: 'ok', detail: 'filters, and they can kill the process' }
  return {
    status: 'ok',
    detail: `filters; this process runs under ${filters ?? 'some'} of them already (a container?)`,
  }
}

const MOUNT_PROC = 'mount /proc'

export const KERNEL: readonly Probe[] = [
  { name: 'kernel', group: 'system', needed: true, observe: () => judgeKernel(thisSystem()) },
  { name: 'seccomp', group: 'sandbox', needed: true, linux: true, observe: () => judgeSeccomp(readSystem) },
]
