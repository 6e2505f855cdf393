// The two programs of an spt launcher, in the order in which they run. Setup leaves the process with nothing but what the plan gives it;
// last takes setup away, sets the filter and enters the guest. Pure.

import { formatSize } from '../../base/size.ts'
import { LAUNCHER_SPACE, LAUNCHER_BASE, STAGING, USER_SPACE_END } from '../../launcher/address-space.ts'
import { ByteWriter } from '../../base/writer.ts'
import { encodeInstructions } from '../../launcher/bpf.ts'
import { compileFilter } from '../../launcher/filter.ts'
import type { SetupPages } from '../../launcher/launcher.ts'
import type { Policy } from '../../launcher/policy.ts'
import { Program } from '../../launcher/program.ts'
import {
  AT_FDCWD,
  CAPABILITY_VERSION_3,
  CLOCK_MONOTONIC,
  EPOLL_CTL_ADD,
  EPOLLIN,
  F_GETFD,
  LAST_SIGNAL,
  MADV_DONTNEED,
  MADV_NOHUGEPAGE,
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  RLIMIT_CORE,
  SECCOMP_SET_MODE_FILTER,
  SIG_SETMASK,
  SIGKILL,
  SIGPIPE,
  SIGNAL_SET_BYTES,
  SIGSTOP,
  TFD_NONBLOCK,
} from '../../launcher/system-calls.ts'
import type { Scratch } from '../../launcher/scratch.ts'
import type { FileIdentity } from '../../wiring/facts.ts'
import { GUEST_LOWEST, type Plan } from '../../wiring/plan.ts'
import { BOOT_INFO, type GuestDescriptors } from './boot-info.ts'
import { installHandler, type PlacedPart } from './parts.ts'
import { STAT } from './stat.ts'

const TIMER_MARK = 0xffff_fffen // what the bindings expect in the timer's event
const LARGEST_STACK = 64 * 1024 * 1024 // bytes; arguments and environment are at most 6 MiB (MAX_ARG in fs/exec.c)
const ALL_DESCRIPTORS = 0xffff_ffffn
const SIG_IGN = 1n
const DEFAULT_ACTION = new Uint8Array(32) // struct sigaction: SIG_DFL, no flags, empty mask; its first words are an empty signal set too

/** What a person reads, and a program recognises, when the file is not the one that was checked. */
export const CHANGED = 'the artefact changed after it was checked; run it again'

/** Standard streams exist, and nothing else is open that `keep` does not name. */
export function tidyDescriptors(setup: Program, keep: readonly number[]): void {
  // Where there is no /dev/null (an empty container), the streams may still be there: they are what is asked for.
  for (let i = 0; i < 3; i++) setup.call('openat', [AT_FDCWD, setup.text('/dev/null'), O_RDWR], { demand: 'ignore' })
  const missing = 'a standard stream is closed, and there is no /dev/null to stand in for it'
  setup.call('fcntl', [0, F_GETFD], { demand: 'any', failure: missing, times: 3 })
  let from = 3
  const failure = 'closing inherited descriptors failed; Linux 5.9 or newer is needed'
  for (const descriptor of keep.toSorted((a, b) => a - b)) {
    if (descriptor > from) setup.call('close_range', [from, descriptor - 1, 0], { demand: 0n, failure })
    from = descriptor + 1
  }
  setup.call('close_range', [from, ALL_DESCRIPTORS, 0], { demand: 0n, failure })
}

/**
 * Every signal does what it does by default, and none is blocked; only SIGPIPE and `deaf` are ignored. A broken standard error must not
 * kill the launcher before it has exited with 125.
 */
export function tidySignals(setup: Program, deaf: readonly number[]): void {
  const failure = 'resetting signals failed'
  const left = [SIGPIPE, ...deaf]
  const ignore = setup.data(new ByteWriter(32).u64(0, SIG_IGN).bytes) // struct sigaction
  for (const signal of left) setup.call('rt_sigaction', [signal, ignore, 0, SIGNAL_SET_BYTES], { demand: 0n, failure })
  const defaults = setup.data(DEFAULT_ACTION)
  let first = 1
  for (const next of [SIGKILL, SIGSTOP, LAST_SIGNAL + 1, ...left].toSorted((a, b) => a - b)) {
    const times = next - first
    if (times > 0) setup.call('rt_sigaction', [first, defaults, 0, SIGNAL_SET_BYTES], { demand: 0n, failure, times })
    first = next + 1
  }
  setup.call('rt_sigprocmask', [SIG_SETMASK, defaults, 0, SIGNAL_SET_BYTES], { demand: 0n, failure })
}

