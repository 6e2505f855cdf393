// Names in messages of DNS (RFC 1035, 4.1.4): labels with their lengths, and pointers to names that stand there already. Pure.

import type { ByteReader } from '../base/reader.ts'
import { readU16 } from './network-order.ts'

/** Bytes in front of the first name of a message. */
export const DNS_HEADER = 12
const MAX_NAME = 255 // bytes (RFC 1035, 2.3.4)

/**
 * A name at `at`, and where what follows it lies. A pointer may only lead backwards from where the name, or the last pointer, began: so there
 * are no circles, and the length is bounded as well. Throws FormatError.
 */
export function readName(r: ByteReader, at: number, field: string): { text: string | undefined; end: number } {
  const labels: string[] = []
  let isPlain = true
  let end: number | undefined
  let place = at
  let lowest = at
  let total = 1
  for (;;) {
    const length = r.u8(place, field)
    if (length === 0) break
    if (length >= 0xc0) {
      const target = readU16(r, place, field) & 0x3fff
      r.check(
        target >= DNS_HEADER && target < lowest,
        'BAD_VALUE',
        place,
        field,
        'has a pointer that does not lead back',
      )
      end ??= place + 2
      place = target
      lowest = target
      continue
    }
    r.check(length < 0x40, 'UNSUPPORTED', place, field, 'has a label of an unknown kind')
    total += length + 1
    r.check(total <= MAX_NAME, 'LIMIT', place, field, `is longer than ${MAX_NAME} bytes`)
    const label = String.fromCharCode(...r.bytes(place + 1, length, field))
    isPlain &&= /^[A-Za-z0-9_-]+$/.test(label)
    labels.push(label.toLowerCase())
    place += length + 1
  }
  return { text: isPlain ? labels.join('.') : undefined, end: end ?? place + 1 }
}

/** Labels with their lengths; undefined where text is no name that DNS could carry. */
export function encodeName(text: string): Uint8Array | undefined {
  const labels = text === '' ? [] : text.split('.')
  const bytes = new Uint8Array(text === '' ? 1 : text.length + 2)
  if (bytes.length > MAX_NAME || labels.some((label) => !/^[\x21-\x7e]{1,63}$/.test(label))) return undefined
  let at = 0
  for (const label of labels) {
    bytes[at] = label.length
    for (let i = 0; i < label.length; i++) bytes[at + 1 + i] = label.charCodeAt(i)
    at += 1 + label.length
  }
  return bytes
}
