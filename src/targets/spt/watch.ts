// The watcher: a process of a few pages beside a guest that has net devices. A guest whose peer has gone reads nothing for ever, as fast
// as it can, and nothing in its sandbox could tell it why. The watcher waits for that, says which device it was, and ends the guest by
// SIGHUP: its line was hung up. It ends with the guest, whichever way that ends. Pure.

import { quote } from '../../base/quote.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Program } from '../../launcher/program.ts'
import type { Scratch } from '../../launcher/scratch.ts'
import { CLONE_PIDFD, POLLIN, POLLRDHUP, PR_SET_NAME, SIGHUP } from '../../launcher/system-calls.ts'
import type { PlannedNet } from '../../wiring/devices.ts'
import type { DescriptorTable } from './descriptors.ts'
import { dropPrivileges } from './steps.ts'

const POLL_SIZE = 8 // struct pollfd: descriptor, wanted events, events
const EVENTS = 0xffff_0000_0000_0000n // the last of the three
/** A guest that is about to end by itself when its peer closes may do so, and may read what is left, for this long (ns). */
const GRACE = 250_000_000

/**
 * Starts the watcher from the process that will be the guest. `status` is the descriptor that tells the starter about failures: whatever
 * happens in the watcher is none.
 */
export function startWatcher(
  { setup, scratch, table }: { setup: Program; scratch: Scratch; table: DescriptorTable },
  nets: ReadonlyMap<PlannedNet, number>,
  closed: readonly number[],
): void {
  const failure = 'starting the process that watches the net devices failed'
  const own = table.open()
  const itself = scratch.put(new Uint8Array(8))
  setup.call('getpid', [], { demand: 'any', store: BigInt(itself), failure })
  setup.call('pidfd_open', [itself, 0], { demand: BigInt(own), load: true, failure })
  const watcher = table.open()
  const number = scratch.put(new Uint8Array(8))
  // No signal when the watcher ends: the guest has no use for one.
  setup.call('clone', [CLONE_PIDFD, 0, number, 0, 0], { demand: 0n, otherwise: 'guest' })
  watch(setup, scratch, nets, own, closed)
  setup.mark('guest')
  // Open only where there is a watcher, so this is the check of clone as well.
  setup.call('close', [table.close(watcher)], { demand: 0n, failure })
  setup.call('close', [table.close(own)], { demand: 0n, failure })
}

function watch(
  setup: Program,
  scratch: Scratch,
  nets: ReadonlyMap<PlannedNet, number>,
  guest: number,
  closed: readonly number[],
): void {
  const polled = new ByteWriter((nets.size + 1) * POLL_SIZE).u32(0, guest).u16(4, POLLIN)
  ;[...nets.values()].forEach((descriptor, i) => {
    polled.u32((i + 1) * POLL_SIZE, descriptor).u16((i + 1) * POLL_SIZE + 4, POLLRDHUP)
  })
  const polls = scratch.put(polled.bytes)
  for (const descriptor of closed) setup.call('close', [descriptor], { demand: 'ignore' })
  setup.call('prctl', [PR_SET_NAME, setup.text('slipway-watcher'), 0, 0, 0], { demand: 'ignore' })
  dropPrivileges(setup)
  setup.call('ppoll', [polls, nets.size + 1, 0, 0, 0], { demand: 'any', otherwise: 'quiet' })
  // The guest may have ended at the same time, or be about to: then there is nothing to say.
  setup.compare(polls, { value: 0n, mask: EVENTS, otherwise: 'quiet' })
  const grace = scratch.put(new ByteWriter(16).u64(8, BigInt(GRACE)).bytes) // struct timespec
  setup.call('ppoll', [polls, 1, grace, 0, 0], { demand: 0n, otherwise: 'quiet' })
  ;[...nets.keys()].forEach((device, i) => {
    setup.compare(polls + (i + 1) * POLL_SIZE, { value: 0n, mask: EVENTS, otherwise: `gone:${device.handle}` })
  })
  setup.mark('quiet').call('exit_group', [0], { demand: 'ignore' })
  for (const device of nets.keys()) {
    const text = `slipway: net device ${quote(device.name)}: its other end is gone, so the guest is ended\n`
    const { length } = new TextEncoder().encode(text)
    setup.mark(`gone:${device.handle}`).call('write', [2, setup.text(text), length], { demand: 'ignore' })
    setup.call('pidfd_send_signal', [guest, SIGHUP, 0, 0], { demand: 'ignore' })
    setup.call('exit_group', [0], { demand: 'ignore' })
  }
}
