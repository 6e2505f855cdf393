// Extended headers of tar: lines of `LENGTH KEYWORD=VALUE\n` (POSIX.1-2017, pax, “pax Extended Header”). Pure.

import { concat } from '../../base/concat.ts'
import type { ByteReader } from '../../base/reader.ts'
import { bytesOf, nameOf } from '../name.ts'

/** A keyword and the bytes behind its `=`. */
export type PaxRecord = readonly [keyword: string, value: Uint8Array]

const EQUALS = 0x3d
const BLANK = 0x20
const NEWLINE = 0x0a
/** Longer than any file has digits. */
const MAX_DIGITS = 16

export function encodePax(records: readonly PaxRecord[]): Uint8Array {
  return concat(records.map(([keyword, value]) => encodeRecord(bytesOf(keyword), value)))
}

/** The length counts its own digits too. */
function encodeRecord(keyword: Uint8Array, value: Uint8Array): Uint8Array {
  const rest = keyword.length + value.length + 3
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length++
  const line = new Uint8Array(length)
  const digits = bytesOf(String(length))
  line.set(digits)
  line[digits.length] = BLANK
  line.set(keyword, digits.length + 1)
  line[digits.length + 1 + keyword.length] = EQUALS
  line.set(value, digits.length + 2 + keyword.length)
  line[length - 1] = NEWLINE
  return line
}

/** Throws FormatError for lines that are none. The order is kept: a keyword may come several times. */
export function decodePax(header: ByteReader): PaxRecord[] {
  const bytes = header.bytes(0, header.length, 'pax')
  const records: PaxRecord[] = []
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(BLANK, at)
    const digits = nameOf(bytes.subarray(at, Math.min(blank < 0 ? at : blank, at + MAX_DIGITS)))
    const length = /^[1-9]\d*$/.test(digits) ? Number(digits) : 0
    const field = `pax[${records.length}]`
    header.check(length > digits.length + 2, 'BAD_VALUE', at, field, 'does not begin with its length')
    header.check(
      length <= bytes.length - at,
      'TRUNCATED',
      at,
      field,
      `says ${length} bytes, and there are ${bytes.length - at}`,
    )
    const line = bytes.subarray(at, at + length)
    const equals = line.indexOf(EQUALS, digits.length + 1)
    header.check(
      line[length - 1] === NEWLINE && equals > 0,
      'BAD_VALUE',
      at,
      field,
      'is no keyword and value of that length',
    )
    records.push([nameOf(line.subarray(digits.length + 1, equals)), line.subarray(equals + 1, length - 1)])
    at += length
  }
  return records
}
