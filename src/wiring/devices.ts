// Wired devices against the facts of what they are wired to: sizes, sectors, MTUs, and that no resource serves two. Pure.

import { type Baked, type BakedPart, imageFor } from '../artefact/baked-format.ts'
import type { Device } from '../artefact/manifest.ts'
import { WiringError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { type BlockFacts, type FileIdentity, factsOf, type ResourceFacts, type TapFacts } from './facts.ts'
import { deriveMac, type Mac } from './mac.ts'
import type { WireOrigin } from './origin.ts'
import { type PlannedUser, planUsers } from './planned-user.ts'
import { type BakedWire, DEFAULT_MTU, type DiskWire, type NetWire, type Wire, type WiredDevice } from './wire.ts'

export type PlannedBlock = PlannedDisk | PlannedPart

/** An image of the operator's. */
export type PlannedDisk = Device & {
  readonly type: 'block'
  readonly path: string
  readonly form: 'file' | 'device'
  /** Bytes; a multiple of the sector size, and at least one sector. */
  readonly capacity: number
  readonly sectorSize: number
  readonly readOnly: boolean
  readonly share: boolean
  /** Which file it was when it was planned: its file system and its number there. */
  readonly identity: { readonly device: bigint; readonly inode: bigint }
  /** The numbers of a disk, which may have several names. */
  readonly disk: bigint | undefined
  /** It does not exist yet, and is made of this before the guest starts. */
  readonly madeOf: BakedPart | undefined
  readonly origin: WireOrigin
}

/** A part of the artefact's own file: no resource of the host. */
export type PlannedPart = Device & {
  readonly type: 'block'
  readonly form: 'baked'
  /** Where the part begins in the artefact's file; a multiple of 4096. */
  readonly offset: number
  /** Bytes; a multiple of 4096 and of the sector size. */
  readonly capacity: number
  readonly sectorSize: number
  readonly readOnly: true
  readonly origin: WireOrigin
}

export type PlannedNet = Device & {
  readonly type: 'net'
  readonly carrier: PlannedCarrier
  /** The same for the same interface or socket, whatever its name. */
  readonly resource: string
  readonly mac: Mac
  readonly mtu: number
  readonly origin: WireOrigin
}

export type PlannedCarrier =
  | { readonly kind: 'tap'; readonly interface: string }
  | { readonly kind: 'unix'; readonly path: string }
  /** An inherited descriptor: a socket, or a TAP interface that somebody has opened. */
  | { readonly kind: 'descriptor'; readonly descriptor: number; readonly interface: string | undefined }
  | PlannedUser

export type PlannedDevice = PlannedBlock | PlannedNet

/**
 * The devices as the guest will have them. `instance` is what MAC addresses are derived from. Throws WiringError UNSUITED for a resource
 * that cannot serve, CONFLICT for one that would serve two devices.
 */
export function planDevices(
  wired: readonly WiredDevice[],
  resources: ReadonlyMap<string, ResourceFacts>,
  instance: string,
  baked?: Baked,
): readonly PlannedDevice[] {
  const users = planUsers(wired, resources, instance)
  const planned = wired.map(({ device, wire }): PlannedDevice => {
    const image = baked === undefined ? undefined : imageFor(baked, device.name)
    if (wire.type === 'block' && wire.medium === 'baked') return planPart(device, wire, image)
    const facts = factsOf(device.name, resources)
    if (wire.type === 'block') return planDisk(device, wire, facts as BlockFacts, image)
    return planNet(device, wire, facts, users.get(device.name), instance)
  })
  requireSeparate(wired, planned)
  return planned
}

/** A guest that could write into its own artefact would change, or end, every instance of it. Throws WiringError CONFLICT. */
export function requireOtherThan(artefact: FileIdentity | undefined, devices: readonly PlannedDevice[]): void {
  for (const device of devices) {
    if (device.type !== 'block' || device.form === 'baked' || device.readOnly || artefact === undefined) continue
    const { identity } = device
    if (identity.device !== artefact.device || identity.inode !== artefact.inode) continue
    const problem = `block device ${quote(device.name)}: ${quote(device.path)} is the artefact itself`
    throw new WiringError('CONFLICT', problem, 'wire a file of its own, or add ,ro to read it')
  }
}

function planDisk(device: Device, wire: DiskWire, facts: BlockFacts, image: BakedPart | undefined): PlannedDisk {
  const { path, sectorSize, readOnly, share, origin } = wire
  const { form, device: fileSystem, inode, disk } = facts
  const madeOf = facts.missing === true ? requireImage(device, image) : undefined
  const size = madeOf?.length ?? facts.size
  requireSectors(device, quote(path), size, sectorSize)
  const identity = { device: fileSystem, inode }
  const planned = { path, form, capacity: size, sectorSize, readOnly, share, identity, disk, madeOf, origin }
  return { ...device, type: 'block', ...planned }
}

function planPart(device: Device, wire: BakedWire, image: BakedPart | undefined): PlannedPart {
  const { sectorSize, origin } = wire
  const { offset, length: capacity } = requireImage(device, image)
  requireSectors(device, 'what is baked in', capacity, sectorSize)
  return { ...device, type: 'block', form: 'baked', offset, capacity, sectorSize, readOnly: true, origin }
}

function requireImage({ name }: Device, image: BakedPart | undefined): BakedPart {
  if (image !== undefined) return image
  const problem = `block device ${quote(name)}: nothing is baked in for it`
  throw new WiringError('UNSUITED', problem, `wire a file, --block ${name}=PATH, or bake one: slipway bake`)
}

function requireSectors({ name }: Device, what: string, size: number, sectorSize: number): void {
  const refuse = (problem: string, advice: string): never => {
    throw new WiringError('UNSUITED', `block device ${quote(name)}: ${what} ${problem}`, advice)
  }
  if (size < sectorSize) {
    refuse(
      `has ${size} bytes, less than one sector of ${sectorSize}`,
      'make a larger one: slipway block create PATH SIZE',
    )
  }
  if (size % sectorSize !== 0) {
    const fits = size % 512 === 0 ? ', or choose a smaller sector' : ''
    refuse(`has ${size} bytes, no whole number of sectors of ${sectorSize}`, `give it a size that is one${fits}`)
  }
}

function planNet(
  device: Device,
  wire: NetWire,
  facts: ResourceFacts,
  user: PlannedUser | undefined,
  instance: string,
): PlannedNet {
  const interfaceFacts = facts.kind === 'tap' ? facts : undefined
  if (interfaceFacts !== undefined) requireMtu(device, wire, interfaceFacts)
  const mtu = wire.mtu ?? interfaceFacts?.mtu ?? DEFAULT_MTU
  return {
    ...device,
    type: 'net',
    carrier: user ?? planCarrier(wire, interfaceFacts?.interface),
    resource: describeEnd(device, facts),
    mac: wire.mac ?? deriveMac(instance, device.name),
    mtu: facts.kind === 'user' ? Math.min(mtu, facts.maxMtu) : mtu,
    origin: wire.origin,
  }
}

function planCarrier({ carrier }: NetWire, interfaceName: string | undefined): PlannedCarrier {
  if (carrier.kind === 'user') throw new TypeError('a network without a subnet')
  return carrier.kind === 'descriptor' ? { ...carrier, interface: interfaceName } : carrier
}

function describeEnd({ name }: Device, facts: ResourceFacts): string {
  if (facts.kind === 'tap') return `interface ${facts.interface}`
  if (facts.kind === 'seqpacket') return `socket ${facts.socket}`
  return `port ${name}` // made for this device alone
}

/** An interface has its own MTU: a guest that believed another one would lose what is longer. */
function requireMtu(device: Device, wire: NetWire, facts: TapFacts): void {
  if (wire.mtu === undefined || wire.mtu === facts.mtu) return
  const problem = `net device ${quote(device.name)}: the MTU of ${quote(facts.interface)} is ${facts.mtu}, not ${wire.mtu}`
  throw new WiringError(
    'UNSUITED',
    problem,
    `leave mtu= out, or set it: ip link set ${facts.interface} mtu ${wire.mtu}`,
  )
}

function requireSeparate(wired: readonly WiredDevice[], planned: readonly PlannedDevice[]): void {
  const users = new Map<string, WiredDevice>()
  planned.forEach((device, i) => {
    const current = wired[i] as WiredDevice
    const resource = resourceOf(device)
    const other = users.get(resource)
    users.set(resource, current)
    if (other === undefined) return
    // Of an interface or a descriptor there is only one end.
    const canShare = device.type === 'block' || device.carrier.kind === 'unix'
    if (canShare && isShared(other.wire) && isShared(current.wire)) return
    throw new WiringError(
      'CONFLICT',
      `the devices ${quote(other.device.name)} and ${quote(current.device.name)} are wired to the same ${describeResource(device)}`,
      canShare ? 'if that is what you want, add ,share to both' : 'wire each to one of its own',
    )
  })
}

/** What is baked in is for reading only. */
function isShared(wire: Wire): boolean {
  return wire.type === 'block' && wire.medium === 'baked' ? true : wire.share
}

/** What makes two devices' resources the same. Files are compared by identity, disks by number: both have many names. */
function resourceOf(device: PlannedDevice): string {
  if (device.type === 'net') return device.resource
  if (device.form === 'baked') return `part ${device.offset}`
  const { disk, identity, madeOf, path } = device
  // Two spellings of one name are found out before a copy is made.
  if (madeOf !== undefined) return `name ${identity.device} ${identity.inode} ${path.slice(path.lastIndexOf('/') + 1)}`
  return disk === undefined ? `file ${identity.device} ${identity.inode}` : `disk ${disk}`
}

function describeResource(device: PlannedDevice): string {
  if (device.type === 'block') {
    return device.form === 'baked' ? 'part of the artefact' : `file, ${quote(device.path)}`
  }
  switch (device.carrier.kind) {
    case 'tap':
      return `interface, ${quote(device.carrier.interface)}`
    case 'unix':
      return `socket, ${quote(device.carrier.path)}`
    case 'descriptor':
      return `descriptor, ${device.carrier.descriptor}`
    case 'user':
      return 'network'
  }
}
