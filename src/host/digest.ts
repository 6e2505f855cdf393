// SHA-256 of ranges of files, piece by piece.

import type { Source } from '../base/reader.ts'

const PIECE = 1024 * 1024 // bytes

/** In hexadecimal. */
export function digestOf(source: Source, offset: number, length: number): string {
  // Not imported: node:crypto costs a start milliseconds, and a part that has been verified before needs none of it.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (let at = 0; at < length; at += PIECE) {
    hash.update(source.readAt(offset + at, Math.min(PIECE, length - at)))
  }
  return hash.digest('hex')
}
