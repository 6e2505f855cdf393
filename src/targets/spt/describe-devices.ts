// The devices of a launcher: what the guest is told about each, and what the records have opened for it. Pure.

import type {
  ReportedBlock,
  ReportedCarrier,
  ReportedDisk,
  ReportedNet,
  ReportedPart,
} from '../../artefact/launcher-report.ts'
import type { Attachment, Device } from '../../artefact/manifest.ts'
import type { ByteReader } from '../../base/reader.ts'
import { PARTS_OFFSET } from '../../launcher/handler.generated.ts'
import { handlerFor, handlerSize } from '../../launcher/handler.ts'
import type { BootInformation } from './describe-boot.ts'
import { OTHER_SLIPWAY } from './describe-memory.ts'
import { type FoundPart, type LauncherProcess, type OpenDescriptor, refuseUnless } from './describe-process.ts'
import { NEVER_OPEN, numberOf } from './parts.ts'

const O_ACCMODE = 3n

/**
 * In the order of the manifest. Throws FormatError where boot information and records disagree, and where a descriptor is open that nobody
 * is told of.
 */
export function describeDevices(process: LauncherProcess, boot: BootInformation): (ReportedBlock | ReportedNet)[] {
  const left = new Map(process.descriptors)
  const take = (number: number, what: string): OpenDescriptor => {
    const found = left.get(number)
    refuse(process, found !== undefined, `has no descriptor ${number} of its own for ${what}`)
    left.delete(number)
    return found
  }
  const isPart = ({ attachment }: BootInformation['devices'][number]): boolean =>
    attachment.type === 'block' && attachment.descriptor >= NEVER_OPEN
  const parts = readParts(process, boot.devices.filter(isPart).length)
  const devices = boot.devices.map((found) => {
    const { device, attachment } = found
    if (attachment.type === 'block' && isPart(found)) return describePart(process, device, attachment, parts.shift())
    const about = `the ${device.type} device ${device.name}`
    const opened = take(attachment.descriptor, about)
    return attachment.type === 'block'
      ? describeBlock(process, device, attachment, opened)
      : describeNet(process, device, attachment, opened)
  })
  refuse(process, take(boot.epoll, 'epoll').how === 'epoll', `has no epoll descriptor ${boot.epoll}`)
  refuse(process, take(boot.timer, 'the timer').how === 'timer', `has no timer ${boot.timer}`)
  if (process.status !== undefined)
    refuse(process, take(process.status, 'its starter').how === 'inherited', 'hides a file')
  const [number] = left.keys()
  refuse(process, number === undefined, `has descriptor ${number} open, of which its guest is told nothing`)
  return devices
}

function describeBlock(
  process: LauncherProcess,
  { name, handle }: Device,
  { descriptor, capacity, sectorSize }: Extract<Attachment, { type: 'block' }>,
  { how, path, form, flags = 0n, lock, capacity: demanded }: OpenDescriptor,
): ReportedDisk {
  const isFile = how === 'file' && path !== undefined && form !== undefined
  refuse(process, isFile, `has no file behind the block device ${name}`)
  refuse(process, demanded === BigInt(capacity), `does not demand ${capacity} bytes of the block device ${name}`)
  const readOnly = (flags & O_ACCMODE) === 0n
  return { type: 'block', name, handle, descriptor, path, form, capacity, sectorSize, readOnly, lock: lock ?? 'none' }
}

/** What the handler reads from, in the order of its numbers: the parts that are mapped, each once, and nothing else. */
function readParts(process: LauncherProcess, count: number): FoundPart[] {
  const { handler, handlerStack, parts } = process
  refuse(process, parts.size === count, `maps ${parts.size} parts for ${count} devices`)
  refuse(process, (handler !== undefined) === count > 0, 'has a handler where there is nothing to read, or none')
  refuse(process, handlerStack === count > 0, 'has a stack for a handler where there is none, or none for one')
  if (handler === undefined) return []
  const code: ByteReader = process.lasting(handler, handlerSize(count))
  const addresses = [...parts.keys()].sort((a, b) => a - b)
  const expected = handlerFor(addresses)
  const differs = code.bytes(0, expected.length, 'handler').findIndex((byte, i) => byte !== expected[i])
  const known = differs < 0 || differs >= PARTS_OFFSET
  code.check(
    known,
    'UNSUPPORTED',
    0,
    'handler',
    'is not the one of this Slipway: what it does cannot be told',
    OTHER_SLIPWAY,
  )
  refuse(process, differs < 0, 'has its guest read something else than the parts')
  return addresses.map((address) => parts.get(address) as FoundPart)
}

function describePart(
  process: LauncherProcess,
  device: Device,
  { descriptor, capacity, sectorSize }: Extract<Attachment, { type: 'block' }>,
  part: FoundPart | undefined,
): ReportedPart {
  const { name, handle } = device
  refuse(process, descriptor === numberOf(device), `tells its guest of another number for the block device ${name}`)
  refuse(process, part?.size === capacity, `does not map ${capacity} bytes for the block device ${name}`)
  const { in: file, offset } = part
  return {
    type: 'block',
    name,
    handle,
    descriptor,
    form: 'baked',
    in: file,
    offset,
    capacity,
    sectorSize,
    readOnly: true,
  }
}

function describeNet(
  process: LauncherProcess,
  { name, handle }: Device,
  { descriptor, mac, mtu }: Extract<Attachment, { type: 'net' }>,
  opened: OpenDescriptor,
): ReportedNet {
  const carrier = carrierOf(opened)
  refuse(process, carrier !== undefined, `has no network behind the net device ${name}`)
  const pairs = [...mac].map((byte) => byte.toString(16).padStart(2, '0'))
  return { type: 'net', name, handle, descriptor, carrier, mac: pairs.join(':'), mtu }
}

function carrierOf({ how, path, interface: name }: OpenDescriptor): ReportedCarrier | undefined {
  if (how === 'inherited') return { kind: 'descriptor', interface: name ?? null }
  if (how === 'socket') return path === undefined ? undefined : { kind: 'unix', path }
  return how === 'file' && path === '/dev/net/tun' && name !== undefined ? { kind: 'tap', interface: name } : undefined
}

function refuse(process: LauncherProcess, holds: boolean, problem: string): asserts holds {
  refuseUnless(process.enter as NonNullable<LauncherProcess['enter']>, holds, problem)
}
