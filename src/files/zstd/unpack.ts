// Unpacks zstd block by block, whatever the size of a frame: memory has what later blocks may refer to, and no more. Source: RFC 8878. Pure.

import { FormatError } from '../../base/errors.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import type { Decompress } from '../codec.ts'
import { BadBlock, MARGIN } from './bits.ts'
import { Xxh64 } from './checksum.ts'
import { BLOCK, type BlockHeader, endOfFrame, type Frame, readBlockHeader, readFrame } from './frame.ts'
import { History } from './history.ts'
import { MAX_BLOCK } from './limits.ts'
import { type LiteralsState, readLiterals } from './literals.ts'
import { freshSequences, readSequences, type SequencesState } from './sequences.ts'

/** Frames that are unpacked whole where somebody has a faster way. Bytes of what they become. */
const SMALL_FRAME = 4 * 1024 * 1024

/**
 * Hands out what all frames of a source become, in order; the bytes are only there during the call. `whole` unpacks a small frame at once, faster than
 * this does, and may throw anything. Throws FormatError, and what `put` throws.
 *
 * @example
 * ```ts
 * unpackZstd(openFile('a.tar.zst').source, (bytes) => void writeSync(1, bytes))
 * ```
 */
export function unpackZstd(source: Source, put: (bytes: Uint8Array) => void, whole?: Decompress): void {
  const scratch = new Scratch()
  for (let at = 0; at < source.size; ) {
    const frame = readFrame(source, at)
    if ('skipTo' in frame) at = frame.skipTo
    else at = unpackWhole(source, at, frame, put, whole) ?? unpackFrame(source, frame, scratch, put)
  }
}

/** Returns the place behind the frame, or undefined where it has to be looked at block by block: if only to say what is wrong with it. */
function unpackWhole(
  source: Source,
  at: number,
  frame: Frame,
  put: (bytes: Uint8Array) => void,
  whole: Decompress | undefined,
): number | undefined {
  const { size } = frame
  if (whole === undefined || size === undefined || size > SMALL_FRAME) return undefined
  const end = endOfFrame(source, frame)
  if (end - at > SMALL_FRAME) return undefined
  let bytes: Uint8Array
  try {
    bytes = whole(source.readAt(at, end - at), size)
  } catch {
    return undefined
  }
  if (bytes.length !== size) return undefined
  put(bytes)
  return end
}

/** Memory that every block needs for a while. */
class Scratch {
  readonly block = new Uint8Array(MAX_BLOCK + 2 * MARGIN)
  readonly view = new DataView(this.block.buffer)
  readonly literals = new Uint8Array(MAX_BLOCK)
}

/** Returns the place behind it. */
function unpackFrame(source: Source, frame: Frame, scratch: Scratch, put: (bytes: Uint8Array) => void): number {
  const most = frame.size ?? Number.POSITIVE_INFINITY
  const history = new History(frame.window, most)
  const checksum = frame.hasChecksum ? new Xxh64() : undefined
  const state = { huffman: undefined, ...freshSequences() }
  let at = frame.begin
  let done = 0
  for (let last = false; !last; ) {
    const header = readBlockHeader(source, at, frame)
    const length = header.end - header.begin
    const bytes: ByteReader = window(source, header.begin, length, 'zstd block')
    history.begin(frame.maxBlock)
    try {
      unpackBlock(bytes.bytes(0, length, 'zstd block'), header, history, state, scratch)
    } catch (error) {
      if (!(error instanceof BadBlock)) throw error
      throw new FormatError('BAD_VALUE', 'zstd block', at, error.message)
    }
    const { block } = history
    done += block.length
    if (done > most) throw new FormatError('BAD_VALUE', 'zstd block', at, `goes beyond the ${most} bytes of its frame`)
    checksum?.update(block)
    if (block.length > 0) put(block)
    last = header.isLast
    at = header.end
  }
  if (frame.size !== undefined && done !== frame.size) {
    throw new FormatError('BAD_VALUE', 'zstd frame', at, `has ${done} bytes and claims to have ${frame.size}`)
  }
  return checksum === undefined ? at : requireChecksum(source, at, checksum)
}

function requireChecksum(source: Source, at: number, checksum: Xxh64): number {
  const r: ByteReader = window(source, at, 4, 'zstd.checksum')
  const field = 'zstd.checksum'
  r.check(r.u32(0, field) === checksum.low(), 'BAD_VALUE', 0, field, 'is not that of the contents: they are spoiled')
  return at + 4
}

function unpackBlock(
  bytes: Uint8Array,
  { type, size }: BlockHeader,
  history: History,
  state: LiteralsState & SequencesState,
  { block, view, literals }: Scratch,
): void {
  if (type === BLOCK.raw) return history.put(bytes, 0, size)
  if (type === BLOCK.run) return history.fill(bytes[0] as number, size)
  if (size === 0) throw new BadBlock('is empty')
  block.set(bytes, MARGIN)
  const end = MARGIN + size
  const found = readLiterals(view, MARGIN, end, literals, state)
  let used = 0
  readSequences(view, found.end, end, state, (length, offset, match) => {
    if (length > found.count - used) throw new BadBlock('has fewer literals than it uses')
    history.put(literals, used, (used += length))
    history.repeat(offset, match)
  })
  history.put(literals, used, found.count)
}
