// Literals of a block: trees of Huffman, how they are described, and the one or four streams that are read with them. Source: RFC 8878, section
// 4.2. Pure.

import { BackwardBits, BadBlock } from './bits.ts'
import { type FseTable, readFseTable } from './fse.ts'

export type HuffmanTable = {
  /** Of the longest code. */
  readonly maxBits: number
  /** By the next `maxBits` bits: the symbol, and above it how many of the bits it takes. */
  readonly entries: Uint16Array
}

const MAX_BITS = 11
const MAX_WEIGHTS = 255 // of all symbols but the last
const WEIGHT_LIMITS = { maxAccuracy: 6, symbols: MAX_BITS + 2 }

/** A tree as a block describes it, and the byte behind the description. Throws BadBlock. */
export function readHuffman(
  view: DataView,
  from: number,
  to: number,
): { readonly table: HuffmanTable; readonly end: number } {
  if (from >= to) throw new BadBlock('has no tree for its literals')
  const head = view.getUint8(from)
  const isPacked = head < 128
  const end = from + 1 + (isPacked ? head : Math.ceil((head - 127) / 2))
  if (end > to) throw new BadBlock('has a tree that ends too early')
  const weights = isPacked ? packedWeights(view, from + 1, end) : plainWeights(view, from + 1, head - 127)
  return { table: buildHuffman(weights), end }
}

function plainWeights(view: DataView, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = view.getUint8(from + (i >>> 1))
    return i % 2 === 0 ? pair >>> 4 : pair & 15
  })
}

/** Two states take turns, until one cannot be followed any more: the other has one symbol left then. */
function packedWeights(view: DataView, from: number, to: number): number[] {
  const { table, end } = readFseTable(view, from, to, WEIGHT_LIMITS)
  const bits = new BackwardBits(view, end, to)
  const weights: number[] = []
  const states = [bits.read(table.accuracy), bits.read(table.accuracy)]
  for (let turn = 0; ; turn = 1 - turn) {
    const state = states[turn] as number
    weights.push(table.symbols[state] as number)
    if (weights.length > MAX_WEIGHTS) throw new BadBlock('has a tree of more than 256 literals')
    const width = table.bits[state] as number
    if (width > bits.left) {
      weights.push(table.symbols[states[1 - turn] as number] as number)
      return weights
    }
    states[turn] = follow(table, state, bits)
  }
}

function follow(table: FseTable, state: number, bits: BackwardBits): number {
  return (table.next[state] as number) + bits.read(table.bits[state] as number)
}

/** The last symbol's weight is not said: it is what makes the sum of all a power of two. */
function buildHuffman(weights: number[]): HuffmanTable {
  if (weights.length > MAX_WEIGHTS) throw new BadBlock('has a tree of more than 256 literals')
  if (weights.some((weight) => weight > MAX_BITS)) throw new BadBlock('has a tree with a code that is too long')
  const sum = weights.reduce((total, weight) => total + (weight === 0 ? 0 : 1 << (weight - 1)), 0)
  if (sum === 0) throw new BadBlock('has a tree without codes')
  const maxBits = 32 - Math.clz32(sum)
  if (maxBits > MAX_BITS) throw new BadBlock('has a tree with a code that is too long')
  const rest = (1 << maxBits) - sum
  if ((rest & (rest - 1)) !== 0) throw new BadBlock('has a tree whose codes do not fit')
  weights.push(32 - Math.clz32(rest))
  const entries = new Uint16Array(1 << maxBits)
  // The longest codes come first, and those of one length in the order of their symbols.
  let at = 0
  for (let weight = 1; weight <= maxBits; weight++) {
    const size = 1 << (weight - 1)
    weights.forEach((own, symbol) => {
      if (own !== weight) return
      entries.fill(((maxBits + 1 - weight) << 8) | symbol, at, at + size)
      at += size
    })
  }
  return { maxBits, entries }
}

/** Puts what one stream becomes into `target`. Throws BadBlock where it is not exactly as long as that. */
export function decodeStream(
  view: DataView,
  from: number,
  to: number,
  { maxBits, entries }: HuffmanTable,
  target: Uint8Array,
): void {
  const bits = new BackwardBits(view, from, to)
  for (let i = 0; i < target.length; i++) {
    const entry = entries[bits.peek(maxBits)] as number
    bits.skip(entry >>> 8)
    target[i] = entry
    if (bits.left < 0) throw new BadBlock('has literals that end too early')
  }
  bits.requireEnd()
}
