// The descriptor of the note about baked parts, field by field and as a whole (docs/spec/baked.md). The bytes come out of a file that
// somebody handed us. Pure.

import type { ByteReader } from '../base/reader.ts'
import { quote } from '../base/quote.ts'
import { FORMAT_NAMES } from '../files/detect.ts'
import {
  BAKED_HEADER,
  BAKED_NAME_SIZE,
  BAKED_RECORD,
  BAKED_VERSION,
  type Baked,
  type BakedPart,
  DIGEST_SIZE,
  MAX_BAKED_DOCUMENT,
  PART_ALIGNMENT,
  PART_KINDS,
  type PartKind,
} from './baked-format.ts'
import { isDeviceName } from './manifest.ts'

/** Where the note lies in the file. */
export type NotePlace = { readonly offset: number; readonly end: number }

/** Throws FormatError, and nothing else, whatever the bytes are. */
export function decodeBaked(r: ByteReader, place: NotePlace, fileSize: number): Baked {
  const version = r.u32(BAKED_HEADER.version, 'baked.version')
  const known = `is ${version}, only ${BAKED_VERSION} is known`
  r.check(version === BAKED_VERSION, 'UNSUPPORTED', BAKED_HEADER.version, 'baked.version', known, 'use a newer Slipway')
  const parts = r.u32(BAKED_HEADER.count, 'baked.count')
  const fits = parts >= 1 && BAKED_HEADER.size + parts * BAKED_RECORD.size === r.length
  r.check(fits, 'BAD_VALUE', BAKED_HEADER.count, 'baked.count', `is ${parts}, which is not what the note has room for`)
  const originalSize = readCount(r, BAKED_HEADER.original, 'baked.original')
  const size = readCount(r, BAKED_HEADER.end, 'baked.end')
  r.check(size <= fileSize, 'TRUNCATED', BAKED_HEADER.end, 'baked.end', `is ${size}, the file has ${fileSize} bytes`)
  const before = originalSize <= place.offset
  r.check(before, 'BAD_VALUE', BAKED_HEADER.original, 'baked.original', `is ${originalSize}, behind the note itself`)
  const offset = readCount(r, BAKED_HEADER.phoff, 'baked.phoff')
  const headers = r.u32(BAKED_HEADER.phnum, 'baked.phnum')
  requireZero(r, BAKED_HEADER.phnum + 4, BAKED_HEADER.end, 'baked')
  requireZero(r, BAKED_HEADER.name + BAKED_NAME_SIZE, BAKED_HEADER.size, 'baked')
  const decoded: Baked = {
    program: decodeName(r, BAKED_HEADER.name, 'baked.program'),
    originalSize,
    originalTable: headers === 0 ? undefined : { offset, count: headers },
    size,
    parts: Array.from({ length: parts }, (_, i) => {
      const field = `baked.part[${i}]`
      return decodePart(r.slice(BAKED_HEADER.size + i * BAKED_RECORD.size, BAKED_RECORD.size, field), field)
    }),
  }
  requireRoom(r, decoded, place.end)
  requireDistinct(r, decoded)
  return decoded
}

