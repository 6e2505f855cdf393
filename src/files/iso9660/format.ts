// The structures of ISO 9660 (ECMA-119), of Joliet, and the numbers of SUSP 1.12 and Rock Ridge (RRIP 1.12). Pure.

import type { ByteWriter } from '../../base/writer.ts'

export const SECTOR = 2048
export const SYSTEM_SECTORS = 16
/** Of a directory record without its name. */
export const RECORD = 33
/** A record's length is one byte, and even. */
export const MAX_RECORD = 254
/** An extent's length has 32 bits; whole sectors of it. Longer files have several. */
export const MAX_EXTENT = 2 ** 32 - SECTOR

export const DESCRIPTOR = { boot: 0, primary: 1, supplementary: 2, end: 255 } as const
export const STANDARD = new TextEncoder().encode('CD001')
/** UCS-2 of level 3: what Joliet calls itself by. */
export const JOLIET_ESCAPE = Uint8Array.of(0x25, 0x2f, 0x45)
export const JOLIET_ESCAPES: readonly string[] = ['%/@', '%/C', '%/E']

export const VOLUME = {
  type: 0,
  id: 1,
  version: 6,
  system: 8,
  label: 40,
  size: 80,
  escapes: 88,
  setSize: 120,
  sequence: 124,
  blockSize: 128,
  tableSize: 132,
  littleTable: 140,
  bigTable: 148,
  root: 156,
  set: 190,
  publisher: 318,
  preparer: 446,
  application: 574,
  files: 702,
  created: 813,
  structure: 881,
} as const

/** Bytes of a volume's name, and of each of its dates: sixteen digits, and the zone. */
export const LABEL_SIZE = 32
export const DATE_SIZE = 17

export const FIELD = {
  length: 0,
  extent: 2,
  size: 10,
  date: 18,
  flags: 25,
  sequence: 28,
  nameLength: 32,
  name: 33,
} as const
export const FLAGS = { directory: 0x02, more: 0x80 } as const

/** Both orders of bytes, little first. */
export function both32(writer: ByteWriter, at: number, value: number): ByteWriter {
  return writer.u32(at, value).put(at + 4, big32(value))
}

export function both16(writer: ByteWriter, at: number, value: number): ByteWriter {
  return writer.u16(at, value).put(at + 2, Uint8Array.of(value >>> 8, value & 0xff))
}

export function big32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}

/** 1900-01-01 to the end of 2155, in seconds. */
export const FIRST_TIME = -2_208_988_800
export const LAST_TIME = 5_869_583_999

/** Seven bytes: years since 1900, month, day, hour, minute, second, and quarters of an hour from UTC. */
export function encodeTime(seconds: number): Uint8Array {
  const when = new Date(seconds * 1000)
  return Uint8Array.of(
    when.getUTCFullYear() - 1900,
    when.getUTCMonth() + 1,
    when.getUTCDate(),
    when.getUTCHours(),
    when.getUTCMinutes(),
    when.getUTCSeconds(),
    0,
  )
}

/** Whatever the numbers: those that are too large carry over. */
export function decodeTime(bytes: Uint8Array): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0] = bytes
  if (month === 0) return 0 // not said
  const offset = ((zone << 24) >> 24) * 15 * 60
  return Date.UTC(1900 + year, month - 1, day, hour, minute, second) / 1000 - offset
}

export function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / SECTOR)
}
