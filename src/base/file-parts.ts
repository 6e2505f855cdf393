// A file that exists only as its parts: what is written where, and what is copied from a source. So a file may be large without ever
// being held in memory. Pure.

import type { Source } from './reader.ts'

/** Parts in ascending order; what no part covers is zero. */
export interface FileParts {
  /** Bytes. */
  readonly size: number
  readonly parts: readonly FilePart[]
}

/** Bytes at a place, or a range of the source that belongs there. */
export type FilePart =
  | { readonly at: number; readonly bytes: Uint8Array }
  | { readonly at: number; readonly from: number; readonly length: number }

/** All of it in memory. Throws RangeError for a file too large for that, FormatError where the source has become shorter. */
export function joinParts(file: FileParts, source: Source): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file.size)
  for (const part of file.parts) {
    bytes.set('bytes' in part ? part.bytes : source.readAt(part.from, part.length), part.at)
  }
  return bytes
}
