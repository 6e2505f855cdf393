// Reads the headers of an ELF file of any class, byte order, type and processor, for looking at it: what is to be run goes through
// read.ts, which is stricter. The bytes come out of a file that somebody handed us. Pure.

import { FormatError } from '../base/errors.ts'
import { type ByteReader, type Source, window } from '../base/reader.ts'
import { EndianReader } from './endian.ts'
import { CLASS_64, DATA_LITTLE_ENDIAN, ELF_MAGIC, machineName, PROGRAM_HEADER } from './format.ts'
import { type Elf, MAX_PROGRAM_HEADERS, type ProgramHeader } from './read.ts'

const CLASS_32 = 1
const DATA_BIG_ENDIAN = 2
const IDENT_SIZE = 16

/** Where the fields lie in the headers of each class. `width` is that of addresses and offsets. */
const LAYOUTS = {
  32: {
    width: 4,
    header: {
      size: 52,
      entry: 24,
      phoff: 28,
      shoff: 32,
      phentsize: 42,
      phnum: 44,
      shentsize: 46,
      shnum: 48,
      shstrndx: 50,
    },
    program: {
      size: 32,
      p_type: 0,
      p_flags: 24,
      p_offset: 4,
      p_vaddr: 8,
      p_paddr: 12,
      p_filesz: 16,
      p_memsz: 20,
      p_align: 28,
    },
  },
  64: {
    width: 8,
    header: {
      size: 64,
      entry: 24,
      phoff: 32,
      shoff: 40,
      phentsize: 54,
      phnum: 56,
      shentsize: 58,
      shnum: 60,
      shstrndx: 62,
    },
    program: { size: 56, ...PROGRAM_HEADER },
  },
} as const

/** Values of e_type that have a name. */
export const ELF_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'NONE'],
  [1, 'REL'],
  [2, 'EXEC'],
  [3, 'DYN'],
  [4, 'CORE'],
])

/** The headers as the file has them; only the places of the tables have been checked. Program headers of 32-bit files are widened. */
export interface AnyElf extends Elf, Headers {
  readonly littleEndian: boolean
  /** e_ident[EI_OSABI]. */
  readonly osAbi: number
  /** e_type. */
  readonly type: number
  /** As many as the header counts; `programHeaders` holds the first 1024 of them. */
  readonly programHeaderCount: number
  /** The table of section headers, of which nothing has been checked. */
  readonly sections: {
    readonly offset: bigint
    readonly entrySize: number
    readonly count: number
    readonly nameSection: number
  }
}

export function hasElfMagic(source: Source): boolean {
  if (source.size < ELF_MAGIC.length) return false
  const start = source.readAt(0, ELF_MAGIC.length)
  return ELF_MAGIC.every((byte, i) => start[i] === byte)
}

/**
 * Reads the file header and at most 1024 program headers. Throws FormatError: BAD_MAGIC where it is no ELF file, UNSUPPORTED for a class or
 * byte order that does not exist, TRUNCATED where a header does not lie in the file.
 *
 * @example
 * ```ts
 * readAnyElf(source).class // 32
 * ```
 */
