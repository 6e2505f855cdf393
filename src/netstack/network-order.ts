// Big-endian fields of messages nobody has vouched for, through the reader that checks each place. Pure.

import type { ByteReader } from '../base/reader.ts'

export function readU16(r: ByteReader, at: number, field: string): number {
  const value = r.u16(at, field)
  return ((value & 0xff) << 8) | (value >>> 8)
}

/** Unsigned. */
export function readU32(r: ByteReader, at: number, field: string): number {
  return readU16(r, at, field) * 0x10000 + readU16(r, at + 2, field)
}
