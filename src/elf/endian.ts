// Bounds-checked reads in either byte order, over bytes that nobody has vouched for: ELF files of s390x and older ppc64 are big-endian.

import type { ByteReader } from '../base/reader.ts'

/** Reads as a ByteReader does, and throws as one. */
export class EndianReader {
  readonly #reader: ByteReader
  readonly #littleEndian: boolean

  constructor(reader: ByteReader, littleEndian: boolean) {
    this.#reader = reader
    this.#littleEndian = littleEndian
  }

  u16(at: number, field: string): number {
    const value = this.#reader.u16(at, field)
    return this.#littleEndian ? value : ((value & 0xff) << 8) | (value >>> 8)
  }

  u32(at: number, field: string): number {
    if (this.#littleEndian) return this.#reader.u32(at, field)
    return this.u16(at, field) * 0x1_0000 + this.u16(at + 2, field)
  }

  u64(at: number, field: string): bigint {
    if (this.#littleEndian) return this.#reader.u64(at, field)
    return (BigInt(this.u32(at, field)) << 32n) | BigInt(this.u32(at + 4, field))
  }

  /** An address, an offset or a size: four bytes in files of class 32, eight in those of class 64. */
  word(at: number, width: 4 | 8, field: string): bigint {
    return width === 8 ? this.u64(at, field) : BigInt(this.u32(at, field))
  }
}
