// The header of an entry of cpio's “newc” format: a magic number and thirteen numbers of eight hexadecimal digits (Linux, Documentation/
// driver-api/early-userspace/buffer-format.rst). Pure.

import type { ByteReader } from '../../base/reader.ts'
import { bytesOf } from '../name.ts'

export const HEADER_SIZE = 110
/** Names and contents begin at multiples of this. */
export const ALIGN = 4
/** The name that ends an archive. */
export const TRAILER = 'TRAILER!!!'
export const MAX_NUMBER = 0xffffffff

/** In the order of the format. */
const FIELDS = [
  'ino',
  'mode',
  'uid',
  'gid',
  'nlink',
  'mtime',
  'filesize',
  'devMajor',
  'devMinor',
  'rdevMajor',
  'rdevMinor',
  'namesize',
  'check',
] as const
export type Header = Readonly<Record<(typeof FIELDS)[number], number>>

const DIGITS = '0123456789ABCDEF'
const NEWC = '070701'
/** The same with the sum of a file's bytes in `check`. */
const NEWC_CRC = '070702'

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE)
  bytes.set(bytesOf(NEWC))
  FIELDS.forEach((field, i) => {
    const value = header[field]
    if (value > MAX_NUMBER) throw new RangeError('a number does not fit')
    for (let digit = 0; digit < 8; digit++) {
      bytes[6 + i * 8 + digit] = DIGITS.charCodeAt((value >>> (28 - digit * 4)) & 0xf)
    }
  })
  return bytes
}

/** Throws FormatError for what is no header. `summed`: `check` is the sum of the contents. */
export function decodeHeader(reader: ByteReader): { readonly header: Header; readonly summed: boolean } {
  const text = String.fromCharCode(...reader.bytes(0, HEADER_SIZE, 'header'))
  const magic = text.slice(0, 6)
  reader.check(
    magic !== '070707',
    'UNSUPPORTED',
    0,
    'header.magic',
    'is the old portable format, not newc',
    'make it anew with: cpio -H newc',
  )
  reader.check(magic === NEWC || magic === NEWC_CRC, 'BAD_MAGIC', 0, 'header.magic', 'is not 070701')
  const numbers = FIELDS.map((field, i) => {
    const at = 6 + i * 8
    const digits = text.slice(at, at + 8)
    reader.check(
      /^[\da-fA-F]{8}$/.test(digits),
      'BAD_VALUE',
      at,
      `header.${field}`,
      'is no number of eight hexadecimal digits',
    )
    return [field, Number.parseInt(digits, 16)] as const
  })
  return { header: Object.fromEntries(numbers) as Header, summed: magic === NEWC_CRC }
}
