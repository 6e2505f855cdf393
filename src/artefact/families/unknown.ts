// What no recogniser knows: said to be unknown, with what it looks like, since "it is a text file" is what somebody with a wrong path wants to read.

import { quote } from '../../base/quote.ts'
import type { Source } from '../../base/reader.ts'
import { identification, type Identification } from '../identification.ts'

const SAMPLE = 4096 // bytes that are looked at
const SHOWN = 60 // characters of a text's first line

export function describeUnknown(source: Source): Identification {
  const bytes = source.readAt(0, Math.min(source.size, SAMPLE))
  return identification({ family: 'unknown', summary: `unknown: ${looksLike(bytes)}` })
}

function looksLike(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file'
  if (bytes.every((byte) => byte === 0)) return bytes.length < SAMPLE ? 'nothing but zeros' : 'it begins with zeros'
  if (bytes[0] === 0x23 && bytes[1] === 0x21) return `a script that begins with ${firstLine(bytes)}`
  if (isText(bytes)) return `a text that begins with ${firstLine(bytes)}`
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0'))
  return `data that begin with ${start.join(' ')}`
}

/** No controls but those that texts have; bytes above ASCII may be a part of any encoding. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 ? byte !== 0x7f : byte >= 0x09 && byte <= 0x0d))
}

function firstLine(bytes: Uint8Array): string {
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d)
  const line = bytes.subarray(0, end < 0 ? bytes.length : end)
  return quote(new TextDecoder().decode(line), SHOWN)
}
