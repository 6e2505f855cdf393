// Plan -> launcher, for sandboxed-process guests. What the launcher does, and in which order, stands here. Pure.

import { STAGED_IMAGE, STAGING } from '../../launcher/address-space.ts'
import { composeLauncher, type LauncherFile, setupPages, type Staged, whole } from '../../launcher/launcher.ts'
import { NO_STATUS } from '../../launcher/executor.ts'
import type { Policy } from '../../launcher/policy.ts'
import { Program } from '../../launcher/program.ts'
import { Scratch } from '../../launcher/scratch.ts'
import { MREMAP_FIXED, MREMAP_MAYMOVE, SIGXFSZ } from '../../launcher/system-calls.ts'
import type { PlannedBlock, PlannedNet } from '../../wiring/devices.ts'
import type { Plan } from '../../wiring/plan.ts'
import { BOOT_INFO, encodeBootInfo, type GuestDescriptors } from './boot-info.ts'
import { DescriptorTable } from './descriptors.ts'
import { embedImage, mapImage, memoryAccess } from './image.ts'
import { openBlock } from './open-block.ts'
import { openNets } from './open-net.ts'
import { embedParts, mapParts, numberOf, type PlacedPart, placeParts, stackForHandler } from './parts.ts'
import { sptPolicy } from './policy.ts'
import * as step from './steps.ts'
import { startWatcher } from './watch.ts'

/** Where the launcher finds the guest's segments. */
export type ImageSource =
  /** In itself: the launcher is complete and can be kept. */
  | { readonly kind: 'embedded' }
  /** In the artefact's file, which it opens by the plan's path and compares with the plan's identity. */
  | { readonly kind: 'path' }
  /** In a descriptor that it inherits, compared likewise. */
  | { readonly kind: 'descriptor'; readonly descriptor: number }

export type LaunchOptions = {
  readonly image: ImageSource
  /** A descriptor that gets 'E' before the guest is entered, and 'F' when a record fails. */
  readonly status?: number | undefined
  /** A process whose end must end the guest. */
  readonly parent?: number | undefined
  /** The numbers that descriptors of the wiring have in the launcher, where they are not the same. */
  readonly inherited?: ReadonlyMap<number, number> | undefined
  /** The descriptors for net devices that are on networks of Slipway's own, by the names of those. */
  readonly ports?: ReadonlyMap<string, number> | undefined
}

export type SptLauncher = LauncherFile & { readonly policy: Policy; readonly descriptors: GuestDescriptors }

/** A launcher in the making. */
type Draft = { readonly setup: Program; readonly scratch: Scratch; readonly table: DescriptorTable }

/** Throws TypeError where the options ask for a file and the plan has none, or lack the port of a device. */
export function composeSpt(plan: Plan, options: LaunchOptions): SptLauncher {
  const { image, status, parent } = options
  const inherited = inheritedNets(plan, options)
  const own = [status, image.kind === 'descriptor' ? image.descriptor : undefined].filter((n) => n !== undefined)
  const given = [...own, ...inherited.values()]
  const draft: Draft = { setup: new Program(), scratch: new Scratch(), table: new DescriptorTable(given) }
  const { setup, table } = draft

  step.tidySignals(setup, deafTo(plan))
  step.tidyDescriptors(setup, given)
  step.tidyProcess(setup, plan.name, parent)
  const { blocks, opened, nets } = openDevices(draft, plan, image.kind !== 'embedded', inherited)
  // Early, while the process is small: the watcher keeps a copy of what is there.
  if (nets.size > 0) startWatcher(draft, nets, [0, 1, ...own, ...opened])
  step.mapMemory(setup, plan.memorySize, memoryAccess(plan))
  const parts = placeParts(plan.devices)
  const { staged, kept } = loadImage(draft, plan, image, parts)
  if (parts.length > 0) stackForHandler(setup)
  step.dropPrivileges(setup)
  const waiting = { epoll: table.open(), timer: table.open() }
  step.openWaiting(
    setup,
    waiting,
    [...nets].map(([device, descriptor]) => [device.handle, descriptor]),
  )
  const devices = plan.devices.map((d) => (d.type === 'net' ? nets.get(d) : blocks.get(d)) as number)
  const descriptors = { ...waiting, devices }
  const pages = stagePages(draft, encodeBootInfo(plan, descriptors))
  if (nets.size === 0) step.hearBrokenPipes(setup)
  step.forgetHost(setup, status, draft.scratch.bytes.length)
  const policy = sptPolicy(plan.devices, descriptors)
  const last = step.confineAndEnter(plan, setupPages(setup), policy, parts)
  const file = composeLauncher({ setup, last, staged: [pages, ...staged], parts: kept, status: status ?? NO_STATUS })
  return { ...file, policy, descriptors }
}

