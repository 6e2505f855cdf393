// Names on FAT: up to 255 UTF-16 units, and a short one of eight and three beside each. Pure.

import { bytesOf, problemOfName } from '../name.ts'
import { LAST_LONG, LONG, ATTRIBUTE, checksumOf, ENTRY_SIZE } from './format.ts'

const MAX_UNITS = 255
/** No long name has these (and none a control character). */
const NEVER = /["*:<>?\\|]/
/** Signs that a short name may have besides letters and digits. */
const SHORT = /^[A-Z0-9!#$%&'()@^_`{}~-]+$/
const SPACE = 0x20

/** What FAT has against a name, besides what every file system has. */
export function problemOfFatName(name: string): string | undefined {
  if (/[\0-\x1f]/.test(name)) return 'has a control character in it'
  const [sign] = NEVER.exec(name) ?? []
  if (sign !== undefined) return `has ${sign} in it`
  if (/[. ]$/.test(name)) return 'ends with a dot or a blank'
  if (name.length > MAX_UNITS) return `has ${name.length} UTF-16 units, more than ${MAX_UNITS}`
  return problemOfName(name)
}

/** Two names that this makes equal are one name to FAT. */
export function foldCase(name: string): string {
  return name.toUpperCase()
}

/** The eleven bytes of a name that is a short one as it is; undefined for others. */
export function shortNameOf(name: string): Uint8Array | undefined {
  const [base = '', extension, more] = name.split('.')
  if (more !== undefined || !SHORT.test(base) || base.length > 8) return undefined
  if (extension !== undefined && (!SHORT.test(extension) || extension.length > 3)) return undefined
  return pack(base, extension ?? '')
}

function pack(base: string, extension: string): Uint8Array {
  const bytes = new Uint8Array(11).fill(SPACE)
  bytes.set(bytesOf(base))
  bytes.set(bytesOf(extension), 8)
  return bytes
}

/**
 * Short names for a directory, each once: those that are short already, and for the others what is left of them with a number. The order of `names`
 * decides who gets which number.
 */
export function shortNames(names: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const given = new Map<string, Uint8Array>()
  const taken = new Set<string>()
  for (const name of names) {
    const short = shortNameOf(name)
    if (short === undefined) continue
    given.set(name, short)
    taken.add(keyOf(short))
  }
  const last = new Map<string, number>()
  for (const name of names) {
    if (given.has(name)) continue
    const { base, extension } = basisOf(name)
    const key = `${base.slice(0, 2)}.${extension}`
    for (let number = (last.get(key) ?? 0) + 1; ; number++) {
      const tail = `~${number}`
      const short = pack(base.slice(0, 8 - tail.length) + tail, extension)
      if (taken.has(keyOf(short))) continue
      given.set(name, short)
      taken.add(keyOf(short))
      last.set(key, number)
      break
    }
  }
  return given
}

function keyOf(short: Uint8Array): string {
  return String.fromCharCode(...short)
}

/** Letters and digits of a name in upper case, what is behind its last dot apart. */
function basisOf(name: string): { readonly base: string; readonly extension: string } {
  const plain = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9_-]/g, '')
  const dot = name.lastIndexOf('.')
  const base = plain(dot > 0 ? name.slice(0, dot) : name)
  return { base: base.slice(0, 8), extension: dot > 0 ? plain(name.slice(dot + 1)).slice(0, 3) : '' }
}

/** The entries that hold a long name, in the order in which they stand in front of the short one. */
export function longEntries(name: string, short: Uint8Array): Uint8Array {
  const units = Array.from({ length: name.length }, (_, i) => name.charCodeAt(i))
  const count = Math.ceil(units.length / LONG.units.length)
  // A name that does not fill its last part ends with 0, and behind that there is 0xffff.
  if (units.length % LONG.units.length !== 0) units.push(0)
  const bytes = new Uint8Array(count * ENTRY_SIZE)
  const view = new DataView(bytes.buffer)
  for (let part = 0; part < count; part++) {
    const at = (count - 1 - part) * ENTRY_SIZE
    view.setUint8(at + LONG.order, (part + 1) | (part === count - 1 ? LAST_LONG : 0))
    view.setUint8(at + 11, ATTRIBUTE.longName)
    view.setUint8(at + LONG.checksum, checksumOf(short))
    LONG.units.forEach((place, i) => {
      view.setUint16(at + place, units[part * LONG.units.length + i] ?? 0xffff, true)
    })
  }
  return bytes
}
