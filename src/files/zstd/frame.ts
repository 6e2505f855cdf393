// What a zstd frame says of itself before its first block. Source: RFC 8878, sections 3.1.1.1 and 3.1.2. Pure.

import { FormatError } from '../../base/errors.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { formatSize } from '../../base/size.ts'
import { MAX_BLOCK, MAX_WINDOW } from './limits.ts'

export type Frame = {
  /** How far back its blocks refer. Bytes. */
  readonly window: number
  /** What it becomes, where it says so. Bytes. */
  readonly size: number | undefined
  readonly hasChecksum: boolean
  /** What a block may become, and may take. Bytes. */
  readonly maxBlock: number
  /** Where its first block lies. */
  readonly begin: number
}

const MAGIC = 0xfd2fb528
/** Frames that hold nothing, of sixteen magic numbers. */
const SKIPPABLE = 0x184d2a50
const MAX_HEADER = 18

/** The frame at a place, or where the next one is if this is one to be passed over. Throws FormatError. */
export function readFrame(source: Source, at: number): Frame | { readonly skipTo: number } {
  const r: ByteReader = window(source, at, Math.min(MAX_HEADER, source.size - at), 'zstd frame')
  const magic = r.u32(0, 'zstd.magic')
  if ((magic & ~0xf) >>> 0 === SKIPPABLE) {
    const skipTo = at + 8 + r.u32(4, 'zstd.skip')
    r.check(skipTo <= source.size, 'TRUNCATED', 4, 'zstd.skip', `leads to ${skipTo}, the file has ${source.size} bytes`)
    return { skipTo }
  }
  r.check(magic === MAGIC, 'BAD_MAGIC', 0, 'zstd.magic', 'is not that of zstd')
  const descriptor = r.u8(4, 'zstd.descriptor')
  r.check((descriptor & 8) === 0, 'UNSUPPORTED', 4, 'zstd.descriptor', 'has a bit set that is reserved')
  const isSingle = (descriptor & 0x20) !== 0
  const dictionaryAt = isSingle ? 5 : 6
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  for (let i = 0; i < dictionaryBytes; i++) {
    const isNone = r.u8(dictionaryAt + i, 'zstd.dictionary') === 0
    r.check(isNone, 'UNSUPPORTED', dictionaryAt + i, 'zstd.dictionary', 'has to be at hand to unpack this')
  }
  const sizeAt = dictionaryAt + dictionaryBytes
  const { size, bytes } = contentSize(r, sizeAt, descriptor >>> 6, isSingle)
  const frameWindow = isSingle ? Number(size) : windowOf(r.u8(5, 'zstd.window'))
  const limit = formatSize(MAX_WINDOW)
  r.check(
    frameWindow <= MAX_WINDOW,
    'LIMIT',
    5,
    'zstd.window',
    `is ${formatSize(frameWindow)}, at most ${limit} are taken`,
  )
  r.check(size === undefined || size <= 2n ** 53n, 'LIMIT', sizeAt, 'zstd.size', 'is more than can be counted')
  return {
    window: frameWindow,
    size: size === undefined ? undefined : Number(size),
    hasChecksum: (descriptor & 4) !== 0,
    maxBlock: Math.min(MAX_BLOCK, frameWindow),
    begin: at + sizeAt + bytes,
  }
}

function contentSize(r: ByteReader, at: number, kind: number, isSingle: boolean) {
  const field = 'zstd.size'
  switch (kind) {
    case 0:
      return isSingle ? { size: BigInt(r.u8(at, field)), bytes: 1 } : { size: undefined, bytes: 0 }
    case 1:
      return { size: BigInt(r.u16(at, field) + 256), bytes: 2 }
    case 2:
      return { size: BigInt(r.u32(at, field)), bytes: 4 }
    default:
      return { size: r.u64(at, field), bytes: 8 }
  }
}

/** A power of two, and eighths of it. */
function windowOf(byte: number): number {
  return 2 ** (10 + (byte >>> 3)) * (1 + (byte & 7) / 8)
}

export const BLOCK = { raw: 0, run: 1, packed: 2 } as const

export type BlockHeader = {
  /** One of BLOCK, or 3, which is none. */
  readonly type: number
  /** What a run becomes, and what any other takes. Bytes. */
  readonly size: number
  readonly isLast: boolean
  /** Where its bytes lie, and where they end. */
  readonly begin: number
  readonly end: number
}

/** Throws FormatError. */
export function readBlockHeader(source: Source, at: number, { maxBlock }: Frame): BlockHeader {
  const r: ByteReader = window(source, at, 3, 'zstd block')
  const word = r.u16(0, 'zstd block') | (r.u8(2, 'zstd block') << 16)
  const [type, size] = [(word >>> 1) & 3, word >>> 3]
  r.check(type !== 3, 'BAD_VALUE', 0, 'zstd block', 'is of a type that is none')
  r.check(size <= maxBlock, 'BAD_VALUE', 0, 'zstd block', `has ${size} bytes, at most ${maxBlock} are possible`)
  const begin = at + 3
  return { type, size, isLast: (word & 1) !== 0, begin, end: begin + (type === BLOCK.run ? 1 : size) }
}

/** The place behind a frame, found by walking over the headers of its blocks. Throws FormatError. */
export function endOfFrame(source: Source, frame: Frame): number {
  let block = readBlockHeader(source, frame.begin, frame)
  while (!block.isLast) block = readBlockHeader(source, block.end, frame)
  const end = block.end + (frame.hasChecksum ? 4 : 0)
  if (end <= source.size) return end
  throw new FormatError('TRUNCATED', 'zstd frame', block.end, `ends at ${end}, the file has ${source.size} bytes`)
}
