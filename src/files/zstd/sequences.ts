// The second part of a block: how literals and what came before are put together. Source: RFC 8878, sections 3.1.1.3.2 to 3.1.1.5 and appendix A.
// Pure.

import { BackwardBits, BadBlock } from './bits.ts'
import { buildFseTable, constantTable, type FseLimits, type FseTable, readFseTable } from './fse.ts'

/** What a frame's blocks leave to the next one. */
export type SequencesState = {
  lengths: FseTable | undefined
  offsets: FseTable | undefined
  matches: FseTable | undefined
  /** The last three offsets that were used. */
  readonly recent: [number, number, number]
}

export function freshSequences(): SequencesState {
  return { lengths: undefined, offsets: undefined, matches: undefined, recent: [1, 4, 8] }
}

type Tables = { readonly [key in keyof SequencesState]: NonNullable<SequencesState[key]> }
type Kind = FseLimits & { readonly usual: FseTable }

const repeat = (value: number, times: number): number[] => Array.from({ length: times }, () => value)

const LENGTHS: Kind = {
  maxAccuracy: 9,
  symbols: 36,
  usual: buildFseTable(
    [4, 3, ...repeat(2, 11), ...repeat(1, 3), ...repeat(2, 9), 3, 2, ...repeat(1, 5), ...repeat(-1, 4)],
    6,
  ),
}
const OFFSETS: Kind = {
  maxAccuracy: 8,
  symbols: 32,
  usual: buildFseTable([...repeat(1, 6), 2, 2, 2, ...repeat(1, 15), ...repeat(-1, 5)], 5),
}
const MATCHES: Kind = {
  maxAccuracy: 9,
  symbols: 53,
  usual: buildFseTable([1, 4, 3, ...repeat(2, 6), ...repeat(1, 37), ...repeat(-1, 7)], 6),
}

/** Codes of lengths: the smallest length each stands for, and the bits that are added. */
const lengthBits = [...repeat(0, 16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const matchBits = [...repeat(0, 32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
const LENGTH_BITS = Uint8Array.from(lengthBits)
const MATCH_BITS = Uint8Array.from(matchBits)
const LENGTH_BASE = basesOf(lengthBits, 0)
const MATCH_BASE = basesOf(matchBits, 3)

/** Each code begins where the one before it ends. */
function basesOf(bits: readonly number[], first: number): Uint32Array {
  let next = first
  return Uint32Array.from(bits, (width) => {
    const base = next
    next += 1 << width
    return base
  })
}

/** What a sequence does: `length` literals, then `match` bytes from `offset` bytes before. */
export type Execute = (length: number, offset: number, match: number) => void

/** Throws BadBlock. */
export function readSequences(view: DataView, from: number, to: number, state: SequencesState, execute: Execute): void {
  const { count, at } = readCount(view, from, to)
  if (count === 0) {
    if (at !== to) throw new BadBlock('goes on behind its end')
    return
  }
  if (at >= to) throw new BadBlock('ends before its sequences')
  const modes = view.getUint8(at)
  if ((modes & 3) !== 0) throw new BadBlock('has a bit set that is reserved')
  const lengths = readTable(view, at + 1, to, modes >>> 6, LENGTHS, state.lengths)
  const offsets = readTable(view, lengths.end, to, (modes >>> 4) & 3, OFFSETS, state.offsets)
  const matches = readTable(view, offsets.end, to, (modes >>> 2) & 3, MATCHES, state.matches)
  state.lengths = lengths.table
  state.offsets = offsets.table
  state.matches = matches.table
  decodeSequences(new BackwardBits(view, matches.end, to), count, state, execute)
}

function readCount(view: DataView, from: number, to: number): { readonly count: number; readonly at: number } {
  if (from >= to) throw new BadBlock('ends before its sequences')
  const first = view.getUint8(from)
  if (first < 128) return { count: first, at: from + 1 }
  const count = first < 255 ? ((first - 128) << 8) + view.getUint8(from + 1) : view.getUint16(from + 1, true) + 0x7f00
  return { count, at: from + (first < 255 ? 2 : 3) }
}

function readTable(
  view: DataView,
  from: number,
  to: number,
  mode: number,
  kind: Kind,
  before: FseTable | undefined,
): { readonly table: FseTable; readonly end: number } {
  switch (mode) {
    case 0:
      return { table: kind.usual, end: from }
    case 1: {
      const symbol = from < to ? view.getUint8(from) : kind.symbols
      if (symbol >= kind.symbols) throw new BadBlock('has a code that is none')
      return { table: constantTable(symbol), end: from + 1 }
    }
    case 2:
      return readFseTable(view, from, to, kind)
    default:
      if (before === undefined) throw new BadBlock('uses a table of a block before it, and there is none')
      return { table: before, end: from }
  }
}

function decodeSequences(bits: BackwardBits, count: number, state: SequencesState, execute: Execute): void {
  const { lengths, offsets, matches, recent } = state as Tables
  let lengthState = bits.read(lengths.accuracy)
  let offsetState = bits.read(offsets.accuracy)
  let matchState = bits.read(matches.accuracy)
  for (let left = count; left > 0; left--) {
    const offsetCode = offsets.symbols[offsetState] as number
    const matchCode = matches.symbols[matchState] as number
    const lengthCode = lengths.symbols[lengthState] as number
    const value = (1 << offsetCode) + bits.read(offsetCode)
    const match = (MATCH_BASE[matchCode] as number) + bits.read(MATCH_BITS[matchCode] as number)
    const length = (LENGTH_BASE[lengthCode] as number) + bits.read(LENGTH_BITS[lengthCode] as number)
    execute(length, offsetOf(value >>> 0, length, recent), match)
    if (left === 1) break
    lengthState = (lengths.next[lengthState] as number) + bits.read(lengths.bits[lengthState] as number)
    matchState = (matches.next[matchState] as number) + bits.read(matches.bits[matchState] as number)
    offsetState = (offsets.next[offsetState] as number) + bits.read(offsets.bits[offsetState] as number)
  }
  bits.requireEnd()
}

/** Values up to three stand for an offset that was used before; which one depends on whether there are literals. */
function offsetOf(value: number, length: number, recent: [number, number, number]): number {
  if (value > 3) {
    recent[2] = recent[1]
    recent[1] = recent[0]
    return (recent[0] = value - 3)
  }
  const which = value - (length === 0 ? 0 : 1)
  const offset = which === 3 ? recent[0] - 1 : (recent[which] as number)
  if (offset === 0) throw new BadBlock('refers to itself')
  if (which >= 2) recent[2] = recent[1]
  if (which >= 1) {
    recent[1] = recent[0]
    recent[0] = offset
  }
  return offset
}
