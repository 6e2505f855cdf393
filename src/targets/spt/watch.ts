// The watcher: a process of a few pages beside a guest that has net devices. A guest whose peer has gone reads nothing for ever, as fast
// as it can, and nothing in its sandbox could tell it why. The watcher waits for that, says which device it was, and ends the guest by
// SIGHUP: its line was hung up. It ends with the guest, whichever way that ends. Pure.

import { quote } from '../../base/quote.ts'
import { ByteWriter } from '../../base/writer.ts'
import { encodeInstructions } from '../../launcher/bpf.ts'
import type { Program } from '../../launcher/program.ts'
import type { Scratch } from '../../launcher/scratch.ts'
import {
  AF_NETLINK,
  CLONE_PIDFD,
  NETLINK_ROUTE,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  PR_SET_NAME,
  RLIMIT_CPU,
  RTMGRP_LINK,
  SIGHUP,
  SO_ATTACH_FILTER,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
} from '../../launcher/system-calls.ts'
import type { PlannedNet } from '../../wiring/devices.ts'
import type { DescriptorTable } from './descriptors.ts'
import { compileLinkFilter } from './link-filter.ts'
import { dropPrivileges } from './steps.ts'

const POLL_SIZE = 8 // struct pollfd: descriptor, wanted events, events
const EVENTS = 0xffff_0000_0000_0000n // the last of the three
/** A guest that is about to end by itself when its peer closes may do so, and may read what is left, for this long (ns). */
const GRACE = 250_000_000
/** For standard error to take a line (s): the watcher must not stay because nobody reads it. */
const PATIENCE = 1
const STANDARD_ERROR = 2

type Setting = { readonly setup: Program; readonly scratch: Scratch; readonly table: DescriptorTable }

/** The guest, as its watcher knows it: a descriptor that is readable when it has ended, and the address of its number. */
type Watched = { readonly descriptor: number; readonly number: number }

/** Starts the watcher from the process that will be the guest. `closed` are descriptors that it has no business with. */
export function startWatcher(
  { setup, scratch, table }: Setting,
  nets: ReadonlyMap<PlannedNet, number>,
  closed: readonly number[],
): void {
  const failure = 'starting the process that watches the net devices failed'
  const guest: Watched = { descriptor: table.open(), number: scratch.put(new Uint8Array(8)) }
  const inWatcher = table.copy()
  setup.call('getpid', [], { demand: 'any', store: BigInt(guest.number), failure })
  setup.call('pidfd_open', [guest.number, 0], { demand: BigInt(guest.descriptor), load: true, failure })
  const watcher = table.open()
  const made = scratch.put(new Uint8Array(8)) // the kernel puts the descriptor for the new process here
  // No signal when the watcher ends: the guest has no use for one.
  setup.call('clone', [CLONE_PIDFD, 0, made, 0, 0], { demand: 0n, otherwise: 'guest' })
  for (const descriptor of closed) setup.call('close', [inWatcher.close(descriptor)], { demand: 'ignore' })
  setup.call('prctl', [PR_SET_NAME, setup.text('slipway-watcher'), 0, 0, 0], { demand: 'ignore' })
  dropPrivileges(setup)
  watch({ setup, scratch, table: inWatcher }, nets, guest)
  setup.mark('guest')
  setup.compare(made, { value: BigInt(watcher), mask: 0xffff_ffffn, failure: `${failure}; see ulimit -u` })
  setup.call('close', [table.close(watcher)], { demand: 0n, failure })
  setup.call('close', [table.close(guest.descriptor)], { demand: 0n, failure })
}

