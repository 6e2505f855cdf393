// Tables of finite states: each state is a symbol, and says which states can follow. Source: RFC 8878, section 4.1. Pure.

import { BadBlock, ForwardBits } from './bits.ts'

export type FseTable = {
  /** Bits of a state. */
  readonly accuracy: number
  /** By state. */
  readonly symbols: Uint8Array
  /** How many bits lead to the next state, and the state that they are added to. */
  readonly bits: Uint8Array
  readonly next: Uint16Array
}

/** What a table of some kind of symbols may be. */
export type FseLimits = { readonly maxAccuracy: number; readonly symbols: number }

/** Less than one state in the whole table. */
const RARE = -1

/** A table as a block describes it, and the byte behind the description. Throws BadBlock. */
export function readFseTable(
  view: DataView,
  from: number,
  to: number,
  { maxAccuracy, symbols }: FseLimits,
): { readonly table: FseTable; readonly end: number } {
  const bits = new ForwardBits(view, from, to)
  const accuracy = bits.read(4) + 5
  if (accuracy > maxAccuracy) throw new BadBlock(`has a table of ${accuracy} bits, at most ${maxAccuracy} are possible`)
  const counts: number[] = []
  let remaining = 1 << accuracy
  while (remaining > 0) {
    if (counts.length >= symbols) throw new BadBlock(`has a table of more than ${symbols} symbols`)
    const count = readCount(bits, remaining)
    remaining -= Math.abs(count)
    counts.push(count)
    if (count === 0) skipZeroes(bits, counts)
    bits.endByte()
  }
  if (counts.length > symbols) throw new BadBlock(`has a table of more than ${symbols} symbols`)
  return { table: buildFseTable(counts, accuracy), end: bits.endByte() }
}

/** How many of the remaining states a symbol has; RARE for one of them at the table's end. */
function readCount(bits: ForwardBits, remaining: number): number {
  // Values from 0 to remaining + 1; the smaller ones take a bit less where they leave room.
  const width = 32 - Math.clz32(remaining + 1)
  const short = (1 << width) - 1 - (remaining + 1)
  const value = bits.read(width)
  const low = value & ((1 << (width - 1)) - 1)
  if (low < short) {
    bits.unread(1)
    return low - 1
  }
  return (value > low ? value - short : value) - 1
}

function skipZeroes(bits: ForwardBits, counts: number[]): void {
  for (let more = 3; more === 3; ) {
    more = bits.read(2)
    for (let i = 0; i < more; i++) counts.push(0)
    bits.endByte()
  }
}

export function buildFseTable(counts: readonly number[], accuracy: number): FseTable {
  const size = 1 << accuracy
  const symbols = new Uint8Array(size)
  const following = new Uint16Array(counts.length)
  let high = size
  counts.forEach((count, symbol) => {
    if (count === RARE) symbols[--high] = symbol
    following[symbol] = Math.abs(count)
  })
  // Symbols are spread so that those of one kind lie far apart; the step has no factor in common with the size.
  const step = (size >>> 1) + (size >>> 3) + 3
  let at = 0
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at >= high)
    }
  })
  const bits = new Uint8Array(size)
  const next = new Uint16Array(size)
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number
    const number = following[symbol] as number
    following[symbol] = number + 1
    const width = accuracy - (31 - Math.clz32(number))
    bits[state] = width
    next[state] = (number << width) - size
  }
  return { accuracy, symbols, bits, next }
}

/** A table in which there is nothing but one symbol. */
export function constantTable(symbol: number): FseTable {
  return { accuracy: 0, symbols: Uint8Array.of(symbol), bits: Uint8Array.of(0), next: Uint16Array.of(0) }
}
