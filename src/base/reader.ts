// Bounds-checked little-endian reads over bytes that nobody has vouched for, and the bounded windows they come from.
// Pure: a browser and a fuzzer use it as it is.

import { FormatError, type FormatErrorCode } from './errors.ts'

/** Something that can be read at any place and is never read whole: a file, a memory image, a part of either. */
export interface Source {
  /** Bytes. */
  readonly size: number
  /** Exactly `length` bytes from `offset`; throws FormatError TRUNCATED where the source ends earlier (a file may have shrunk). */
  readAt(offset: number, length: number): Uint8Array
  /** The same into room that is there already, all of it: only where that saves a copy. */
  readInto?(offset: number, room: Uint8Array): void
  /** Whether bytes are known to be zero without being read: a hole of a sparse file may be larger than all disks. */
  isHole?(offset: number, length: number): boolean
}

/** Fills the room from `offset` on, without a copy in between where the source can do that. Throws as `readAt` does. */
export function readInto(source: Source, offset: number, room: Uint8Array): void {
  if (source.readInto === undefined) room.set(source.readAt(offset, room.length))
  else source.readInto(offset, room)
}

/**
 * A source over bytes in memory.
 *
 * @example
 * ```ts
 * sourceOf(Uint8Array.of(1, 2, 3)).readAt(1, 2) // Uint8Array [2, 3]
 * ```
 */
export function sourceOf(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    readAt: (offset, length) => {
      requireWithin(offset, length, bytes.length, 'input')
      return bytes.subarray(offset, offset + length)
    },
  }
}

/** A reader over `length` bytes of a source from `offset`, so that errors name places in the whole source. */
export function window(source: Source, offset: number, length: number, field: string): ByteReader {
  requireWithin(offset, length, source.size, field)
  const bytes = source.readAt(offset, length)
  // A Source that returns fewer bytes than it was asked for must not shift what is read after it.
  requireWithin(0, length, bytes.length, field)
  return new ByteReader(bytes, offset)
}

/** Reads fixed-width fields; every method throws FormatError TRUNCATED, and nothing else, for a place outside the bytes. */
export class ByteReader {
  readonly length: number
  /** Where byte 0 lies in the outermost input; errors report that position. */
  readonly origin: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array, origin = 0) {
    this.length = bytes.length
    this.origin = origin
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(at: number, field: string): number {
    this.#require(at, 1, field)
    return this.#view.getUint8(at)
  }

  u16(at: number, field: string): number {
    this.#require(at, 2, field)
    return this.#view.getUint16(at, true)
  }

  u32(at: number, field: string): number {
    this.#require(at, 4, field)
    return this.#view.getUint32(at, true)
  }

  /** 64-bit fields stay bigint until a caller has compared them with a limit. */
  u64(at: number, field: string): bigint {
    this.#require(at, 8, field)
    return this.#view.getBigUint64(at, true)
  }

  /** A view of the bytes, not a copy. */
  bytes(at: number, length: number, field: string): Uint8Array {
    this.#require(at, length, field)
    return this.#bytes.subarray(at, at + length)
  }

  /** A reader that cannot leave its part, and still reports places in the outermost input. */
  slice(at: number, length: number, field: string): ByteReader {
    return new ByteReader(this.bytes(at, length, field), this.origin + at)
  }

  /** Refuses unless `holds`; `at` is relative to this reader, the error's offset to the outermost input. */
  check(
    holds: boolean,
    code: FormatErrorCode,
    at: number,
    field: string,
    problem: string,
    advice?: string,
  ): asserts holds {
    if (!holds) throw new FormatError(code, field, this.origin + at, problem, advice)
  }

  #require(at: number, length: number, field: string): void {
    requireWithin(at, length, this.length, field, this.origin)
  }
}

function requireWithin(at: number, length: number, available: number, field: string, origin = 0): void {
  // A subtraction, because `at + length` could be rounded or overflow for hostile values.
  const fits = isCount(at) && isCount(length) && at <= available && length <= available - at
  if (!fits) throw new FormatError('TRUNCATED', field, origin + at, `needs ${length} bytes, input has ${available}`)
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}
