// SHA-256 of ranges of files, piece by piece.

import type { Source } from '../base/reader.ts'

const PIECE = 1024 * 1024 // bytes

/** In hexadecimal. `progress` is told how many bytes each piece had. */
export function digestOf(
  source: Source,
  offset = 0,
  length = source.size - offset,
  progress: (bytes: number) => void = () => {},
): string {
  // Not imported: node:crypto costs a start milliseconds, and a part that has been verified before needs none of it.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (let at = 0; at < length; at += PIECE) {
    const piece = source.readAt(offset + at, Math.min(PIECE, length - at))
    hash.update(piece)
    progress(piece.length)
  }
  return hash.digest('hex')
}
