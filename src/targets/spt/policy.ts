// What an spt guest may ask of the kernel: the system calls that Solo5's spt bindings make, each bound to the descriptors that the plan
// wired. Source: Solo5, bindings/spt; docs/spec/launcher.md. Pure.

import type { Condition, Policy, Rule } from '../../launcher/policy.ts'
import { ARCH_SET_FS, CLOCK_MONOTONIC, CLOCK_REALTIME, EROFS } from '../../launcher/system-calls.ts'
import type { PlannedBlock, PlannedNet } from '../../wiring/devices.ts'
import type { GuestDescriptors } from './boot-info.ts'

const STANDARD_OUTPUT = 1

/** What of a device the rules depend on. */
type BlockForPolicy = Pick<PlannedBlock, 'type' | 'name' | 'form' | 'sectorSize' | 'capacity' | 'readOnly'>
type NetForPolicy = Pick<PlannedNet, 'type' | 'name'>

/** Frequent calls first: a filter is walked from its start at every call. */
export function sptPolicy(devices: readonly (BlockForPolicy | NetForPolicy)[], descriptors: GuestDescriptors): Policy {
  let parts = 0
  const rules = devices.flatMap((device, i) => {
    const descriptor = descriptors.devices[i] as number
    if (device.type === 'net') return netRules(device, descriptor)
    return blockRules(device, descriptor, device.form === 'baked' ? parts++ : undefined)
  })
  return [
    ...rules,
    { call: 'clock_gettime', when: [is(0, CLOCK_MONOTONIC)], reason: 'the monotonic clock' },
    { call: 'clock_gettime', when: [is(0, CLOCK_REALTIME)], reason: 'the wall clock' },
    {
      call: 'epoll_pwait',
      when: [is(0, descriptors.epoll), is(4, 0)],
      reason: 'waits; with no mask, so that signals end it',
    },
    { call: 'timerfd_settime', when: [is(0, descriptors.timer)], reason: 'sets the deadline of a wait' },
    { call: 'write', when: [is(0, STANDARD_OUTPUT)], reason: 'the console' },
    { call: 'arch_prctl', when: [is(0, ARCH_SET_FS)], reason: 'its thread-local storage' },
    { call: 'exit_group', when: [], reason: 'ends itself' },
  ]
}

function netRules({ name }: NetForPolicy, descriptor: number): Rule[] {
  return [
    { call: 'read', when: [is(0, descriptor)], reason: `receives from net device ${name}` },
    { call: 'write', when: [is(0, descriptor)], reason: `sends to net device ${name}` },
  ]
}

/**
 * One whole sector at a time, at a multiple of its size, inside the device. A `part` is none of the kernel's business: the handler reads from it, in
 * the guest's own name, and has no more rights than the guest.
 */
function blockRules(
  { name, sectorSize, capacity, readOnly }: BlockForPolicy,
  descriptor: number,
  part: number | undefined,
): Rule[] {
  const when: Condition[] = [
    is(0, descriptor),
    is(2, sectorSize),
    { argument: 3, test: 'at-most', value: BigInt(capacity - sectorSize) },
    { argument: 3, test: 'masked', mask: BigInt(sectorSize - 1), value: 0n },
  ]
  return [
    part === undefined
      ? { call: 'pread64', when, reason: `reads a sector of block device ${name}` }
      : {
          call: 'pread64',
          when,
          serve: part,
          reason: `reads a sector of block device ${name}, a part of the artefact`,
        },
    readOnly
      ? { call: 'pwrite64', when, refuse: EROFS, reason: `block device ${name} is read-only, and the guest is told` }
      : { call: 'pwrite64', when, reason: `writes a sector of block device ${name}` },
  ]
}

function is(argument: number, value: number): Condition {
  return { argument, test: 'equals', value: BigInt(value) }
}
