// Reads what Rock Ridge says of a file, through its continuation areas. Sources: SUSP 1.12, RRIP 1.12 (and 1.10, which has no serial numbers).
// Pure.

import { concat } from '../../base/concat.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { MAX_PATH, nameOf } from '../name.ts'
import { decodeTime, SECTOR } from './format.ts'

export type RockRidge = {
  readonly name?: string
  readonly mode?: number
  readonly links?: number
  readonly uid?: number
  readonly gid?: number
  /** 0 where there is none. */
  readonly serial?: number
  readonly seconds?: number
  readonly target?: string
  readonly major?: number
  readonly minor?: number
  /** Where a directory lies that has been moved up because it was too deep; the entry here only stands for it. */
  readonly child?: number
  /** A directory that has been moved here, and belongs elsewhere. */
  readonly relocated?: boolean
}

/** Areas of one file: a target of the longest path has three. */
const MAX_AREAS = 32

const CONTINUES = 0x01
const [CREATED, MODIFIED, LONG_TIMES] = [0x01, 0x02, 0x80]
const [CURRENT, PARENT, ROOT] = [0x02, 0x04, 0x08]

/** Whether a root's record says that there are such entries, and how many bytes to pass over in each record. */
export function findPresence(systemUse: ByteReader): number | undefined {
  if (systemUse.length < 7) return undefined
  const bytes = systemUse.bytes(0, 7, 'SP')
  const found = bytes[0] === 0x53 && bytes[1] === 0x50 && bytes[4] === 0xbe && bytes[5] === 0xef
  return found ? bytes[6] : undefined
}

/** Throws FormatError. */
export function readRockRidge(areas: Areas, systemUse: ByteReader, skip: number): RockRidge {
  const found: { -readonly [K in keyof RockRidge]: RockRidge[K] } = {}
  const names: Uint8Array[] = []
  const targets: ByteReader[] = []
  for (const { signature, entry: own } of entriesOf(areas, systemUse, skip)) {
    const entry: ByteReader = own
    switch (signature) {
      case 'PX':
        found.mode = entry.u32(4, 'PX.mode')
        found.links = entry.u32(12, 'PX.links')
        found.uid = entry.u32(20, 'PX.uid')
        found.gid = entry.u32(28, 'PX.gid')
        found.serial = entry.length >= 44 ? entry.u32(36, 'PX.serial') : 0
        break
      case 'PN': {
        const [high, low] = [entry.u32(4, 'PN.high'), entry.u32(12, 'PN.low')]
        // The whole number packed into the second half, or one number in each.
        found.major = high === 0 ? low >>> 8 : high
        found.minor = high === 0 ? low & 0xff : low
        break
      }
      case 'NM':
        names.push(entry.bytes(5, entry.length - 5, 'NM.name'))
        break
      case 'SL':
        targets.push(entry)
        break
      case 'TF':
        found.seconds = modified(entry) ?? found.seconds ?? 0
        break
      case 'CL':
        found.child = entry.u32(4, 'CL.child')
        break
      case 'RE':
        found.relocated = true
        break
      case 'ZF':
        entry.check(false, 'UNSUPPORTED', 0, 'ZF', 'says that the contents are compressed')
    }
  }
  if (names.length > 0) found.name = nameOf(concat(names))
  if (targets.length > 0) found.target = joinTarget(targets)
  return found
}

/** The areas in which what has no room in a record goes on. None belongs to two records, or a small image would be read for ever. */
export class Areas {
  readonly #source: Source
  #bytes = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** The one that an entry leads to. Throws FormatError. */
  open(entry: ByteReader): ByteReader {
    const size = entry.u32(20, 'CE.size')
    const offset = entry.u32(12, 'CE.offset')
    entry.check(
      size <= SECTOR && offset <= SECTOR - size,
      'LIMIT',
      20,
      'CE.size',
      `is ${size} at ${offset}, beyond a sector`,
    )
    this.#bytes += size
    const most = this.#source.size
    const problem = `makes ${this.#bytes} bytes of areas, in an image of ${most}`
    entry.check(this.#bytes <= most, 'BAD_VALUE', 20, 'CE.size', problem)
    return window(this.#source, entry.u32(4, 'CE.sector') * SECTOR + offset, size, 'continuation')
  }
}

function* entriesOf(
  areas: Areas,
  first: ByteReader,
  skip: number,
): Generator<{ signature: string; entry: ByteReader }> {
  let area: ByteReader = first
  let at = Math.min(skip, area.length)
  for (let count = 0; ; count++) {
    let next: ByteReader | undefined
    while (at + 4 <= area.length) {
      const signature = String.fromCharCode(...area.bytes(at, 2, 'entry'))
      const length = area.u8(at + 2, 'entry.length')
      // Padding, or the end that is said.
      if (length === 0 || signature === 'ST') break
      area.check(length >= 4, 'BAD_VALUE', at + 2, 'entry.length', `is ${length}`)
      const entry: ByteReader = area.slice(at, length, signature)
      if (signature === 'CE') next = areas.open(entry)
      else yield { signature, entry }
      at += length
    }
    if (next === undefined) return
    area.check(count < MAX_AREAS, 'LIMIT', 0, 'CE', `leads to more than ${MAX_AREAS} areas`)
    area = next
    at = 0
  }
}

function modified(entry: ByteReader): number | undefined {
  const flags = entry.u8(4, 'TF.flags')
  if ((flags & MODIFIED) === 0) return undefined
  const size = (flags & LONG_TIMES) === 0 ? 7 : 17
  const bytes = entry.bytes((flags & CREATED) === 0 ? 5 : 5 + size, size, 'TF.modified')
  return size === 7 ? decodeTime(bytes) : decodeLong(bytes)
}

/** `YYYYMMDDhhmmsscc` and the zone. */
function decodeLong(bytes: Uint8Array): number {
  const digits = String.fromCharCode(...bytes.subarray(0, 16))
  const numbers = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(digits)?.slice(1).map(Number) ?? []
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers
  if (month === 0) return 0
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - (((bytes[16] ?? 0) << 24) >> 24) * 15 * 60
}

/** Components with slashes between them, but for those that go on in the next. */
function joinTarget(entries: readonly ByteReader[]): string {
  const parts: Uint8Array[] = []
  const slash = Uint8Array.of(0x2f)
  let [first, open, length] = [true, false, 0]
  for (const own of entries) {
    const entry: ByteReader = own
    for (let at = 5; at + 2 <= entry.length; ) {
      const flags = entry.u8(at, 'SL.flags')
      const size = entry.u8(at + 1, 'SL.length')
      if (!first && !open) parts.push(slash)
      if ((flags & CURRENT) !== 0) parts.push(Uint8Array.of(0x2e))
      else if ((flags & PARENT) !== 0) parts.push(Uint8Array.of(0x2e, 0x2e))
      else if ((flags & ROOT) === 0) parts.push(entry.bytes(at + 2, size, 'SL.component'))
      length += size + 2
      entry.check(length <= 2 * MAX_PATH, 'LIMIT', at, 'SL', 'is longer than any path')
      // The root brings its slash with it: what follows stands behind it directly.
      open = (flags & CONTINUES) !== 0
      first = false
      at += 2 + size
    }
  }
  const text = nameOf(concat(parts))
  return text === '' ? '/' : text
}
