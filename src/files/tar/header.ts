// The 512-byte header of a tar entry: POSIX.1-2017 pax (“ustar Interchange Format”), with GNU's base-256 numbers for reading. Pure.

import type { ByteReader } from '../../base/reader.ts'
export const BLOCK = 512

/** Offset and length of each field. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const

/** The largest number of that many octal digits. */
export const MAX_OWNER = 0o7777777
export const MAX_SIZE = 0o77777777777
export const MAX_NAME_FIELD = FIELDS.name[1]
export const MAX_PREFIX_FIELD = FIELDS.prefix[1]

/** `ustar`, NUL and version 00; GNU tar's own older format has two blanks and NUL instead. */
const POSIX_MAGIC = Uint8Array.of(0x75, 0x73, 0x74, 0x61, 0x72, 0, 0x30, 0x30)

const BLANK = 0x20
const ZERO = 0x30

export type Header = {
  readonly name: Uint8Array
  readonly prefix: Uint8Array
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  /** One character: `0` a file, `1` a hard link, `2` a symbolic link, …. */
  readonly type: string
  readonly linkName: Uint8Array
  readonly major: number
  readonly minor: number
}

/**
 * Numbers and names must fit their fields: what does not is said in a pax header before, and given here as something that does. `block` is where it goes, whatever
 * is there, if that is not to be a new one.
 */
export function encodeHeader(header: Header, block: Uint8Array = new Uint8Array(BLOCK)): Uint8Array {
  block.fill(0)
  block.set(header.name, FIELDS.name[0])
  block.set(header.linkName, FIELDS.linkName[0])
  block.set(header.prefix, FIELDS.prefix[0])
  putOctal(block, 'mode', header.mode)
  putOctal(block, 'uid', header.uid)
  putOctal(block, 'gid', header.gid)
  putOctal(block, 'size', header.size)
  putOctal(block, 'mtime', header.mtime)
  putOctal(block, 'major', header.major)
  putOctal(block, 'minor', header.minor)
  block[FIELDS.type[0]] = header.type.charCodeAt(0)
  block.set(POSIX_MAGIC, FIELDS.magic[0])
  // Six digits, NUL, blank: as every tar writes it.
  const [at, length] = FIELDS.checksum
  putDigits(block, at, length - 2, checksumOf(block).unsigned)
  block[at + length - 1] = BLANK
  return block
}

/** Digits to the end of the field, and a NUL. */
function putOctal(block: Uint8Array, field: keyof typeof FIELDS, value: number): void {
  const [at, length] = FIELDS[field]
  if (putDigits(block, at, length - 1, value) !== 0) throw new RangeError(`${field} ${value} does not fit`)
}

/** Returns what has no room. */
function putDigits(block: Uint8Array, at: number, count: number, value: number): number {
  let rest = value
  for (let i = at + count - 1; i >= at; i--) {
    block[i] = ZERO + (rest & 7)
    rest = rest > 0x7fffffff ? Math.floor(rest / 8) : rest >> 3
  }
  return rest
}

/** Throws FormatError for a header that cannot be one. `block` has 512 bytes. */
export function decodeHeader(block: ByteReader): Header {
  const bytes = block.bytes(0, BLOCK, 'header')
  const stored = readNumber(block, 'checksum')
  const { unsigned, signed } = checksumOf(bytes)
  // Some old tars have added up signed characters.
  const right = stored === unsigned || stored === signed
  block.check(
    right,
    'BAD_MAGIC',
    FIELDS.checksum[0],
    'header.checksum',
    `is ${stored}, of these bytes it is ${unsigned}`,
  )
  const [at, length] = FIELDS.magic
  const isPosix = POSIX_MAGIC.every((byte, i) => bytes[at + i] === byte)
  const hasDevice = isPosix || String.fromCharCode(...bytes.subarray(at, at + length - 3)) === 'ustar'
  const type = String.fromCharCode(block.u8(FIELDS.type[0], 'header.type'))
  const isDevice = type === '3' || type === '4'
  return {
    name: textOf(block, 'name'),
    prefix: isPosix ? textOf(block, 'prefix') : new Uint8Array(0),
    mode: readNumber(block, 'mode') & 0o7777,
    uid: readNumber(block, 'uid'),
    gid: readNumber(block, 'gid'),
    size: readNumber(block, 'size'),
    mtime: readNumber(block, 'mtime', -Number.MAX_SAFE_INTEGER),
    type: type === '\0' ? '0' : type,
    linkName: textOf(block, 'linkName'),
    // Of other entries these are blank, zero or nothing at all.
    major: hasDevice && isDevice ? readNumber(block, 'major') : 0,
    minor: hasDevice && isDevice ? readNumber(block, 'minor') : 0,
  }
}

function textOf(block: ByteReader, field: 'name' | 'prefix' | 'linkName'): Uint8Array {
  const [at, length] = FIELDS[field]
  const bytes = block.bytes(at, length, `header.${field}`)
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

/** Octal digits between blanks and NULs, or GNU's big-endian two's complement with the highest bit set. An empty field is 0. */
function readNumber(block: ByteReader, field: keyof typeof FIELDS, least = 0): number {
  const [at, length] = FIELDS[field]
  const name = `header.${field}`
  const bytes = block.bytes(at, length, name)
  const value = ((bytes[0] as number) & 0x80) === 0 ? octalOf(bytes) : binaryOf(bytes)
  const possible = value !== undefined && value >= least && value <= Number.MAX_SAFE_INTEGER
  block.check(possible, 'BAD_VALUE', at, name, value === undefined ? 'is no octal number' : `is ${value}`)
  return value
}

function octalOf(bytes: Uint8Array): number | undefined {
  const text = String.fromCharCode(...bytes)
  const [, digits] = /^[ \0]*([0-7]*)[ \0]*(?:\0.*)?$/s.exec(text) ?? []
  if (digits === undefined) return undefined
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

function binaryOf(bytes: Uint8Array): number {
  const negative = ((bytes[0] as number) & 0x40) !== 0
  let value = BigInt((bytes[0] as number) & 0x3f) - (negative ? 0x40n : 0n)
  for (const byte of bytes.subarray(1)) value = (value << 8n) | BigInt(byte)
  return Number(value)
}

/** Of all bytes, those of the checksum itself taken as blanks. */
function checksumOf(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  const [from, length] = FIELDS.checksum
  let [sum, high] = [length * BLANK, 0]
  for (let i = 0; i < BLOCK; i++) {
    const byte = block[i] as number
    sum += byte
    high += byte >>> 7
  }
  for (let i = from; i < from + length; i++) {
    const byte = block[i] as number
    sum -= byte
    high -= byte >>> 7
  }
  return { unsigned: sum, signed: sum - high * 0x100 }
}