function decodePart(r: ByteReader, field: string): BakedPart {
  const number = r.u32(BAKED_RECORD.kind, `${field}.kind`)
  const kind = PART_KINDS[number - 1]
  r.check(
    kind !== undefined,
    'UNSUPPORTED',
    BAKED_RECORD.kind,
    `${field}.kind`,
    `is ${number}, known are 1 to ${PART_KINDS.length}`,
  )
  const name = decodeName(r, BAKED_RECORD.name, `${field}.name`)
  const named = isNameOf(kind, name)
  r.check(named, 'BAD_VALUE', BAKED_RECORD.name, `${field}.name`, `is ${quote(name)}, which names no ${NAMED_BY[kind]}`)
  const known = r.u32(BAKED_RECORD.format, `${field}.format`)
  const possible = known === 0 || (kind === 'files' && known <= FORMAT_NAMES.length)
  r.check(possible, 'UNSUPPORTED', BAKED_RECORD.format, `${field}.format`, `is ${known}, no format of ${kind}`)
  const offset = readCount(r, BAKED_RECORD.offset, `${field}.offset`)
  const length = readCount(r, BAKED_RECORD.length, `${field}.length`)
  r.check(
    offset % PART_ALIGNMENT === 0,
    'BAD_VALUE',
    BAKED_RECORD.offset,
    `${field}.offset`,
    `is ${offset}, no multiple of ${PART_ALIGNMENT}`,
  )
  const whole = length > 0 && (kind !== 'files' || length % PART_ALIGNMENT === 0)
  r.check(whole, 'BAD_VALUE', BAKED_RECORD.length, `${field}.length`, `is ${length}, no length for ${kind}`)
  const small = kind === 'files' || kind === 'program' || length <= MAX_BAKED_DOCUMENT
  r.check(
    small,
    'LIMIT',
    BAKED_RECORD.length,
    `${field}.length`,
    `is ${length}, documents have at most ${MAX_BAKED_DOCUMENT} bytes`,
  )
  requireZero(r, BAKED_RECORD.name + BAKED_NAME_SIZE, BAKED_RECORD.size, field)
  const digest = Array.from(r.bytes(BAKED_RECORD.digest, DIGEST_SIZE, `${field}.digest`), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  return { kind, name, format: FORMAT_NAMES[known - 1] ?? null, offset, length, digest }
}

const NAMED_BY: Readonly<Record<PartKind, string>> = {
  files: 'device',
  config: 'document: it has no name',
  program: 'program',
  rumpconfig: 'device',
}

function isNameOf(kind: PartKind, name: string): boolean {
  if (kind === 'config') return name === ''
  return kind === 'program' ? isProgramName(name) : isDeviceName(name)
}

/** Of a program in an artefact: as files may be called anywhere, and not so that it could be taken for something else. */
export function isProgramName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,66}$/.test(name)
}

/** NUL-terminated ASCII; nothing may be hidden behind the NUL. */
function decodeName(r: ByteReader, at: number, field: string): string {
  const bytes = r.bytes(at, BAKED_NAME_SIZE, field)
  const end = bytes.indexOf(0)
  r.check(end >= 0, 'BAD_VALUE', at, field, 'does not end')
  r.check(
    bytes.subarray(end).every((byte) => byte === 0),
    'BAD_VALUE',
    at,
    field,
    'has bytes behind its end',
  )
  return String.fromCharCode(...bytes.subarray(0, end))
}

/** Parts lie behind the note, one behind the other, and within the file. */
function requireRoom(r: ByteReader, { parts, size }: Baked, from: number): void {
  let end = from
  for (const [i, { offset, length }] of parts.entries()) {
    const at = BAKED_HEADER.size + i * BAKED_RECORD.size
    const apart = `is ${offset}: what is before it ends at ${end}`
    r.check(offset >= end, 'BAD_VALUE', at + BAKED_RECORD.offset, `baked.part[${i}].offset`, apart)
    const problem = `is ${length}, and from ${offset} that is beyond ${size}, where the file ends`
    r.check(length <= size - offset, 'TRUNCATED', at + BAKED_RECORD.length, `baked.part[${i}].length`, problem)
    end = offset + length
  }
}

/** One image a device, one document, one program of a name; and what belongs to an image has one. */
function requireDistinct(r: ByteReader, { parts, program }: Baked): void {
  const seen = new Set<string>([`program ${program}`])
  const devices = new Set(parts.filter(({ kind }) => kind === 'files').map(({ name }) => name))
  for (const [i, { kind, name }] of parts.entries()) {
    const at = BAKED_HEADER.size + i * BAKED_RECORD.size + BAKED_RECORD.name
    const field = `baked.part[${i}].name`
    const key = `${kind} ${name}`
    r.check(!seen.has(key), 'BAD_VALUE', at, field, `repeats ${kind} ${quote(name)}`)
    seen.add(key)
    r.check(kind !== 'rumpconfig' || devices.has(name), 'BAD_VALUE', at, field, `is ${quote(name)}, which has no files`)
    r.check(
      kind !== 'program' || program !== '',
      'BAD_VALUE',
      BAKED_HEADER.name,
      'baked.program',
      'is empty, and there are other programs',
    )
  }
}

function requireZero(r: ByteReader, from: number, to: number, field: string): void {
  const zero = r.bytes(from, to - from, field).every((byte) => byte === 0)
  r.check(zero, 'UNSUPPORTED', from, field, 'has something where this version has zeroes', 'use a newer Slipway')
}

/** An offset or a size. */
export function readCount(r: ByteReader, at: number, field: string): number {
  const value = r.u64(at, field)
  r.check(value <= Number.MAX_SAFE_INTEGER, 'BAD_VALUE', at, field, `is ${value}`)
  return Number(value)
}