/** Waits until a net device is hung up or the guest has ended; in the second case there is nothing to do. */
function watch({ setup, scratch, table }: Setting, nets: ReadonlyMap<PlannedNet, number>, guest: Watched): void {
  const plain = [...nets].map(([device, descriptor]) => ({ device, descriptor, events: POLLRDHUP }))
  const links = hearLinks({ setup, scratch, table }, [...nets.keys()])
  const list = [...plain, ...links]
  const polls = scratch.put(pollList([{ descriptor: guest.descriptor, events: POLLIN }, ...list]))
  const wait = (count: number): void => {
    setup.call('ppoll', [polls, count + 1, 0, 0, 0], { demand: 'any', otherwise: 'blind' })
  }
  wait(list.length)
  if (links.length > 0) {
    setup.call('close', [-1n], { demand: 0n, otherwise: 'woken' }) // which always fails: over what follows
    setup.mark('deaf')
    wait(plain.length)
  }
  setup.mark('woken').compare(polls, { value: 0n, mask: EVENTS, otherwise: 'quiet' })
  setup.call('ppoll', [polls, 1, duration(scratch, 0, GRACE), 0, 0], { demand: 0n, otherwise: 'quiet' })
  list.forEach(({ device }, i) => {
    setup.compare(polls + (i + 1) * POLL_SIZE, { value: 0n, mask: EVENTS, otherwise: `gone:${device.handle}` })
  })
  // Whoever goes on here could not be told what happened. A guest must not run unwatched.
  setup.mark('blind')
  endGuest(setup, scratch, guest, 'its net devices cannot be watched any more, so the guest is ended')
  for (const device of nets.keys()) {
    setup.mark(`gone:${device.handle}`)
    endGuest(setup, scratch, guest, `net device ${quote(device.name)}: its other end is gone, so the guest is ended`)
  }
  setup.mark('helpless')
  tell(setup, scratch, 'the other end of a net device is gone, and the guest cannot be ended from here: end it')
  setup.mark('quiet').call('exit_group', [0], { demand: 'ignore' })
}

/**
 * A socket for each interface, readable when that is deleted: its own descriptor then has an error, but wakes nobody who does not wait for
 * frames as well. Where there are no such sockets, the watcher goes on at 'deaf', without them.
 */
function hearLinks({ setup, scratch, table }: Setting, nets: readonly PlannedNet[]) {
  const named = nets.flatMap((device) => {
    const { carrier } = device
    const name = carrier.kind === 'unix' || carrier.kind === 'user' ? undefined : carrier.interface
    return name === undefined ? [] : [{ device, name }]
  })
  return named.map(({ device, name }) => {
    const descriptor = table.open()
    const otherwise = 'deaf'
    setup.call('socket', [AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE], {
      demand: BigInt(descriptor),
      otherwise,
    })
    const instructions = compileLinkFilter(name)
    const filter = setup.data(encodeInstructions(instructions))
    const program = setup.data(new ByteWriter(16).u16(0, instructions.length).bytes, [{ at: 8, to: filter }]) // struct sock_fprog
    setup.call('setsockopt', [descriptor, SOL_SOCKET, SO_ATTACH_FILTER, program, 16], { demand: 0n, otherwise })
    const address = new ByteWriter(12).u16(0, AF_NETLINK).u32(8, RTMGRP_LINK).bytes // struct sockaddr_nl
    setup.call('bind', [descriptor, scratch.put(address), address.length], { demand: 0n, otherwise })
    return { device, descriptor, events: POLLIN }
  })
}

function endGuest(setup: Program, scratch: Scratch, guest: Watched, text: string): void {
  setup.call('pidfd_send_signal', [guest.descriptor, SIGHUP, 0, 0], { demand: 0n, otherwise: 'helpless' })
  // The first process of a PID namespace, as in a container, is deaf to signals from within; the kernel's own for a limit it hears.
  const second = setup.data(new ByteWriter(16).u64(0, 1n).u64(8, 1n).bytes) // struct rlimit64: soft and hard, one second
  setup.call('prlimit64', [guest.number, RLIMIT_CPU, second, 0], { demand: 'ignore', load: true })
  tell(setup, scratch, text)
}

/** One line, if standard error takes it, and the end of the watcher. */
function tell(setup: Program, scratch: Scratch, text: string): void {
  const line = `slipway: ${text}\n`
  const poll = scratch.put(pollList([{ descriptor: STANDARD_ERROR, events: POLLOUT }]))
  setup.call('ppoll', [poll, 1, duration(scratch, PATIENCE, 0), 0, 0], { demand: 1n, otherwise: 'quiet' })
  const { length } = new TextEncoder().encode(line)
  setup.call('write', [STANDARD_ERROR, setup.text(line), length], { demand: 'ignore' })
  setup.call('exit_group', [0], { demand: 'ignore' })
}

function pollList(list: readonly { readonly descriptor: number; readonly events: number }[]): Uint8Array {
  const out = new ByteWriter(list.length * POLL_SIZE)
  list.forEach(({ descriptor, events }, i) => {
    out.u32(i * POLL_SIZE, descriptor).u16(i * POLL_SIZE + 4, events)
  })
  return out.bytes
}

/** A struct timespec. The kernel writes to it what is left, so each call has its own. */
function duration(scratch: Scratch, seconds: number, nanoseconds: number): number {
  return scratch.put(new ByteWriter(16).u64(0, BigInt(seconds)).u64(8, BigInt(nanoseconds)).bytes)
}
