// Files with holes in tar, in the four ways in which GNU tar has written them (its manual, “Sparse Formats”): the old header, and pax records of
// versions 0.0, 0.1 and 1.0. Pure.

import type { ByteReader, Source } from '../../base/reader.ts'
import { window } from '../../base/reader.ts'
import { type Budget, excessOfSize, MAX_PIECES } from '../budget.ts'
import { type Extent, partOf, sparseSource } from '../parts.ts'
import { BLOCK } from './header.ts'

const OLD_FIRST = 386 // four extents of the header itself
const OLD_EXTENDED = 482
const OLD_REAL_SIZE = 483
const OLD_MORE = 21 // extents of a further block
const OLD_MORE_EXTENDED = 504

export type Body = { readonly offset: number; readonly size: number }

/** A file of the old format. `body` begins behind the header; returns the contents and how many bytes of further headers there are. */
export function readOldSparse(
  source: Source,
  header: ByteReader,
  body: Body,
  budget: Budget,
): { content: Source; extra: number } {
  const numbers: number[] = []
  takeOld(header, OLD_FIRST, 4, numbers)
  const realSize = oldNumber(header, OLD_REAL_SIZE, 'header.realsize')
  let extra = 0
  for (let more = header.u8(OLD_EXTENDED, 'header.isextended') !== 0; more; extra += BLOCK) {
    const block: ByteReader = window(source, body.offset + extra, BLOCK, 'sparse')
    takeOld(block, 0, OLD_MORE, numbers)
    more = block.u8(OLD_MORE_EXTENDED, 'sparse.isextended') !== 0
    block.check(numbers.length / 2 <= MAX_PIECES, 'LIMIT', 0, 'sparse', `has more than ${MAX_PIECES} pieces`)
  }
  const data = partOf(source, body.offset + extra, body.size, 'header.size')
  return { content: build(header, realSize, numbers, data, budget), extra }
}

function takeOld(block: ByteReader, from: number, count: number, numbers: number[]): void {
  for (let i = 0; i < count; i++) {
    const at = from + i * 24
    // An entry of nothing but NULs ends the list.
    if (block.u8(at + 12, 'sparse.numbytes') === 0 && block.u8(at, 'sparse.offset') === 0) return
    numbers.push(oldNumber(block, at, 'sparse.offset'), oldNumber(block, at + 12, 'sparse.numbytes'))
  }
}

function oldNumber(block: ByteReader, at: number, field: string): number {
  const bytes = block.bytes(at, 12, field)
  if (((bytes[0] as number) & 0x80) !== 0) {
    const value = bytes.subarray(1).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    block.check(value <= BigInt(Number.MAX_SAFE_INTEGER), 'BAD_VALUE', at, field, `is ${value}`)
    return Number(value)
  }
  const text = String.fromCharCode(...bytes)
    .replace(/[ \0]*$/, '')
    .trimStart()
  block.check(/^[0-7]*$/.test(text), 'BAD_VALUE', at, field, 'is no octal number')
  return text === '' ? 0 : Number.parseInt(text, 8)
}

/** A file whose pax records say that it has holes; undefined where they do not. `records` are the last of each keyword, `lists` all of them. */
export function readPaxSparse(
  source: Source,
  header: ByteReader,
  body: Body,
  records: ReadonlyMap<string, string>,
  pairs: readonly string[],
  budget: Budget,
): Source | undefined {
  const version = `${records.get('GNU.sparse.major') ?? '-'}.${records.get('GNU.sparse.minor') ?? '-'}`
  if (version === '1.0')
    return readVersion1(source, header, body, decimal(header, records, 'GNU.sparse.realsize'), budget)
  const numbers = records.has('GNU.sparse.map') ? records.get('GNU.sparse.map')?.split(',') : pairs
  if (!records.has('GNU.sparse.size')) {
    header.check(version === '-.-', 'UNSUPPORTED', 0, 'pax.GNU.sparse.major', `is version ${version} of sparse files`)
    return undefined
  }
  const size = decimal(header, records, 'GNU.sparse.size')
  const values = (numbers ?? []).map((text) => parse(header, text, 'pax.GNU.sparse.map'))
  return build(header, size, values, partOf(source, body.offset, body.size, 'header.size'), budget)
}

/** The map stands in front of the data, a number a line, and fills whole blocks. */
function readVersion1(source: Source, header: ByteReader, body: Body, size: number, budget: Budget): Source {
  let at = 0
  let rest = ''
  const numbers: number[] = []
  const want = (): number => (numbers.length === 0 ? 1 : 1 + 2 * (numbers[0] as number))
  while (numbers.length < want()) {
    header.check(at + BLOCK <= body.size, 'TRUNCATED', 0, 'sparse map', 'ends with the file')
    const text = rest + String.fromCharCode(...source.readAt(body.offset + at, BLOCK))
    at += BLOCK
    const lines = text.split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      if (numbers.length === want()) break
      numbers.push(parse(header, line, 'sparse map'))
      header.check((numbers[0] as number) <= MAX_PIECES, 'LIMIT', 0, 'sparse map', `has more than ${MAX_PIECES} pieces`)
    }
    header.check(numbers.length === want() || rest.length <= 32, 'BAD_VALUE', 0, 'sparse map', 'is no list of numbers')
  }
  const data = partOf(source, body.offset + at, body.size - at, 'header.size')
  return build(header, size, numbers.slice(1), data, budget)
}

function decimal(header: ByteReader, records: ReadonlyMap<string, string>, keyword: string): number {
  return parse(header, records.get(keyword) ?? '', `pax.${keyword}`)
}

function parse(header: ByteReader, text: string, field: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  header.check(Number.isSafeInteger(value), 'BAD_VALUE', 0, field, 'is no number of bytes')
  return value
}

/** Pairs of offset and length, in ascending order and within the file; data lie one behind the other. */
function build(header: ByteReader, size: number, numbers: readonly number[], data: Source, budget: Budget): Source {
  const excess = excessOfSize(size)
  header.check(excess === undefined, 'LIMIT', 0, 'sparse size', `${excess}`)
  const extents: Extent[] = []
  let [end, from] = [0, 0]
  header.check(numbers.length % 2 === 0, 'BAD_VALUE', 0, 'sparse map', 'ends in the middle of a pair')
  for (let i = 0; i < numbers.length; i += 2) {
    const [at, length] = [numbers[i] as number, numbers[i + 1] as number]
    header.check(at >= end, 'BAD_VALUE', 0, 'sparse map', `has ${at} behind ${end}`)
    header.check(
      at <= size && length <= size - at,
      'BAD_VALUE',
      0,
      'sparse map',
      `leads beyond the ${size} bytes of the file`,
    )
    header.check(
      length <= data.size - from,
      'TRUNCATED',
      0,
      'sparse map',
      `wants more than the ${data.size} bytes there are`,
    )
    if (length > 0) extents.push({ at, length, from })
    end = at + length
    from += length
  }
  const many = budget.pieces(extents.length)
  header.check(many === undefined, 'LIMIT', 0, 'sparse map', `${many}`)
  return sparseSource(size, extents, data, 'contents')
}
