// Block devices that are parts of the artefact's own file. A part in the middle of a file cannot be handed over as a descriptor, because
// guests read at offsets from 0; so it is mapped, read-only, and the handler reads from there (docs/decisions/2026-11-26-baked-parts.md). Pure.

import { quote } from '../../base/quote.ts'
import { ByteWriter } from '../../base/writer.ts'
import {
  HANDLER_STACK,
  HANDLER_STACK_SIZE,
  LAUNCHER_BASE,
  PAGE,
  PARTS,
  PARTS_SPACE,
} from '../../launcher/address-space.ts'
import { HANDLER_FLAGS, handlerFor } from '../../launcher/handler.ts'
import type { Staged } from '../../launcher/launcher.ts'
import type { Program } from '../../launcher/program.ts'
import {
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  SIGNAL_SET_BYTES,
  SIGSYS,
} from '../../launcher/system-calls.ts'
import type { PlannedDevice, PlannedPart } from '../../wiring/devices.ts'

/** A part with its place in the process. Its index in a list of them is the number by which filter and handler know it. */
export type PlacedPart = { readonly device: PlannedPart; readonly address: number }

/**
 * What stands for a descriptor of such a device: no process can have one of these 64 numbers open (sysctl_nr_open_max, fs/file.c), so
 * a read that got past the filter by whatever mistake would fail.
 */
export const NEVER_OPEN = 0x7fff_ffc0

/** The number that the guest is told in place of a descriptor. */
export function numberOf({ handle }: Pick<PlannedPart, 'handle'>): number {
  return NEVER_OPEN + handle // 1 to 63
}

/** In the order of the devices. Throws RangeError for more than fit, which no file can hold. */
export function placeParts(devices: readonly PlannedDevice[]): readonly PlacedPart[] {
  let next = PARTS
  const parts = devices.flatMap((device): PlacedPart[] => {
    if (device.type !== 'block' || device.form !== 'baked') return []
    const address = next
    next = address + device.capacity + PAGE // which is never mapped: whoever reads over an end faults
    return [{ device, address }]
  })
  if (next > PARTS + PARTS_SPACE)
    throw new RangeError(`${next - PARTS} bytes of parts below 0x${LAUNCHER_BASE.toString(16)}`)
  return parts
}

/** Has the launcher's own file hold the parts, and the kernel's loader map them where they stay. */
export function embedParts(parts: readonly PlacedPart[]): readonly Staged[] {
  return parts.map(({ device: { offset, capacity }, address }) => {
    const content = { size: capacity, lead: 0, from: offset, length: capacity }
    return { address, read: true, write: false, execute: false, content }
  })
}

/** Maps the parts out of the descriptor `file`. */
export function mapParts(setup: Program, parts: readonly PlacedPart[], file: number): void {
  for (const { device, address } of parts) {
    setup.call('mmap', [address, device.capacity, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, device.offset], {
      demand: BigInt(address),
      failure: `block device ${quote(device.name)}: mapping its part of the artefact failed; look at ulimit -v`,
    })
  }
}

/** The stack of the handler: its pages cost nothing until a sector is read. */
export function stackForHandler(setup: Program): void {
  const failure = 'making a stack for the handler of baked parts failed'
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE
  setup.call('mmap', [HANDLER_STACK, HANDLER_STACK_SIZE, PROT_READ | PROT_WRITE, flags, -1n, 0], {
    demand: BigInt(HANDLER_STACK),
    failure,
  })
  const stack = new ByteWriter(24).u64(0, BigInt(HANDLER_STACK)).u64(16, BigInt(HANDLER_STACK_SIZE)) // struct sigaltstack
  setup.call('sigaltstack', [setup.data(stack.bytes), 0], { demand: 0n, failure })
}

/** From here on the filter can hand a read over: the code goes into the pages that stay. */
export function installHandler(last: Program, parts: readonly PlacedPart[]): void {
  const handler = last.data(handlerFor(parts.map(({ address }) => address)))
  const action = new ByteWriter(32).u64(8, BigInt(HANDLER_FLAGS)) // struct sigaction: handler, flags, restorer, mask
  last.call('rt_sigaction', [SIGSYS, last.data(action.bytes, [{ at: 0, to: handler }]), 0, SIGNAL_SET_BYTES], {
    demand: 0n,
    failure: 'installing the handler of baked parts failed',
  })
}
