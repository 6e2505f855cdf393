// KVM: whether it is there, whether this user may have it, and whether it answers. No machine is made.

import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { loadFfi } from '../ffi.ts'
import { type Observation, type Probe, type Read, readSystem } from './probe.ts'

const DEVICE = '/dev/kvm'
const KVM_GET_API_VERSION = 0xae00
const API_VERSION = 12 // since Linux 2.6.22; Documentation/virt/kvm/api.rst: another one must be refused

/** What looking at the device told. */
export type KvmSight = {
  readonly there: boolean
  /** The system's code where opening it failed. */
  readonly refusal?: string
  /** The device's version; an errno below 0; undefined without FFI, or where it could not be opened. */
  readonly version?: number
  /** Machines are made without the processor's help for it. */
  readonly paravirtual?: boolean
}

export function judgeKvm({ there, refusal, version, paravirtual = false }: KvmSight, read: Read): Observation {
  const virtual = /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo') ?? '')
  const load = virtual
    ? 'this is a virtual machine: have nested virtualisation switched on for it'
    : 'modprobe kvm_intel or kvm_amd; virtualisation may be off in the firmware'
  if (!there) return { status: 'missing', detail: `no ${DEVICE}`, advice: load }
  if (!isDriverLoaded(read, 'kvm')) {
    const detail = `${DEVICE} has no driver; opening it might load one, so it was not tried`
    return { status: 'unknown', detail, advice: load }
  }
  if (refusal === 'EACCES' || refusal === 'EPERM') {
    const advice = 'join the group that owns it: usermod -aG kvm USER'
    return { status: 'missing', detail: `${DEVICE} is not for this user (${refusal})`, advice }
  }
  if (refusal !== undefined) {
    return { status: 'missing', detail: `${DEVICE} cannot be opened (${refusal})`, advice: load }
  }
  if (version === undefined) return { status: 'unknown', detail: `${DEVICE} opens; asking it takes koffi` }
  if (version !== API_VERSION)
    return { status: 'missing', detail: `${DEVICE} does not answer as KVM does (${version})` }
  return judgeKind(paravirtual, read)
}

const KINDS = ['kvm_intel', 'kvm_amd'] as const

function judgeKind(paravirtual: boolean, read: Read): Observation {
  if (paravirtual) {
    const advice = 'guests that use floating point early may end with an error of KVM'
    return { status: 'limited', detail: `API version ${API_VERSION}, paravirtual (kvm_pvm)`, advice }
  }
  const kind = KINDS.find((name) => read(`/sys/module/${name}/parameters/nested`) !== undefined)
  const nested = kind === undefined ? undefined : read(`/sys/module/${kind}/parameters/nested`)?.trim()
  const detail = `API version ${API_VERSION}${kind === undefined ? '' : `, ${kind}`}`
  return { status: 'ok', detail: nested === 'Y' || nested === '1' ? `${detail}, nested machines too` : detail }
}

/** Whether a driver for a device of this name is there: opening a device that has none may load it. */
export function isDriverLoaded(read: Read, name: string): boolean {
  return new RegExp(`^\\s*\\d+ ${name}$`, 'm').test(read('/proc/misc') ?? '')
}

/** Opens a device without waiting, and closes it again. */
export function tryDevice<T>(path: string, use: (descriptor: number) => T): { refusal: string } | { used: T } {
  try {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY)
    try {
      return { used: use(descriptor) }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    return { refusal: (error as NodeJS.ErrnoException).code ?? 'unknown reason' }
  }
}

function lookAtKvm(): Observation {
  const there = existsSync(DEVICE)
  if (!there || !isDriverLoaded(readSystem, 'kvm')) return judgeKvm({ there }, readSystem)
  const tried = tryDevice(DEVICE, (descriptor) => loadFfi()?.ioctl(descriptor, KVM_GET_API_VERSION))
  const paravirtual = existsSync('/sys/module/kvm_pvm') // a directory, whether it is a module or built in
  if ('refusal' in tried) return judgeKvm({ there, paravirtual, ...tried }, readSystem)
  const answer = tried.used === undefined ? {} : { version: tried.used }
  return judgeKvm({ there, paravirtual, ...answer }, readSystem)
}

export const KVM: readonly Probe[] = [{ name: 'kvm', group: 'hypervisors', linux: true, observe: lookAtKvm }]
