// gzip as archives are packed in: a member for each piece, one behind the other, which every gzip unpacks as one stream. So pieces can be
// packed side by side, and the bytes are the same whatever their number. Source: RFC 1952. Pure.

import { crc32 } from '../base/crc32.ts'
import { ByteWriter } from '../base/writer.ts'

const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255) // no time, no name, no system
/** What a zlib stream has around the deflated bytes (RFC 1950). */
const ZLIB_HEAD = 2
const ZLIB_TAIL = 4

/** A member out of a piece and what zlib makes of it. */
export function gzipMember(piece: Uint8Array, zlibStream: Uint8Array): Uint8Array {
  const deflated = zlibStream.subarray(ZLIB_HEAD, zlibStream.length - ZLIB_TAIL)
  const end = HEADER.length + deflated.length
  return new ByteWriter(end + 8)
    .put(0, HEADER)
    .put(HEADER.length, deflated)
    .u32(end, crc32(piece))
    .u32(end + 4, piece.length).bytes
}