/** Where a file may not grow as far as its guest writes, the guest gets an error, not a signal. */
function deafTo({ devices }: Plan): readonly number[] {
  return devices.some((device) => device.type === 'block' && !device.readOnly) ? [SIGXFSZ] : []
}

/** The descriptors that the launcher is given for net devices. */
function inheritedNets({ devices }: Plan, { inherited, ports }: LaunchOptions): ReadonlyMap<PlannedNet, number> {
  const nets = new Map<PlannedNet, number>()
  for (const device of devices) {
    if (device.type !== 'net') continue
    const { carrier } = device
    if (carrier.kind === 'descriptor') nets.set(device, inherited?.get(carrier.descriptor) ?? carrier.descriptor)
    if (carrier.kind !== 'user') continue
    const port = ports?.get(device.name)
    if (port === undefined) throw new TypeError(`no descriptor for the net device ${device.name}`)
    nets.set(device, port)
  }
  return nets
}

function openDevices(draft: Draft, plan: Plan, pinned: boolean, inherited: ReadonlyMap<PlannedNet, number>) {
  const blocks = new Map<PlannedBlock, number>()
  const opened: number[] = []
  const nets: PlannedNet[] = []
  for (const device of plan.devices) {
    if (device.type === 'net') {
      nets.push(device)
      continue
    }
    if (device.form === 'baked') {
      blocks.set(device, numberOf(device))
      continue
    }
    const descriptor = draft.table.open()
    openBlock(draft.setup, draft.scratch, device, descriptor, pinned)
    blocks.set(device, descriptor)
    opened.push(descriptor)
  }
  return { blocks, opened, nets: openNets(draft, nets, inherited) }
}

/** What of the artefact is in the launcher: pages that setup moves, and those that lie where they stay. */
type Embedded = { readonly staged: readonly Staged[]; readonly kept: readonly Staged[] }

function loadImage(
  { setup, scratch, table }: Draft,
  plan: Plan,
  image: ImageSource,
  parts: readonly PlacedPart[],
): Embedded {
  if (image.kind === 'embedded') return { staged: embedImage(setup, plan), kept: embedParts(parts) }
  const { path, identity } = plan.artefact
  if (identity === undefined) throw new TypeError('the plan names no file to map the guest from')
  const file = image.kind === 'descriptor' ? image.descriptor : table.open()
  if (image.kind === 'path') {
    if (path === undefined) throw new TypeError('the plan names no path to open the guest from')
    step.openArtefact(setup, path, file)
  }
  step.checkIdentity(setup, scratch, file, identity)
  mapImage(setup, plan, file)
  mapParts(setup, parts, file)
  setup.call('close', [table.close(file)], { demand: 0n, failure: 'closing the artefact failed' })
  return { staged: [], kept: [] }
}

/** The scratch memory and, behind it, the boot information, which moves to the guest. Nothing is put into scratch after this. */
function stagePages({ setup, scratch }: Draft, boot: Uint8Array): Staged {
  const front = scratch.bytes
  const bytes = new Uint8Array(front.length + boot.length)
  bytes.set(front)
  bytes.set(boot, front.length)
  if (STAGING + bytes.length > STAGED_IMAGE) throw new RangeError(`${bytes.length} bytes to stage`)
  const { length } = boot
  setup.call('mremap', [STAGING + front.length, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, BOOT_INFO], {
    demand: BigInt(BOOT_INFO),
    failure: 'moving the boot information to its place failed',
  })
  return { address: STAGING, read: true, write: true, execute: false, content: whole(bytes) }
}
