// The descriptor of the note about baked parts, field by field and as a whole (docs/spec/baked.md). The bytes come out of a file that
// somebody handed us. Pure.

import { quote } from '../base/quote.ts'
import type { ByteReader } from '../base/reader.ts'
import { ELF_HEADER_SIZE, PROGRAM_HEADER_SIZE } from '../elf/format.ts'
import type { Extent } from '../elf/move-note.ts'
import type { FormatName } from '../files/detect.ts'
import {
  BAKED_HEADER as H,
  BAKED_NAME_SIZE,
  BAKED_RECORD as R,
  BAKED_VERSION,
  type Baked,
  type BakedContents,
  type BakedPart,
  descriptorSize,
  DIGEST_SIZE,
  FORMAT_NUMBERS,
  MAX_BAKED_DOCUMENT,
  PART_ALIGNMENT,
  PART_KINDS,
  type PartKind,
  TRAILER,
} from './baked-format.ts'
import { isDeviceName } from './manifest.ts'

/** What is known of the file before the descriptor is read. */
export interface BakedFile {
  /** Where the note lies. */
  readonly note: Extent
  /** Bytes of the file. */
  readonly size: number
  /** The file ends with a trailer, and its program headers, if it has any, are where they were. */
  readonly trailer: boolean
}

const NEWER = 'use a newer Slipway'

/** Throws FormatError, and nothing else, whatever the bytes are. */
export function decodeBaked(r: ByteReader, file: BakedFile): Baked {
  const version = r.u32(H.version, 'baked.version')
  const known = `is ${version}, only ${BAKED_VERSION} is known`
  r.check(version === BAKED_VERSION, 'UNSUPPORTED', H.version, 'baked.version', known, NEWER)
  const count = r.u32(H.count, 'baked.count')
  const room = `is ${count}, and the note has ${r.length} bytes`
  r.check(count >= 1 && descriptorSize(count) === r.length, 'BAD_VALUE', H.count, 'baked.count', room)
  const originalSize = decodeOriginal(r, file)
  const originalTable = file.trailer ? decodeNoTable(r) : decodeTable(r, originalSize)
  const size = decodeEnd(r, file)
  const program = decodeName(r, H.name, 'baked.program')
  const named = program === '' || isProgramName(program)
  r.check(named, 'BAD_VALUE', H.name, 'baked.program', `is ${quote(program)}, which names no program`)
  requireZero(r, H.reserved2, H.size, 'baked.reserved2')
  const parts = Array.from({ length: count }, (_, i) => {
    const field = `baked.part[${i}]`
    return decodePart(r.slice(descriptorSize(i), R.size, field), field)
  })
  const baked: Baked = { program, originalSize, originalTable, size, parts, note: file.note }
  requireRoom(r, baked, size - (file.trailer ? TRAILER.size : 0))
  requireDistinct(r, baked)
  return baked
}

function decodeOriginal(r: ByteReader, { note, trailer }: BakedFile): number {
  const size = readCount(r, H.original, 'baked.original')
  const behind = `is ${size}, and the note is at ${note.offset}`
  r.check(size <= note.offset, 'BAD_VALUE', H.original, 'baked.original', behind)
  const small = `is ${size}, too small for an ELF header`
  r.check(trailer || size >= ELF_HEADER_SIZE, 'BAD_VALUE', H.original, 'baked.original', small)
  return size
}

function decodeTable(r: ByteReader, originalSize: number): BakedContents['originalTable'] {
  const offset = readCount(r, H.phoff, 'baked.phoff')
  const count = r.u32(H.phnum, 'baked.phnum')
  r.check(count >= 1, 'BAD_VALUE', H.phnum, 'baked.phnum', 'is 0, and the file has program headers')
  requireZero(r, H.reserved, H.end, 'baked.reserved')
  const inside = offset <= originalSize && count * PROGRAM_HEADER_SIZE <= originalSize - offset
  const outside = `is ${offset}, and ${count} program headers from there do not lie in ${originalSize} bytes`
  r.check(inside, 'BAD_VALUE', H.phoff, 'baked.phoff', outside)
  // It is put back there.
  const behind = `is ${offset}, and the ELF header ends at ${ELF_HEADER_SIZE}`
  r.check(offset >= ELF_HEADER_SIZE, 'BAD_VALUE', H.phoff, 'baked.phoff', behind)
  return { offset, count }
}

/** In a file whose program headers have not moved there is nothing to put back. */
function decodeNoTable(r: ByteReader): undefined {
  const problem = 'is not 0, and the file has a trailer'
  r.check(r.u64(H.phoff, 'baked.phoff') === 0n, 'BAD_VALUE', H.phoff, 'baked.phoff', problem)
  r.check(r.u32(H.phnum, 'baked.phnum') === 0, 'BAD_VALUE', H.phnum, 'baked.phnum', problem)
  requireZero(r, H.reserved, H.end, 'baked.reserved')
}

function decodeEnd(r: ByteReader, { size, trailer }: BakedFile): number {
  const end = readCount(r, H.end, 'baked.end')
  r.check(end <= size, 'TRUNCATED', H.end, 'baked.end', `is ${end}, the file has ${size} bytes`)
  const short = `is ${end}, and the file has a trailer behind its ${size} bytes`
  r.check(!trailer || end === size, 'BAD_VALUE', H.end, 'baked.end', short)
  return end
}

interface KindRules {
  /** What its name is one of. */
  readonly named: string
  readonly isName: (name: string) => boolean
  /** Bytes: its length is a multiple of one and at most the other. */
  readonly unit: number
  readonly most: number
}

