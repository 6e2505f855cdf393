// The Solo5 "MFT1" note: the devices that a unikernel declares (docs/spec/manifest.md; Solo5's mft_abi.h).
// The bytes come out of a file that somebody handed us: nothing is believed before it is checked.

import { FormatError, type FormatErrorCode, UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { ByteReader } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { encodeSolo5Note } from './_note.ts'
import { type Finding, findingOf, type Severity } from './finding.ts'

/** n_type: "MFT1" in ASCII. */
export const MANIFEST_NOTE_TYPE = 0x3154464d
const VERSION = 1
/** The ready set of a poll is one 64-bit word, a bit per entry; entry 0 is reserved. */
const MAX_ENTRIES = 64
/** What a manifest can declare. */
export const MAX_DEVICES: number = MAX_ENTRIES - 1
const HEADER_SIZE = 8
const ENTRY_SIZE = 104
/** The structure is aligned to 8 from the start of the note, which puts 4 bytes in front of it in the descriptor. */
const PAD_SIZE = 4
export const MIN_MANIFEST_DESCRIPTOR: number = PAD_SIZE + HEADER_SIZE + ENTRY_SIZE
export const MAX_MANIFEST_DESCRIPTOR: number = PAD_SIZE + HEADER_SIZE + MAX_ENTRIES * ENTRY_SIZE

/** Where the fields of an entry lie. */
const ENTRY = { name: 0, type: 68, u: 72, b: 88, attached: 96, padding: 97 } as const
const NAME_SIZE = 68
/** This and all above are no devices. */
export const RESERVED_FIRST: number = 2 ** 30
const TYPES = new Map<number, DeviceType>([
  [1, 'block'],
  [2, 'net'],
])

export type DeviceType = 'net' | 'block'

export interface DeviceDeclaration {
  /** `[A-Za-z0-9]{1,67}`, unique within a manifest. */
  readonly name: string
  readonly type: DeviceType
}

export interface Device extends DeviceDeclaration {
  /** The number by which the guest calls it, 1 to 63: its place in the manifest. */
  readonly handle: number
}

export interface Manifest {
  readonly version: typeof VERSION
  readonly devices: readonly Device[]
}

/** Whether a name can be declared and wired: letters and digits of ASCII, 1 to 67 of them. */
export function isDeviceName(name: string): boolean {
  return /^[A-Za-z0-9]{1,67}$/.test(name)
}

/**
 * Decodes a manifest and refuses whatever a run would refuse. The reader covers the structure: the descriptor of an MFT1 note
 * without its first four bytes. Throws FormatError, and nothing else, whatever the bytes are.
 *
 * @example
 * ```ts
 * const bytes = encodeManifest([{ name: 'service', type: 'net' }])
 * decodeManifest(new ByteReader(bytes)).devices // [{ name: 'service', type: 'net', handle: 1 }]
 * ```
 */
export function decodeManifest(r: ByteReader): Manifest {
  const { manifest, findings } = examineManifest(r)
  const refused = findings.find((finding) => finding.severity === 'refused')
  if (refused !== undefined) throw new FormatError(refused.code, refused.field, refused.offset, refused.message)
  return manifest
}

/**
 * The same for looking at a file: what a run would refuse, though it can be decoded, is listed instead. Entries of an unknown
 * type are in the findings only. Throws FormatError for what Solo5's own readers refuse.
 */
export function examineManifest(r: ByteReader): { manifest: Manifest; findings: readonly Finding[] } {
  const count = requireHeader(r)
  const findings: Finding[] = []
  const devices: Device[] = []
  const names = new Set<string>()
  for (let handle = 0; handle < count; handle++) {
    const field = `entry[${handle}]`
    const entry: ByteReader = r.slice(HEADER_SIZE + handle * ENTRY_SIZE, ENTRY_SIZE, field) // a sub-reader cannot leave its entry
    const find = (severity: Severity, code: FormatErrorCode, part: keyof typeof ENTRY, problem: string): void => {
      const error = new FormatError(code, `${field}.${part}`, entry.origin + ENTRY[part], problem)
      findings.push(findingOf(severity, error))
    }
    const name = readName(entry, field)
    const type = entry.u32(ENTRY.type, `${field}.type`)
    if (handle === 0) requireReserved(entry, name, type)
    const attached = entry.u8(ENTRY.attached, `${field}.attached`)
    entry.check(
      attached === 0,
      'BAD_VALUE',
      ENTRY.attached,
      `${field}.attached`,
      `is ${attached}: nothing is attached yet`,
    )
    if (handle > 0) {
      if (!isDeviceName(name)) {
        find('refused', 'BAD_VALUE', 'name', `is ${quote(name)}, not 1 to 67 letters and digits of ASCII`)
      } else if (names.has(name)) find('refused', 'BAD_VALUE', 'name', `repeats ${quote(name)}`)
      names.add(name)
      const known = TYPES.get(type)
      if (known !== undefined) devices.push({ name, type: known, handle })
      else find('refused', 'UNSUPPORTED', 'type', `is ${type}, known are 1 (block) and 2 (net)`)
    }
    findLeftovers(entry, field, name, find)
  }
  return { manifest: { version: VERSION, devices }, findings }
}

/**
 * The entries of a manifest as they are, but for the first one: names of whatever bytes, numbers of whatever types. For showing what Solo5's
 * own tools accept; throws FormatError for what they refuse.
 */
export function listEntries(r: ByteReader): readonly { readonly name: string; readonly type: number }[] {
  examineManifest(r)
  return Array.from({ length: requireHeader(r) - 1 }, (_, i) => {
    const field = `entry[${i + 1}]`
    const entry = r.slice(HEADER_SIZE + (i + 1) * ENTRY_SIZE, ENTRY_SIZE, field)
    return { name: readName(entry, field), type: entry.u32(ENTRY.type, `${field}.type`) }
  })
}

/** The type that a number stands for. Reserved ones and those that nobody knows are none. */
export function deviceTypeOf(type: number): DeviceType | undefined {
  return TYPES.get(type)
}

/** What a tender writes into the manifest that a running guest sees, when it attaches a device. */
export type Attachment = { readonly descriptor: number } & (
  | { readonly type: 'block'; readonly capacity: number; readonly sectorSize: number }
  | { readonly type: 'net'; readonly mac: Uint8Array; readonly mtu: number }
)

/**
 * The structure that goes into an MFT1 note and, with an attachment for each device, into a guest's memory. Throws UsageError for names
 * that cannot be wired, names that repeat, and more than 63 devices.
 */
export function encodeManifest(
  devices: readonly DeviceDeclaration[],
  attachments: readonly Attachment[] = [],
): Uint8Array<ArrayBuffer> {
  requireDeclarable(devices)
  const count = devices.length + 1
  const writer = new ByteWriter(HEADER_SIZE + count * ENTRY_SIZE).u32(0, VERSION).u32(4, count)
  writer.u32(HEADER_SIZE + ENTRY.type, RESERVED_FIRST)
  devices.forEach((device, index) => {
    const at = HEADER_SIZE + (index + 1) * ENTRY_SIZE
    writer.put(
      at,
      Uint8Array.from(device.name, (char) => char.charCodeAt(0)),
    )
    writer.u32(at + ENTRY.type, device.type === 'block' ? 1 : 2)
    const attachment = attachments[index]
    if (attachment !== undefined) encodeAttachment(writer, at, attachment)
  })
  return writer.bytes
}

/** The unions `u` and `b` of a manifest's entry (mft_abi.h), which are zero in a file. */
function encodeAttachment(writer: ByteWriter, at: number, attachment: Attachment): void {
  if (attachment.type === 'block') {
    writer.u64(at + ENTRY.u, BigInt(attachment.capacity)).u16(at + ENTRY.u + 8, attachment.sectorSize)
  } else writer.put(at + ENTRY.u, attachment.mac).u16(at + ENTRY.u + 6, attachment.mtu)
  writer.u32(at + ENTRY.b, attachment.descriptor).u8(at + ENTRY.attached, 1)
}

/**
 * The structure as it lies in a guest's memory: each device with what is attached to it. Throws FormatError, also for a device without.
 *
 * @example
 * ```ts
 * const bytes = encodeManifest([{ name: 'disk', type: 'block' }], [{ type: 'block', descriptor: 3, capacity: 4096, sectorSize: 512 }])
 * decodeAttachedManifest(new ByteReader(bytes))[0].attachment.descriptor // 3
 * ```
 */
export function decodeAttachedManifest(r: ByteReader): { device: Device; attachment: Attachment }[] {
  const bare = Uint8Array.from(r.bytes(0, r.length, 'manifest')) // of a Buffer, slice() would be no copy
  for (let at = HEADER_SIZE + ENTRY_SIZE; at + ENTRY_SIZE <= bare.length; at += ENTRY_SIZE) {
    bare.fill(0, at + ENTRY.u, at + ENTRY.padding)
  }
  const { devices } = decodeManifest(new ByteReader(bare, r.origin))
  return devices.map((device) => {
    const field = `entry[${device.handle}]`
    const entry: ByteReader = r.slice(HEADER_SIZE + device.handle * ENTRY_SIZE, ENTRY_SIZE, field)
    const attached = entry.u8(ENTRY.attached, `${field}.attached`)
    entry.check(attached === 1, 'BAD_VALUE', ENTRY.attached, `${field}.attached`, `is ${attached}, not 1`)
    return { device, attachment: decodeAttachment(entry, field, device.type) }
  })
}

function decodeAttachment(entry: ByteReader, field: string, type: DeviceType): Attachment {
  const descriptor = entry.u32(ENTRY.b, `${field}.b`)
  if (type === 'net') {
    const mac = entry.bytes(ENTRY.u, 6, `${field}.u`).slice()
    return { type, descriptor, mac, mtu: entry.u16(ENTRY.u + 6, `${field}.u`) }
  }
  const capacity = entry.u64(ENTRY.u, `${field}.u`)
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  entry.check(capacity <= most, 'LIMIT', ENTRY.u, `${field}.u`, `is a capacity of ${capacity} bytes`)
  return { type, descriptor, capacity: Number(capacity), sectorSize: entry.u16(ENTRY.u + 8, `${field}.u`) }
}

/**
 * A whole MFT1 note: 136 bytes, and 104 more for each device. Throws as `encodeManifest` does.
 *
 * @example
 * ```ts
 * encodeManifestNote([{ name: 'storage', type: 'block' }]).length // 240
 * ```
 */
export function encodeManifestNote(devices: readonly DeviceDeclaration[]): Uint8Array<ArrayBuffer> {
  const manifest = encodeManifest(devices)
  return encodeSolo5Note(MANIFEST_NOTE_TYPE, new ByteWriter(PAD_SIZE + manifest.length).put(PAD_SIZE, manifest).bytes)
}

/** The structure within the descriptor of an MFT1 note. Throws FormatError TRUNCATED where there is nothing behind the padding. */
export function manifestIn(descriptor: ByteReader): ByteReader {
  const size = descriptor.length
  descriptor.check(size > PAD_SIZE, 'TRUNCATED', 0, 'manifest', `has ${size} bytes, all of them padding`)
  return descriptor.slice(PAD_SIZE, size - PAD_SIZE, 'manifest')
}

function requireHeader(r: ByteReader): number {
  const version = r.u32(0, 'manifest.version')
  const count = r.u32(4, 'manifest.entries')
  r.check(version === VERSION, 'UNSUPPORTED', 0, 'manifest.version', `is ${version}, only ${VERSION} is known`)
  r.check(count >= 1, 'BAD_VALUE', 4, 'manifest.entries', 'is 0, the first entry is always there')
  r.check(count <= MAX_ENTRIES, 'LIMIT', 4, 'manifest.entries', `is ${count}, at most ${MAX_ENTRIES} are possible`)
  const needed = HEADER_SIZE + count * ENTRY_SIZE
  r.check(
    r.length === needed,
    'BAD_VALUE',
    4,
    'manifest.entries',
    `is ${count}, ${needed} bytes; there are ${r.length}`,
  )
  return count
}

function requireReserved(entry: ByteReader, name: string, type: number): void {
  const found = `is 0x${type.toString(16)}, not the reserved 0x40000000`
  entry.check(type === RESERVED_FIRST, 'BAD_VALUE', ENTRY.type, 'entry[0].type', found)
  entry.check(name === '', 'BAD_VALUE', ENTRY.name, 'entry[0].name', `is ${quote(name)}, not empty`)
}

/** A character for each byte up to the NUL, so that nothing of a hostile name is lost when it is shown. */
function readName(entry: ByteReader, field: string): string {
  const bytes = entry.bytes(ENTRY.name, NAME_SIZE, `${field}.name`)
  const last = bytes[NAME_SIZE - 1]
  entry.check(last === 0, 'BAD_VALUE', ENTRY.name, `${field}.name`, `does not end within ${NAME_SIZE} bytes`)
  return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)))
}

