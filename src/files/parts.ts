// Contents that are a part of a larger source, or that have holes. Pure.

import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import type { Content } from './tree.ts'

/** `length` bytes of a source from `offset`. Throws FormatError TRUNCATED, with the name of the field that says so, where it has fewer. */
export function partOf(source: Source, offset: number, length: number, field: string): Source {
  requireRange(source.size, offset, length, field)
  return {
    size: length,
    readAt: (at, count) => {
      requireRange(length, at, count, field)
      return source.readAt(offset + at, count)
    },
  }
}

/** Bytes of a file, and where in `data` they are; what no extent covers is zero. */
export type Extent = { readonly at: number; readonly length: number; readonly from: number }

/** A file with holes. The extents are in ascending order, do not overlap, and lie within `size` and within `data`. */
export function sparseSource(size: number, extents: readonly Extent[], data: Source, field: string): Content {
  return {
    size,
    get stored() {
      return { bytes: extents.reduce((sum, { length }) => sum + length, 0) }
    },
    readAt: (offset, length) => {
      requireRange(size, offset, length, field)
      const bytes = new Uint8Array(length)
      for (let i = firstEndingAfter(extents, offset); i < extents.length; i++) {
        const { at, length: whole, from } = extents[i] as Extent
        if (at >= offset + length) break
        const start = Math.max(at, offset)
        const end = Math.min(at + whole, offset + length)
        bytes.set(data.readAt(from + start - at, end - start), start - offset)
      }
      return bytes
    },
    isHole: (offset, length) => {
      const next = extents[firstEndingAfter(extents, offset)]
      return next === undefined || next.at >= offset + length
    },
  }
}

function firstEndingAfter(extents: readonly Extent[], offset: number): number {
  let [low, high] = [0, extents.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const { at, length } = extents[middle] as Extent
    if (at + length <= offset) low = middle + 1
    else high = middle
  }
  return low
}

function requireRange(size: number, offset: number, length: number, field: string): void {
  const fits = Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset <= size && length <= size - offset
  if (!fits) throw new FormatError('TRUNCATED', field, Math.max(0, offset), `needs ${length} bytes, of ${size}`)
}

/** Holes are looked for in units of this many bytes: what Linux's page cache and most file systems use. */
export const HOLE_UNIT = 4096

/** Where a file has anything but whole units of zero. Reads it once, piece by piece. */
export function dataRanges(
  source: Source,
  piece = 1024 * 1024,
): readonly { readonly at: number; readonly length: number }[] {
  const ranges: { at: number; length: number }[] = []
  for (let start = 0; start < source.size; start += piece) {
    if (source.isHole?.(start, Math.min(piece, source.size - start)) === true) continue
    const bytes = source.readAt(start, Math.min(piece, source.size - start))
    for (let at = 0; at < bytes.length; at += HOLE_UNIT) {
      const unit = bytes.subarray(at, at + HOLE_UNIT)
      if (isZero(unit)) continue
      const last = ranges.at(-1)
      if (last !== undefined && last.at + last.length === start + at) last.length += unit.length
      else ranges.push({ at: start + at, length: unit.length })
    }
  }
  return ranges
}

export function isZero(bytes: Uint8Array): boolean {
  let at = 0
  if ((bytes.byteOffset & 3) === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false
    at = words.length * 4
  }
  for (; at < bytes.length; at++) if (bytes[at] !== 0) return false
  return true
}
