// Finds and reads Multiboot headers, version 1 and 2 (Multiboot Specification 0.6.96, section 3.1; Multiboot2 Specification 2.0,
// section 3.1). The bytes come out of a file that somebody handed us. Pure.

import { ByteReader, type Source } from '../base/reader.ts'
import { ByteWriter } from '../base/writer.ts'
import { indexOf, peek } from './values.ts'

const MAGIC_1 = 0x1badb002
const MAGIC_2 = 0xe85250d6
const MAGIC_1_BYTES = new ByteWriter(4).u32(0, MAGIC_1).bytes
const MAGIC_2_BYTES = new ByteWriter(4).u32(0, MAGIC_2).bytes
/** How far into the file a header may begin. */
const SEARCHED_1 = 8192
const SEARCHED_2 = 32768
const MAX_TAGS = 64
const TWO_32 = 2 ** 32

export interface Multiboot1 {
  /** Where the header lies in the file. */
  readonly offset: number
  readonly flags: number
  /** Addresses that say where to load a file that is no ELF file, or a 64-bit one (flag 16, the "a.out kludge"). */
  readonly addresses: Multiboot1Addresses | undefined
}

export interface Multiboot1Addresses {
  readonly header: number
  readonly load: number
  /** 0: up to the end of the file. */
  readonly loadEnd: number
  /** 0: no bss. */
  readonly bssEnd: number
  readonly entry: number
}

export interface Multiboot2 {
  readonly offset: number
  readonly architecture: number
  readonly length: number
  /** Types of the tags in their order, without the one that ends them. */
  readonly tags: readonly number[]
}

export interface Multiboot {
  readonly v1: Multiboot1 | undefined
  readonly v2: Multiboot2 | undefined
}

/** The first header of each version whose checksum is right. Reads at most 32 KiB. */
export function findMultiboot(source: Source): Multiboot {
  const bytes = peek(source, 0, SEARCHED_2)
  return {
    v1: findFirst(bytes.subarray(0, SEARCHED_1), MAGIC_1_BYTES, 4, readHeader1),
    v2: findFirst(bytes, MAGIC_2_BYTES, 8, readHeader2),
  }
}

type ReadHeader<T> = (r: ByteReader, at: number) => T | undefined

function findFirst<T>(bytes: Uint8Array, magic: Uint8Array, step: number, read: ReadHeader<T>): T | undefined {
  for (let at = indexOf(bytes, magic); at >= 0; at = indexOf(bytes, magic, at + 1)) {
    const found = at % step === 0 ? read(new ByteReader(bytes), at) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function readHeader1(r: ByteReader, at: number): Multiboot1 | undefined {
  if (at + 12 > r.length) return undefined
  const flags = r.u32(at + 4, 'multiboot.flags')
  if ((MAGIC_1 + flags + r.u32(at + 8, 'multiboot.checksum')) % TWO_32 !== 0) return undefined
  const placed = (flags & 0x10000) !== 0 && at + 32 <= r.length
  const word = (where: number): number => r.u32(at + where, 'multiboot.addresses')
  const addresses = placed
    ? { header: word(12), load: word(16), loadEnd: word(20), bssEnd: word(24), entry: word(28) }
    : undefined
  return { offset: at, flags, addresses }
}

function readHeader2(r: ByteReader, at: number): Multiboot2 | undefined {
  if (at + 16 > r.length) return undefined
  const architecture = r.u32(at + 4, 'multiboot2.architecture')
  const length = r.u32(at + 8, 'multiboot2.header_length')
  if ((MAGIC_2 + architecture + length + r.u32(at + 12, 'multiboot2.checksum')) % TWO_32 !== 0) return undefined
  const tags: number[] = []
  const end = Math.min(at + length, r.length)
  for (let tag = at + 16; tag + 8 <= end && tags.length < MAX_TAGS; ) {
    const type = r.u16(tag, 'multiboot2.tag')
    const size = r.u32(tag + 4, 'multiboot2.tag.size')
    if (type === 0 || size < 8) break
    tags.push(type)
    tag += Math.ceil(size / 8) * 8
  }
  return { offset: at, architecture, length, tags }
}