/** From here on, a console that nobody reads any more ends the process, as it ends any other program. */
export function hearBrokenPipes(setup: Program): void {
  const failure = 'resetting SIGPIPE failed'
  setup.call('rt_sigaction', [SIGPIPE, setup.data(DEFAULT_ACTION), 0, SIGNAL_SET_BYTES], { demand: 0n, failure })
}

/** What a process inherits and a guest must not: timers, core files, a name that says nothing, a life of its own. */
export function tidyProcess(setup: Program, name: string, parent: number | undefined): void {
  // An alarm that the starter set survives exec, and its signal now has its default effect again: it would end the guest.
  const noTimer = setup.data(new Uint8Array(32)) // struct itimerval: ITIMER_REAL, VIRTUAL and PROF are 0, 1 and 2
  setup.call('setitimer', [0, noTimer, 0], { demand: 0n, failure: 'stopping inherited timers failed', times: 3 })
  const zeroLimit = setup.data(new Uint8Array(16)) // struct rlimit64: soft 0, hard 0
  setup.call('prlimit64', [0, RLIMIT_CORE, zeroLimit, 0], { demand: 0n, failure: 'forbidding core files failed' })
  setup.call('prctl', [PR_SET_DUMPABLE, 0, 0, 0, 0], { demand: 0n, failure: 'making the process undumpable failed' })
  setup.call('prctl', [PR_SET_NAME, setup.text(name), 0, 0, 0], { demand: 0n, failure: 'naming the process failed' })
  if (parent !== undefined) {
    const gone = 'the process that started the guest is gone'
    setup.call('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0], {
      demand: 0n,
      failure: 'asking to die with the parent failed',
    })
    setup.call('getppid', [], { demand: BigInt(parent), failure: gone }) // it may have died before the line above
  }
}

/** Guest memory: private, zero, with the access given, not promised by the kernel beforehand, and in small pages. */
export function mapMemory(setup: Program, memorySize: number, access: number): void {
  const length = memorySize - GUEST_LOWEST
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE
  setup.call('munmap', [0, GUEST_LOWEST], {
    demand: 0n,
    failure: 'the first pages of memory cannot be freed; start it without MMAP_PAGE_ZERO (setarch -Z)',
  })
  setup.call('mmap', [GUEST_LOWEST, length, access, flags, -1n, 0], {
    demand: BigInt(GUEST_LOWEST),
    failure: `no ${formatSize(memorySize)} of guest memory to be had: give less with --mem, or look at ulimit -v, vm.overcommit_memory and vm.mmap_min_addr`,
  })
  // With huge pages always on, the first touch of each 2 MiB would cost 2 MiB. A kernel without them answers EINVAL.
  setup.call('madvise', [GUEST_LOWEST, length, MADV_NOHUGEPAGE], { demand: 'ignore' })
}

