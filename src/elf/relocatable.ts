// Composes ELF64 object files for a linker: sections and the symbols that lie in them, no code to relocate (ELF specification, "Sections",
// "Symbol Table"). The same input gives the same bytes. Pure; the input is our own, so a contradiction in it is a RangeError.

import { roundUp } from '../base/round.ts'
import { ByteWriter } from '../base/writer.ts'
import {
  CLASS_64,
  DATA_LITTLE_ENDIAN,
  ELF_HEADER_SIZE,
  ELF_MAGIC,
  ET_REL,
  FORMAT_VERSION,
  HEADER,
  SECTION_HEADER,
  SECTION_HEADER_SIZE,
  SHT_PROGBITS,
  SHT_STRTAB,
  SHT_SYMTAB,
} from './format.ts'

const SYMBOL_SIZE = 24
const GLOBAL_OBJECT = (1 << 4) | 1 // STB_GLOBAL, STT_OBJECT

export interface ObjectSection {
  readonly name: string
  /** sh_type. */
  readonly type: number
  /** sh_flags. */
  readonly flags: number
  /** A power of two. */
  readonly align: number
  readonly bytes: Uint8Array
  /** The name of a global symbol for all of the section's bytes. */
  readonly symbol?: string
}

export interface ObjectToCompose {
  /** e_machine: 62 for x86_64. */
  readonly machine: number
  /** e_flags, whose meaning depends on the processor. */
  readonly flags?: number
  readonly sections: readonly ObjectSection[]
}

/** A section of the file: those that were asked for, then the tables about them. */
interface Placed extends ObjectSection {
  readonly link: number
  readonly info: number
  readonly entrySize: number
}

/**
 * The whole object file. Its stack is declared not to be executable, which linkers would otherwise warn about.
 *
 * @example
 * ```ts
 * const section = { name: '.note.mine', type: SHT_NOTE, flags: SHF_ALLOC, align: 4, bytes, symbol: 'my_note' }
 * const file = composeObject({ machine: 62, sections: [section] })
 * ```
 */
export function composeObject(object: ObjectToCompose): Uint8Array<ArrayBuffer> {
  const sections = withTables(object.sections)
  const names = stringTable(['', ...sections.map(({ name }) => name)])
  let end = ELF_HEADER_SIZE
  const offsets = sections.map(({ bytes, align }) => {
    const offset = roundUp(end, align)
    end = offset + bytes.length
    return offset
  })
  const table = roundUp(end, 8)
  const count = sections.length + 1 // section 0 is always there, and empty
  const writer = new ByteWriter(table + count * SECTION_HEADER_SIZE)
  writeHeader(writer, object, table, count)
  sections.forEach((section, i) => {
    const at = table + (i + 1) * SECTION_HEADER_SIZE
    const offset = offsets[i] as number
    writer.put(offset, section.bytes)
    writeSection(writer, at, section, names.at.get(section.name) as number, offset)
  })
  return writer.bytes
}

function withTables(sections: readonly ObjectSection[]): Placed[] {
  for (const { name, align } of sections) {
    if (align < 1 || (align & (align - 1)) !== 0)
      throw new RangeError(`${name} is aligned to ${align}, no power of two`)
  }
  const plain = { flags: 0, align: 1, link: 0, info: 0, entrySize: 0 }
  const own = sections.map((section) => ({ ...section, link: 0, info: 0, entrySize: 0 }))
  const stack = { ...plain, name: '.note.GNU-stack', type: SHT_PROGBITS, bytes: new Uint8Array() }
  const symbolNames = stringTable(['', ...sections.flatMap(({ symbol }) => symbol ?? [])])
  // Behind these: symbol names, then section names. A table of symbols names its strings by their section's number.
  const symbols = {
    ...plain,
    name: '.symtab',
    type: SHT_SYMTAB,
    align: 8,
    link: sections.length + 3,
    info: 1, // the first symbol that is not local
    entrySize: SYMBOL_SIZE,
    bytes: symbolTable(sections, symbolNames.at),
  }
  const strings = { ...plain, name: '.strtab', type: SHT_STRTAB, bytes: symbolNames.bytes }
  const all = [...own, stack, symbols, strings]
  const names = stringTable(['', ...all.map(({ name }) => name), '.shstrtab'])
  return [...all, { ...plain, name: '.shstrtab', type: SHT_STRTAB, bytes: names.bytes }]
}

function symbolTable(sections: readonly ObjectSection[], names: ReadonlyMap<string, number>): Uint8Array {
  const named = sections.flatMap(({ symbol, bytes }, i) =>
    symbol === undefined ? [] : { symbol, bytes, index: i + 1 },
  )
  const writer = new ByteWriter((named.length + 1) * SYMBOL_SIZE) // symbol 0 is always there, and empty
  named.forEach(({ symbol, bytes, index }, i) => {
    const at = (i + 1) * SYMBOL_SIZE
    writer
      .u32(at, names.get(symbol) as number)
      .u8(at + 4, GLOBAL_OBJECT)
      .u16(at + 6, index)
      .u64(at + 16, BigInt(bytes.length))
  })
  return writer.bytes
}

/** The strings one after the other, each with its NUL, and where each begins. */
function stringTable(strings: readonly string[]): { bytes: Uint8Array; at: ReadonlyMap<string, number> } {
  const at = new Map<string, number>()
  let text = ''
  for (const string of strings) {
    if (at.has(string)) throw new RangeError(`the name ${string} is given twice`)
    at.set(string, text.length)
    text += `${string}\0`
  }
  return { bytes: Uint8Array.from(text, (char) => char.charCodeAt(0)), at }
}

function writeHeader(writer: ByteWriter, object: ObjectToCompose, table: number, count: number): void {
  writer
    .put(0, ELF_MAGIC)
    .u8(HEADER.class, CLASS_64)
    .u8(HEADER.data, DATA_LITTLE_ENDIAN)
    .u8(HEADER.identVersion, FORMAT_VERSION)
    .u16(HEADER.type, ET_REL)
    .u16(HEADER.machine, object.machine)
    .u32(HEADER.version, FORMAT_VERSION)
    .u64(HEADER.shoff, BigInt(table))
    .u32(HEADER.flags, object.flags ?? 0)
    .u16(HEADER.ehsize, ELF_HEADER_SIZE)
    .u16(HEADER.shentsize, SECTION_HEADER_SIZE)
    .u16(HEADER.shnum, count)
    .u16(HEADER.shstrndx, count - 1)
}

function writeSection(writer: ByteWriter, at: number, section: Placed, name: number, offset: number): void {
  writer
    .u32(at + SECTION_HEADER.sh_name, name)
    .u32(at + SECTION_HEADER.sh_type, section.type)
    .u64(at + SECTION_HEADER.sh_flags, BigInt(section.flags))
    .u64(at + SECTION_HEADER.sh_offset, BigInt(offset))
    .u64(at + SECTION_HEADER.sh_size, BigInt(section.bytes.length))
    .u32(at + SECTION_HEADER.sh_link, section.link)
    .u32(at + SECTION_HEADER.sh_info, section.info)
    .u64(at + SECTION_HEADER.sh_addralign, BigInt(section.align))
    .u64(at + SECTION_HEADER.sh_entsize, BigInt(section.entrySize))
}
