// What Rock Ridge says of a file, as entries behind its directory record, and in continuation areas where they are too long. Sources: SUSP 1.12,
// RRIP 1.12. Pure.

import { concat } from '../../base/concat.ts'
import { ByteWriter } from '../../base/writer.ts'
import { bitsOf } from '../mode-bits.ts'
import { bytesOf } from '../name.ts'
import type { Inode } from '../tree.ts'
import { both32, encodeTime, SECTOR } from './format.ts'

const CONTINUES = 0x01
const MODIFIED = 0x02
const CONTINUATION_SIZE = 28
const MAX_ENTRY = 255

const ROOT = 0x08
const PARENT = 0x04
const CURRENT = 0x02

function entry(signature: string, size: number): ByteWriter {
  return new ByteWriter(size).put(0, new TextEncoder().encode(signature)).u8(2, size).u8(3, 1)
}

/** In front of everything else in the root's own record: that there are such entries at all. */
export function presence(): Uint8Array {
  return entry('SP', 7).put(4, Uint8Array.of(0xbe, 0xef, 0)).bytes
}

/** Which rules they follow. */
export function extension(): Uint8Array {
  const texts = [
    'IEEE_1282',
    'THE IEEE 1282 PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS',
    'PLEASE CONTACT THE IEEE STANDARDS DEPARTMENT, PISCATAWAY, NJ, USA FOR THE 1282 SPECIFICATION',
  ]
  const parts = texts.map((text) => new TextEncoder().encode(text))
  const writer = entry('ER', 8 + parts.reduce((sum, { length }) => sum + length, 0))
  let at = 8
  parts.forEach((part, i) => {
    writer.u8(4 + i, part.length).put(at, part)
    at += part.length
  })
  return writer.u8(7, 1).bytes
}

/** Mode, links, owner, number, time and device. `serial` is the same for all names of one file. */
export function attributes(inode: Inode, links: number, serial: number): Uint8Array[] {
  const { mode, uid, gid, mtime } = inode.meta
  const posix = entry('PX', 44)
  const values = [bitsOf(inode.kind) | mode, links, uid, gid, serial]
  values.forEach((value, i) => both32(posix, 4 + i * 8, value))
  const times = entry('TF', 12).u8(4, MODIFIED).put(5, encodeTime(mtime.seconds))
  const found: Uint8Array[] = [posix.bytes, times.bytes]
  if (inode.kind === 'block' || inode.kind === 'character') found.push(device(inode.major, inode.minor))
  if (inode.kind === 'symlink') found.push(...link(inode.target))
  return found
}

/**
 * Small numbers as Unix packed them, in the second half: every reader knows them so. Larger ones as major and minor, which Linux understands and others
 * show oddly.
 */
function device(major: number, minor: number): Uint8Array {
  const small = major < 256 && minor < 256
  return both32(both32(entry('PN', 20), 4, small ? 0 : major), 12, small ? (major << 8) | minor : minor).bytes
}

export function alternateName(name: string): Uint8Array[] {
  const bytes = bytesOf(name)
  const entries: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += MAX_ENTRY - 5) {
    const part = bytes.subarray(at, at + MAX_ENTRY - 5)
    const more = at + part.length < bytes.length ? CONTINUES : 0
    entries.push(
      entry('NM', 5 + part.length)
        .u8(4, more)
        .put(5, part).bytes,
    )
  }
  return entries
}

/** A path in components, which may go on in the next component or the next entry. */
function link(target: string): Uint8Array[] {
  const components = target.split('/').flatMap<Uint8Array>((part, i) => {
    // A slash in front is the root; all others stand between components.
    if (i === 0 && part === '') return [Uint8Array.of(ROOT, 0)]
    if (part === '.') return [Uint8Array.of(CURRENT, 0)]
    if (part === '..') return [Uint8Array.of(PARENT, 0)]
    return pieces(bytesOf(part))
  })
  const entries: Uint8Array[] = []
  for (let i = 0; i < components.length; ) {
    const group: Uint8Array[] = []
    for (let size = 5; i < components.length && size + (components[i] as Uint8Array).length <= MAX_ENTRY; i++) {
      group.push(components[i] as Uint8Array)
      size += (components[i] as Uint8Array).length
    }
    const body = concat(group)
    entries.push(
      entry('SL', 5 + body.length)
        .u8(4, i < components.length ? CONTINUES : 0)
        .put(5, body).bytes,
    )
  }
  return entries
}

const MAX_PIECE = MAX_ENTRY - 7

function pieces(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length <= MAX_PIECE) return [concat([Uint8Array.of(0, bytes.length), bytes])]
  const [head, rest] = [bytes.subarray(0, MAX_PIECE), bytes.subarray(MAX_PIECE)]
  return [concat([Uint8Array.of(CONTINUES, head.length), head]), ...pieces(rest)]
}

/** Entries as they will lie: the first part in the record, the others each in an area of its own, to which the one before leads. */
export type Areas = { readonly inRecord: readonly Uint8Array[]; readonly continued: readonly (readonly Uint8Array[])[] }

/** `room` is what the record has left. */
export function distribute(entries: readonly Uint8Array[], room: number): Areas {
  const areas: Uint8Array[][] = []
  let left = [...entries]
  for (let space = room; ; space = SECTOR) {
    const total = left.reduce((sum, { length }) => sum + length, 0)
    if (total <= space) {
      areas.push(left)
      break
    }
    const area: Uint8Array[] = []
    for (
      let size = CONTINUATION_SIZE;
      left.length > 0 && size + (left[0] as Uint8Array).length <= space;
      left = left.slice(1)
    ) {
      area.push(left[0] as Uint8Array)
      size += (left[0] as Uint8Array).length
    }
    areas.push(area)
  }
  const [inRecord = [], ...continued] = areas
  return { inRecord, continued }
}

/** Bytes that an area takes, with the entry that leads to the next. */
export function areaSize(area: readonly Uint8Array[], last: boolean): number {
  return area.reduce((sum, { length }) => sum + length, last ? 0 : CONTINUATION_SIZE)
}

export function continuation(sector: number, offset: number, size: number): Uint8Array {
  return both32(both32(both32(entry('CE', CONTINUATION_SIZE), 4, sector), 12, offset), 20, size).bytes
}
