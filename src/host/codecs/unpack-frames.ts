// Unpacks zstd frame by frame: a frame is found by walking over the headers of its blocks, and unpacked when all of it is there. Source: RFC 8878,
// sections 3.1.1 and 3.1.2.

import { FormatError } from '../../base/errors.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { loadCodec } from './codec-files.ts'

/** A frame is unpacked in memory: `zstd` makes a frame of a whole file, so that this is what an archive of others may have. */
const MAX_FRAME = 1024 * 1024 * 1024
const MAGIC = 0xfd2fb528
/** Frames that hold nothing, of sixteen magic numbers. */
const SKIPPABLE = 0x184d2a50

/** Throws FormatError. */
export async function unpackFrames(source: Source, put: (bytes: Uint8Array) => void): Promise<void> {
  const codec = await loadCodec('zstd')
  for (let at = 0; at < source.size; ) {
    const head: ByteReader = window(source, at, 8, 'zstd frame')
    const magic = head.u32(0, 'zstd.magic')
    if ((magic & ~0xf) >>> 0 === SKIPPABLE) {
      at += 8 + head.u32(4, 'zstd.skip')
      continue
    }
    head.check(magic === MAGIC, 'BAD_MAGIC', 0, 'zstd.magic', 'is not that of zstd')
    const end = endOfFrame(source, at)
    let bytes: Uint8Array
    try {
      bytes = codec.decompress(source.readAt(at, end - at), MAX_FRAME)
    } catch (error) {
      throw new FormatError(
        'BAD_VALUE',
        'zstd frame',
        at,
        `cannot be unpacked: ${error instanceof Error ? error.message : 'it is spoiled'}`,
      )
    }
    put(bytes)
    at = end
  }
}

function endOfFrame(source: Source, at: number): number {
  const reader: ByteReader = window(source, at, Math.min(18, source.size - at), 'zstd frame')
  const descriptor = reader.u8(4, 'zstd.descriptor')
  const isSingle = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number
  let end = at + 5 + (isSingle ? 0 : 1) + dictionary + contentSize
  for (let last = false; !last; ) {
    const header: ByteReader = window(source, end, 3, 'zstd block')
    const word = header.u16(0, 'zstd.block') | (header.u8(2, 'zstd.block') << 16)
    last = (word & 1) !== 0
    const type = (word >>> 1) & 3
    header.check(type !== 3, 'BAD_VALUE', 0, 'zstd.block', 'is of a type that is none')
    // A run is one byte, whatever the size says.
    end += 3 + (type === 1 ? 1 : word >>> 3)
  }
  end += (descriptor & 4) === 0 ? 0 : 4
  reader.check(end <= source.size, 'TRUNCATED', 0, 'zstd frame', `ends at ${end}, the file has ${source.size} bytes`)
  return end
}