export function readAnyElf(source: Source): AnyElf {
  if (!hasElfMagic(source)) throw new FormatError('BAD_MAGIC', 'e_ident', 0, 'is not that of an ELF file')
  const ident: ByteReader = window(source, 0, IDENT_SIZE, 'e_ident')
  const class_ = ident.u8(4, 'e_ident[4]')
  const data = ident.u8(5, 'e_ident[5]')
  ident.check(class_ === CLASS_32 || class_ === CLASS_64, 'UNSUPPORTED', 4, 'e_ident[4]', `is ${class_}, not 1 or 2`)
  const known = data === DATA_LITTLE_ENDIAN || data === DATA_BIG_ENDIAN
  ident.check(known, 'UNSUPPORTED', 5, 'e_ident[5]', `is ${data}, not 1 or 2`)

  const bits = class_ === CLASS_64 ? 64 : 32
  const littleEndian = data === DATA_LITTLE_ENDIAN
  const { header: at, width } = LAYOUTS[bits]
  const header = new EndianReader(window(source, 0, at.size, 'ELF header'), littleEndian)
  const machine = header.u16(18, 'e_machine')
  const tableOffset = header.word(at.phoff, width, 'e_phoff')
  const count = header.u16(at.phnum, 'e_phnum')
  return {
    class: bits,
    littleEndian,
    osAbi: ident.u8(7, 'e_ident[7]'),
    type: header.u16(16, 'e_type'),
    machine: { id: machine, name: machineName(machine) },
    entry: header.word(at.entry, width, 'e_entry'),
    tableOffset: Number(tableOffset),
    programHeaderCount: count,
    programHeaders:
      count === 0
        ? []
        : readTable(source, bits, littleEndian, {
            offset: tableOffset,
            count: Math.min(count, MAX_PROGRAM_HEADERS),
            entrySize: header.u16(at.phentsize, 'e_phentsize'),
          }),
    sections: {
      offset: header.word(at.shoff, width, 'e_shoff'),
      entrySize: header.u16(at.shentsize, 'e_shentsize'),
      count: header.u16(at.shnum, 'e_shnum'),
      nameSection: header.u16(at.shstrndx, 'e_shstrndx'),
    },
  }
}

/** What is asked of headers by whoever checks where things lie in the file. */
export interface Headers extends Pick<Elf, 'tableOffset' | 'programHeaders'> {
  readonly class: 32 | 64
}

/** Where a field of a program header lies in the file and what it is called, in a file of either class. */
export function placeOf(
  elf: Headers,
  header: ProgramHeader,
  name: keyof typeof PROGRAM_HEADER,
): { field: string; offset: number } {
  return { field: `phdr[${header.index}].${name}`, offset: header.at + LAYOUTS[elf.class].program[name] }
}

/** Where the field lies that says where the table of program headers is, and how many bytes of that are read. */
export function placeOfTable(elf: Headers): { field: string; offset: number; size: number } {
  const { header, program } = LAYOUTS[elf.class]
  return { field: 'e_phoff', offset: header.phoff, size: elf.programHeaders.length * program.size }
}

/** Bytes of the file header and of one program header. */
export function headerSizes(elf: Pick<AnyElf, 'class'>): { header: number; program: number } {
  const { header, program } = LAYOUTS[elf.class]
  return { header: header.size, program: program.size }
}

function readTable(
  source: Source,
  bits: 32 | 64,
  littleEndian: boolean,
  table: { offset: bigint; count: number; entrySize: number },
): ProgramHeader[] {
  const { header, program, width } = LAYOUTS[bits]
  const { offset, count, entrySize } = table
  if (entrySize !== program.size) {
    throw new FormatError('UNSUPPORTED', 'e_phentsize', header.phentsize, `is ${entrySize}, not ${program.size}`)
  }
  const size = BigInt(source.size)
  const length = count * entrySize
  if (offset > size || BigInt(length) > size - offset) {
    const problem = `is ${offset}, and ${length} bytes from there do not lie in a file of ${size}`
    throw new FormatError('TRUNCATED', 'e_phoff', header.phoff, problem)
  }
  const bytes = window(source, Number(offset), length, 'e_phoff')
  return Array.from({ length: count }, (_, index) => {
    const entry = new EndianReader(bytes.slice(index * entrySize, entrySize, `phdr[${index}]`), littleEndian)
    const word = (name: keyof typeof PROGRAM_HEADER): bigint =>
      entry.word(program[name], width, `phdr[${index}].${name}`)
    return {
      index,
      at: Number(offset) + index * entrySize,
      type: entry.u32(program.p_type, `phdr[${index}].p_type`),
      flags: entry.u32(program.p_flags, `phdr[${index}].p_flags`),
      offset: word('p_offset'),
      vaddr: word('p_vaddr'),
      paddr: word('p_paddr'),
      filesz: word('p_filesz'),
      memsz: word('p_memsz'),
      align: word('p_align'),
    }
  })
}
