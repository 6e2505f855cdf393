// Reads the header and the program headers of an ELF64 file: all that a loader looks at, through bounded windows.
// The bytes come out of a file that somebody handed us; sections and symbols are never consulted.

import { FormatError } from '../base/errors.ts'
import type { ByteReader, Source } from '../base/reader.ts'
import { window } from '../base/reader.ts'
import {
  CLASS_64,
  DATA_LITTLE_ENDIAN,
  ELF_HEADER_SIZE,
  ELF_MAGIC,
  ET_EXEC,
  FORMAT_VERSION,
  HEADER,
  machineName,
  PROGRAM_HEADER,
  PROGRAM_HEADER_SIZE,
} from './format.ts'

/** A unikernel has about ten program headers. The field would allow 65535, which is 3.6 MB of table to look through. */
export const MAX_PROGRAM_HEADERS = 1024

export interface Machine {
  /** e_machine. */
  readonly id: number
  /** `x86_64`, `aarch64`, `ppc64`, …; `machine N` where the number is not known. */
  readonly name: string
}

/** One entry of the table as the file has it: nothing but its place has been checked. */
export interface ProgramHeader {
  readonly index: number
  /** Where the entry lies in the file, so that a complaint can name the place of a field. */
  readonly at: number
  readonly type: number
  readonly flags: number
  readonly offset: bigint
  readonly vaddr: bigint
  readonly paddr: bigint
  readonly filesz: bigint
  readonly memsz: bigint
  readonly align: bigint
}

export interface Elf {
  readonly machine: Machine
  readonly entry: bigint
  /** Where the table of program headers lies in the file. */
  readonly tableOffset: number
  readonly programHeaders: readonly ProgramHeader[]
}

/**
 * Reads an ELF64 little-endian ET_EXEC file of any processor. Reads at most 64 bytes and the program header table.
 * Throws FormatError: BAD_MAGIC where it is no ELF file at all, UNSUPPORTED for another kind of ELF file.
 *
 * @example
 * ```ts
 * const elf = readElf(sourceOf(bytes))
 * elf.machine.name // 'x86_64'
 * ```
 */
export function readElf(source: Source): Elf {
  requireMagic(source)
  const header: ByteReader = window(source, 0, ELF_HEADER_SIZE, 'ELF header')
  requireHeader(header)

  const count = header.u16(HEADER.phnum, 'e_phnum')
  header.check(count >= 1, 'BAD_VALUE', HEADER.phnum, 'e_phnum', 'is 0: the file has no program headers')
  header.check(
    count <= MAX_PROGRAM_HEADERS,
    'LIMIT',
    HEADER.phnum,
    'e_phnum',
    `is ${count}, at most ${MAX_PROGRAM_HEADERS} are read`,
  )

  const machine = header.u16(HEADER.machine, 'e_machine')
  const table = programHeaderTable(source, header, count)
  return {
    machine: { id: machine, name: machineName(machine) },
    entry: header.u64(HEADER.entry, 'e_entry'),
    tableOffset: table.origin,
    programHeaders: Array.from({ length: count }, (_, index) => programHeader(table, index)),
  }
}

/** Where a field of a program header lies in the file and what it is called, for a FormatError about it. */
export function fieldOf(header: ProgramHeader, name: keyof typeof PROGRAM_HEADER): { field: string; offset: number } {
  return { field: `phdr[${header.index}].${name}`, offset: header.at + PROGRAM_HEADER[name] }
}

/** A text file deserves another answer than an ELF file that was cut short. */
function requireMagic(source: Source): void {
  const length = Math.min(source.size, ELF_MAGIC.length)
  const start: ByteReader = window(source, 0, length, 'e_ident')
  for (let i = 0; i < length; i++) {
    start.check(start.u8(i, 'e_ident') === ELF_MAGIC[i], 'BAD_MAGIC', 0, 'e_ident', 'is not that of an ELF file')
  }
}

function requireHeader(header: ByteReader): void {
  const is = (at: number, name: string, found: number, wanted: number, why: string): void =>
    header.check(found === wanted, 'UNSUPPORTED', at, name, `is ${found}, not ${wanted} (${why})`)

  is(HEADER.class, 'e_ident[4]', header.u8(HEADER.class, 'e_ident[4]'), CLASS_64, '64-bit')
  is(HEADER.data, 'e_ident[5]', header.u8(HEADER.data, 'e_ident[5]'), DATA_LITTLE_ENDIAN, 'little-endian')
  is(HEADER.version, 'e_version', header.u32(HEADER.version, 'e_version'), FORMAT_VERSION, 'the only version')
  is(HEADER.ehsize, 'e_ehsize', header.u16(HEADER.ehsize, 'e_ehsize'), ELF_HEADER_SIZE, 'the size of this header')
  const entrySize = header.u16(HEADER.phentsize, 'e_phentsize')
  is(HEADER.phentsize, 'e_phentsize', entrySize, PROGRAM_HEADER_SIZE, 'the size of a program header')
  is(HEADER.type, 'e_type', header.u16(HEADER.type, 'e_type'), ET_EXEC, 'a static program at fixed addresses')
}

function programHeaderTable(source: Source, header: ByteReader, count: number): ByteReader {
  const offset = header.u64(HEADER.phoff, 'e_phoff')
  const size = count * PROGRAM_HEADER_SIZE
  const fileSize = BigInt(source.size)
  if (offset > fileSize || BigInt(size) > fileSize - offset) {
    const problem = `is ${offset}, and ${size} bytes from there do not lie in a file of ${fileSize}`
    throw new FormatError('TRUNCATED', 'e_phoff', HEADER.phoff, problem)
  }
  return window(source, Number(offset), size, 'e_phoff')
}

function programHeader(table: ByteReader, index: number): ProgramHeader {
  const entry = table.slice(index * PROGRAM_HEADER_SIZE, PROGRAM_HEADER_SIZE, `phdr[${index}]`)
  const u64 = (name: keyof typeof PROGRAM_HEADER): bigint => entry.u64(PROGRAM_HEADER[name], `phdr[${index}].${name}`)
  return {
    index,
    at: entry.origin,
    type: entry.u32(PROGRAM_HEADER.p_type, `phdr[${index}].p_type`),
    flags: entry.u32(PROGRAM_HEADER.p_flags, `phdr[${index}].p_flags`),
    offset: u64('p_offset'),
    vaddr: u64('p_vaddr'),
    paddr: u64('p_paddr'),
    filesz: u64('p_filesz'),
    memsz: u64('p_memsz'),
    align: u64('p_align'),
  }
}
