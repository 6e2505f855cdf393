// Writes ELF files field by field, also impossible ones: for the tests and the fuzzer, which spoil one thing at a time.

import { ByteWriter } from '../base/writer.ts'
import { ELF_HEADER_SIZE, ELF_MAGIC, HEADER, PROGRAM_HEADER, PROGRAM_HEADER_SIZE } from './format.ts'

/** What is not given is 0. */
export interface SampleHeader {
  readonly type: number
  readonly flags?: number
  readonly offset?: number
  readonly vaddr?: number
  readonly filesz?: number
  readonly memsz?: number
  readonly align?: number
}

export interface SampleElf {
  /** e_machine; x86_64 where it is not given. */
  readonly machine?: number
  readonly entry: number
  readonly headers: readonly SampleHeader[]
  /** Bytes of the whole file. */
  readonly size: number
  /** What lies where in the file. */
  readonly parts?: readonly (readonly [offset: number, bytes: Uint8Array])[]
}

/** A valid ELF64 ET_EXEC header, the program headers behind it, and the parts. */
export function sampleElf(sample: SampleElf): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(sample.size)
    .put(0, ELF_MAGIC)
    .put(HEADER.class, Uint8Array.of(2, 1, 1))
    .u16(HEADER.type, 2)
    .u16(HEADER.machine, sample.machine ?? 62)
    .u32(HEADER.version, 1)
    .u64(HEADER.entry, BigInt(sample.entry))
    .u64(HEADER.phoff, BigInt(ELF_HEADER_SIZE))
    .u16(HEADER.ehsize, ELF_HEADER_SIZE)
    .u16(HEADER.phentsize, PROGRAM_HEADER_SIZE)
    .u16(HEADER.phnum, sample.headers.length)
  sample.headers.forEach((header, index) => {
    writer
      .u32(phdrAt(index, 'p_type'), header.type)
      .u32(phdrAt(index, 'p_flags'), header.flags ?? 0)
      .u64(phdrAt(index, 'p_offset'), BigInt(header.offset ?? 0))
      .u64(phdrAt(index, 'p_vaddr'), BigInt(header.vaddr ?? 0))
      .u64(phdrAt(index, 'p_paddr'), BigInt(header.vaddr ?? 0))
      .u64(phdrAt(index, 'p_filesz'), BigInt(header.filesz ?? 0))
      .u64(phdrAt(index, 'p_memsz'), BigInt(header.memsz ?? header.filesz ?? 0))
      .u64(phdrAt(index, 'p_align'), BigInt(header.align ?? 0))
  })
  for (const [offset, bytes] of sample.parts ?? []) writer.put(offset, bytes)
  return writer.bytes
}

/** Where a field of a program header lies in a sample. */
export function phdrAt(index: number, field: keyof typeof PROGRAM_HEADER): number {
  return ELF_HEADER_SIZE + index * PROGRAM_HEADER_SIZE + PROGRAM_HEADER[field]
}

/** A copy with one thing changed. */
export function spoil(bytes: Uint8Array, edit: (view: DataView, bytes: Uint8Array) => void): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes)
  edit(new DataView(copy.buffer), copy)
  return copy
}
