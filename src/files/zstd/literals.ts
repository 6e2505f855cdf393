// The first part of a block: bytes that are new in it. Source: RFC 8878, section 3.1.1.3.1. Pure.

import { BadBlock } from './bits.ts'
import { decodeStream, type HuffmanTable, readHuffman } from './huffman.ts'
import { MAX_BLOCK } from './limits.ts'

/** What a frame's blocks leave to the next one. */
export type LiteralsState = { huffman: HuffmanTable | undefined }

const RAW = 0
const RUN = 1
const WITHOUT_TREE = 3

/** Puts the literals into `target`; returns how many there are, and the byte behind them. Throws BadBlock. */
export function readLiterals(
  view: DataView,
  from: number,
  to: number,
  target: Uint8Array,
  state: LiteralsState,
): { readonly count: number; readonly end: number } {
  const type = view.getUint8(from) & 3
  const format = (view.getUint8(from) >>> 2) & 3
  return type === RAW || type === RUN
    ? readPlain(view, from, to, target, type, format)
    : readPacked(view, from, to, target, state, type, format)
}

function readPlain(view: DataView, from: number, to: number, target: Uint8Array, type: number, format: number) {
  const head = view.getUint32(from, true)
  // A format whose lower bit is not set has only that one: the other is the number's.
  const size = [1, 2, 1, 3][format] as number
  const count = size === 1 ? (head >>> 3) & 0x1f : (head >>> 4) & (size === 2 ? 0xfff : 0xfffff)
  requireCount(count)
  const begin = from + size
  const end = begin + (type === RUN ? 1 : count)
  if (end > to) throw new BadBlock('has literals that end too early')
  if (type === RUN) target.fill(view.getUint8(begin), 0, count)
  else target.set(new Uint8Array(view.buffer, view.byteOffset + begin, count))
  return { count, end }
}

function readPacked(
  view: DataView,
  from: number,
  to: number,
  target: Uint8Array,
  state: LiteralsState,
  type: number,
  format: number,
) {
  const low = view.getUint32(from, true) >>> 4
  const width = [10, 10, 14, 18][format] as number
  const count = low & ((1 << width) - 1)
  // The second number may reach into the fifth byte.
  const size = width === 18 ? (low >>> 18) | (view.getUint8(from + 4) << 10) : (low >>> width) & ((1 << width) - 1)
  requireCount(count)
  let begin = from + ([3, 3, 4, 5][format] as number)
  const end = begin + size
  if (end > to) throw new BadBlock('has literals that end too early')
  if (type !== WITHOUT_TREE) {
    const { table, end: behind } = readHuffman(view, begin, end)
    state.huffman = table
    begin = behind
  }
  if (state.huffman === undefined) throw new BadBlock('has no tree for its literals')
  if (format === 0) decodeStream(view, begin, end, state.huffman, target.subarray(0, count))
  else decodeFour(view, begin, end, state.huffman, target.subarray(0, count))
  return { count, end }
}

/** Three lengths, and four streams for a quarter each. */
function decodeFour(view: DataView, begin: number, end: number, table: HuffmanTable, target: Uint8Array): void {
  const quarter = Math.ceil(target.length / 4)
  if (end - begin < 6 || quarter * 3 > target.length) throw new BadBlock('has literals in four parts that are none')
  let at = begin + 6
  for (let i = 0; i < 4; i++) {
    const next = i === 3 ? end : at + view.getUint16(begin + i * 2, true)
    if (next > end) throw new BadBlock('has literals that end too early')
    decodeStream(view, at, next, table, target.subarray(i * quarter, i === 3 ? undefined : (i + 1) * quarter))
    at = next
  }
}

function requireCount(count: number): void {
  if (count > MAX_BLOCK) throw new BadBlock(`has ${count} literals, at most ${MAX_BLOCK} are possible`)
}
