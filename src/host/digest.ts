// SHA-256 of ranges of files, piece by piece. Loaded where something is verified: node:crypto costs a start milliseconds.

import { createHash } from 'node:crypto'
import type { Source } from '../base/reader.ts'

const PIECE = 1024 * 1024 // bytes

/** In hexadecimal. `progress` is told how many bytes each piece had. */
export function digestOf(
  source: Source,
  offset = 0,
  length = source.size - offset,
  progress: (bytes: number) => void = () => {},
): string {
  const hash = createHash('sha256')
  for (let at = 0; at < length; at += PIECE) {
    const piece = source.readAt(offset + at, Math.min(PIECE, length - at))
    hash.update(piece)
    progress(piece.length)
  }
  return hash.digest('hex')
}
