// What an spt guest may ask of the kernel: the system calls that Solo5's spt bindings make, each bound to the descriptors that the plan
// wired. Source: Solo5, bindings/spt; docs/spec/launcher.md. Pure.

import type { Condition, Policy } from '../../launcher/policy.ts'
import { ARCH_SET_FS, CLOCK_MONOTONIC, CLOCK_REALTIME } from '../../launcher/system-calls.ts'
import type { BootDescriptors } from './boot-info.ts'

const STANDARD_OUTPUT = 1

/** Frequent calls first: a filter is walked from its start at every call. */
export function sptPolicy(descriptors: BootDescriptors): Policy {
  return [
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

function is(argument: number, value: number): Condition {
  return { argument, test: 'equals', value: BigInt(value) }
}