/** What a tender fills in, and what nobody reads, is zero in a file that a toolchain made. */
function findLeftovers(
  entry: ByteReader,
  field: string,
  name: string,
  find: (severity: Severity, code: FormatErrorCode, part: keyof typeof ENTRY, problem: string) => void,
): void {
  const dirty = (from: number, to: number): boolean => entry.bytes(from, to - from, field).some((byte) => byte !== 0)
  if (dirty(ENTRY.u, ENTRY.b)) find('refused', 'BAD_VALUE', 'u', 'presets what only the operator may choose')
  if (dirty(ENTRY.b, ENTRY.attached)) find('refused', 'BAD_VALUE', 'b', 'presets the descriptor of a device')
  if (dirty(name.length, NAME_SIZE)) find('notice', 'BAD_VALUE', 'name', 'is followed by bytes that nobody reads')
  if (dirty(ENTRY.padding, ENTRY_SIZE)) find('notice', 'BAD_VALUE', 'padding', 'is not zero, though nobody reads it')
}

function requireDeclarable(devices: readonly DeviceDeclaration[]): void {
  if (devices.length > MAX_DEVICES)
    throw new UsageError('LIMIT', `a manifest has at most ${MAX_DEVICES} devices, not ${devices.length}`)
  const names = new Set<string>()
  for (const { name } of devices) {
    if (!isDeviceName(name)) {
      const advice = 'use 1 to 67 letters and digits of ASCII'
      throw new UsageError('BAD_ARGUMENT', `${quote(name)} cannot be the name of a device`, advice)
    }
    if (names.has(name)) throw new UsageError('BAD_ARGUMENT', `the device ${quote(name)} is declared twice`)
    names.add(name)
  }
}