const UNLIMITED = Number.MAX_SAFE_INTEGER
const RULES: Readonly<Record<PartKind, KindRules>> = {
  files: { named: 'device', isName: isDeviceName, unit: PART_ALIGNMENT, most: UNLIMITED },
  config: { named: 'document: it has no name', isName: (name) => name === '', unit: 1, most: MAX_BAKED_DOCUMENT },
  program: { named: 'program', isName: isProgramName, unit: 1, most: UNLIMITED },
  rumpconfig: { named: 'device', isName: isDeviceName, unit: 1, most: MAX_BAKED_DOCUMENT },
}

function decodePart(r: ByteReader, field: string): BakedPart {
  const number = r.u32(R.kind, `${field}.kind`)
  const kind = PART_KINDS[number - 1]
  const kinds = `is ${number}, known are 1 to ${PART_KINDS.length}`
  r.check(kind !== undefined, 'UNSUPPORTED', R.kind, `${field}.kind`, kinds, NEWER)
  const rules = RULES[kind]
  const format = decodeFormat(r, field, kind)

  const offset = readCount(r, R.offset, `${field}.offset`)
  const odd = `is ${offset}, no multiple of ${PART_ALIGNMENT}`
  r.check(offset % PART_ALIGNMENT === 0, 'BAD_VALUE', R.offset, `${field}.offset`, odd)
  const length = readCount(r, R.length, `${field}.length`)
  const whole = length > 0 && length % rules.unit === 0
  r.check(whole, 'BAD_VALUE', R.length, `${field}.length`, `is ${length}, no length for ${kind}`)
  const most = `is ${length}, of ${kind} at most ${rules.most} bytes are read`
  r.check(length <= rules.most, 'LIMIT', R.length, `${field}.length`, most)

  const name = decodeName(r, R.name, `${field}.name`)
  const nameless = `is ${quote(name)}, which names no ${rules.named}`
  r.check(rules.isName(name), 'BAD_VALUE', R.name, `${field}.name`, nameless)
  requireZero(r, R.reserved, R.size, `${field}.reserved`)
  return { kind, name, format, offset, length, digest: hex(r.bytes(R.digest, DIGEST_SIZE, `${field}.digest`)) }
}

/** Only images of files have one. */
function decodeFormat(r: ByteReader, field: string, kind: PartKind): FormatName | null {
  const number = r.u32(R.format, `${field}.format`)
  if (number === 0) return null
  const [format] = Object.entries(FORMAT_NUMBERS).find(([, known]) => known === number) ?? []
  const known = kind === 'files' && format !== undefined
  r.check(known, 'UNSUPPORTED', R.format, `${field}.format`, `is ${number}, no format of ${kind}`, NEWER)
  return format as FormatName
}

/** Of a program in an artefact: as files may be called anywhere, and not so that it could be taken for something else. */
export function isProgramName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,66}$/.test(name)
}

/** A character for each byte up to the NUL; nothing may be hidden behind it. */
function decodeName(r: ByteReader, at: number, field: string): string {
  const bytes = r.bytes(at, BAKED_NAME_SIZE, field)
  const end = bytes.indexOf(0)
  // Of a name without an end this looks at its last byte.
  const ended = bytes.subarray(end).every((byte) => byte === 0)
  r.check(ended, 'BAD_VALUE', at, field, `is not ended by zeroes within ${BAKED_NAME_SIZE} bytes`)
  return String.fromCharCode(...bytes.subarray(0, end))
}

/** Parts lie behind the note, one behind the other, up to a place in the file. */
function requireRoom(r: ByteReader, { parts, note }: Baked, most: number): void {
  let end = note.offset + note.size
  for (const [i, { offset, length }] of parts.entries()) {
    const at = descriptorSize(i)
    const apart = `is ${offset}, and what is before it ends at ${end}`
    r.check(offset >= end, 'BAD_VALUE', at + R.offset, `baked.part[${i}].offset`, apart)
    const beyond = `is ${offset}, and there are parts up to ${most}`
    r.check(offset <= most, 'TRUNCATED', at + R.offset, `baked.part[${i}].offset`, beyond)
    const long = `is ${length}, and from ${offset} there are ${most - offset} bytes`
    r.check(length <= most - offset, 'TRUNCATED', at + R.length, `baked.part[${i}].length`, long)
    end = offset + length
  }
}

/** One image a device, one document, one program of a name; and what belongs to an image has one. */
function requireDistinct(r: ByteReader, { parts, program }: Baked): void {
  const seen = new Set([`program ${program}`])
  const devices = new Set(parts.filter(({ kind }) => kind === 'files').map(({ name }) => name))
  for (const [i, { kind, name }] of parts.entries()) {
    const check = (holds: boolean, problem: string): void =>
      r.check(holds, 'BAD_VALUE', descriptorSize(i) + R.name, `baked.part[${i}].name`, problem)
    check(!seen.has(`${kind} ${name}`), `repeats ${kind} ${quote(name)}`)
    seen.add(`${kind} ${name}`)
    check(kind !== 'rumpconfig' || devices.has(name), `is ${quote(name)}, which has no files`)
  }
  const alone = program !== '' || parts.every(({ kind }) => kind !== 'program')
  r.check(alone, 'BAD_VALUE', H.name, 'baked.program', 'is empty, and there are other programs')
}

function requireZero(r: ByteReader, from: number, to: number, field: string): void {
  const zero = r.bytes(from, to - from, field).every((byte) => byte === 0)
  r.check(zero, 'UNSUPPORTED', from, field, 'is not zero, as it is in this version', NEWER)
}

/** An offset or a size. */
export function readCount(r: ByteReader, at: number, field: string): number {
  const value = r.u64(at, field)
  r.check(value <= Number.MAX_SAFE_INTEGER, 'BAD_VALUE', at, field, `is ${value}, more than any file has`)
  return Number(value)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