/** Opens the artefact by its path; its descriptor must become `descriptor`. */
export function openArtefact(setup: Program, path: string, descriptor: number): void {
  // Should the name have become a FIFO's, opening it must not wait for a writer.
  setup.call('openat', [AT_FDCWD, setup.text(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK], {
    demand: BigInt(descriptor),
    failure: 'opening the artefact again failed',
  })
}

/** The descriptor must be the very file that was checked, unchanged. */
export function checkIdentity(setup: Program, scratch: Scratch, descriptor: number, identity: FileIdentity): void {
  const failure = CHANGED
  const stat = scratch.put(new Uint8Array(STAT.size))
  setup.call('fstat', [descriptor, stat], { demand: 0n, failure: 'looking at the artefact failed' })
  for (const [offset, value] of [
    [STAT.device, identity.device],
    [STAT.inode, identity.inode],
    [STAT.length, BigInt(identity.size)],
    [STAT.modified, identity.modifiedSeconds],
    [STAT.modifiedNanoseconds, identity.modifiedNanoseconds],
  ] as const) {
    setup.compare(stat + offset, { value: BigInt.asUintN(64, value), failure })
  }
}

/** Privileges that opening files may have needed, and the directory that would stay in use: no rule of the filter needs either. */
export function dropPrivileges(setup: Program): void {
  setup.call('chdir', [setup.text('/')], { demand: 'ignore' })
  const header = setup.data(new ByteWriter(8).u32(0, CAPABILITY_VERSION_3).bytes) // of this process
  const none = setup.data(new Uint8Array(24)) // effective, permitted, inheritable, twice 32 bits
  setup.call('capset', [header, none], { demand: 0n, failure: 'dropping capabilities failed' })
}

/** Where a guest waits: for its deadline, and for frames of each net device. `nets` are pairs of handle and descriptor. */
export function openWaiting(
  setup: Program,
  { epoll, timer }: Pick<GuestDescriptors, 'epoll' | 'timer'>,
  nets: readonly (readonly [handle: number, descriptor: number])[],
): void {
  setup.call('epoll_create1', [0], { demand: BigInt(epoll), failure: 'making the epoll descriptor failed' })
  setup.call('timerfd_create', [CLOCK_MONOTONIC, TFD_NONBLOCK], {
    demand: BigInt(timer),
    failure: 'making the timer failed',
  })
  const watch = (descriptor: number, data: bigint, failure: string): void => {
    const event = setup.data(new ByteWriter(12).u32(0, EPOLLIN).u64(4, data).bytes) // struct epoll_event is packed
    setup.call('epoll_ctl', [epoll, EPOLL_CTL_ADD, descriptor, event], { demand: 0n, failure })
  }
  watch(timer, TIMER_MARK, 'watching the timer failed')
  for (const [handle, descriptor] of nets) watch(descriptor, BigInt(handle), 'watching a net device failed')
}

/** Tells the starter, then removes what the kernel put into the process: arguments, environment, paths, vdso and vvar. */
export function forgetHost(setup: Program, status: number | undefined, scratchSize: number): void {
  if (status !== undefined) {
    setup.call('write', [status, setup.text('E'), 1], { demand: 1n, failure: 'telling the starter failed' })
  }
  // Zeroed first, since a kernel that seals its vdso refuses to unmap a range with the vdso in it. Beyond the stack there may be
  // holes (ENOMEM) or the vdso (EINVAL), after the stack is done: so the result says nothing and the memory is looked at instead.
  setup.call('madvise', [0, LARGEST_STACK, MADV_DONTNEED], { demand: 'ignore', anchor: 'stack-page' })
  setup.compare(0, { value: 0n, anchor: 'stack', failure: 'wiping the initial stack failed' })
  // By itself and without fail: what the kernel was asked lies there, with the host's paths.
  if (scratchSize > 0) {
    setup.call('munmap', [STAGING, scratchSize], { demand: 0n, failure: 'unmapping the scratch memory failed' })
  }
  const above = LAUNCHER_BASE + LAUNCHER_SPACE
  setup.call('munmap', [above, USER_SPACE_END - above], { demand: 'ignore' })
}

/** The end of every launcher: setup's pages go, the handler comes where there are parts to read, the filter comes, the guest is entered. */
export function confineAndEnter(plan: Plan, setup: SetupPages, policy: Policy, parts: readonly PlacedPart[]): Program {
  const last = new Program()
  const instructions = compileFilter(policy)
  const filter = last.data(encodeInstructions(instructions))
  const program = last.data(new ByteWriter(16).u16(0, instructions.length).bytes, [{ at: 8, to: filter }]) // struct sock_fprog
  last.call('munmap', [setup.address, setup.size], { demand: 0n, failure: 'unmapping the records failed' })
  if (parts.length > 0) installHandler(last, parts)
  return last
    .call('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0], { demand: 0n, failure: 'giving up new privileges failed' })
    .call('seccomp', [SECCOMP_SET_MODE_FILTER, 0, program], {
      demand: 0n,
      failure: 'the kernel refused the seccomp filter; it needs CONFIG_SECCOMP_FILTER',
    })
    .enter({ argument: BOOT_INFO, stack: plan.memorySize - 8, entry: plan.image.entry })
}
