// The names of directory entries that are read: long ones out of their parts, and short ones. Pure.

import type { ByteReader } from '../../base/reader.ts'
import { checksumOf, ENTRY, LAST_LONG, LONG, MAX_LONG_PARTS } from './format.ts'

/** The upper half of code page 437, in which short names are where nobody says otherwise. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
/** Stands for the byte 0xe5, which marks an entry that is free. */
const INSTEAD_OF_FREE = 0x05
const LOWER_BASE = 0x08
const LOWER_EXTENSION = 0x10

export function decodeShort(entry: ByteReader): string {
  const bytes = Uint8Array.from(entry.bytes(ENTRY.name, 11, 'entry.name'))
  if (bytes[0] === INSTEAD_OF_FREE) bytes[0] = 0xe5
  const text = [...bytes]
    .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : (CP437[byte - 0x80] as string)))
    .join('')
  const lower = entry.u8(ENTRY.caseBits, 'entry.case')
  const base = text.slice(0, 8).trimEnd()
  const extension = text.slice(8).trimEnd()
  const shownBase = (lower & LOWER_BASE) === 0 ? base : base.toLowerCase()
  const shownExtension = (lower & LOWER_EXTENSION) === 0 ? extension : extension.toLowerCase()
  return extension === '' ? shownBase : `${shownBase}.${shownExtension}`
}

/** Gathers the parts of a long name, which come last first. Parts that do not belong together are left out, as every reader does. */
export class LongName {
  #parts: string[] = []
  #checksum = 0
  /** The number that the next part has; 0 when all are there. */
  #next = 0

  add(entry: ByteReader): void {
    const order = entry.u8(LONG.order, 'entry.order')
    const checksum = entry.u8(LONG.checksum, 'entry.checksum')
    const number = order & ~LAST_LONG
    if ((order & LAST_LONG) !== 0 && number > 0 && number <= MAX_LONG_PARTS) {
      this.#parts = []
      this.#checksum = checksum
    } else if (number !== this.#next || number === 0 || checksum !== this.#checksum) return this.forget()
    this.#parts.unshift(LONG.units.map((at) => String.fromCharCode(entry.u16(at, 'entry.name'))).join(''))
    this.#next = number - 1
  }

  /** The name that belongs to a short entry, or undefined. What has been gathered is gone then. */
  take(entry: ByteReader): string | undefined {
    const complete = this.#parts.length > 0 && this.#next === 0
    const name =
      complete && checksumOf(entry.bytes(ENTRY.name, 11, 'entry.name')) === this.#checksum
        ? this.#parts.join('')
        : undefined
    this.forget()
    // Half of a pair stands for a character, not for the byte that it means in our names.
    return name?.replace(/\0.*$/s, '').replaceAll(/\p{Surrogate}/gu, '\ufffd')
  }

  forget(): void {
    this.#parts = []
    this.#next = 0
  }
}
