// Reads the static table of symbols of an ELF file (System V ABI, "Symbol Table"): names and sizes of what is in its sections. No loader
// looks at it. The bytes come out of a file that somebody handed us. Pure.

import { FormatError } from '../base/errors.ts'
import { type ByteReader, type Source, window } from '../base/reader.ts'
import type { AnyElf } from './any.ts'
import { EndianReader } from './endian.ts'
import { ET_REL, PT_TLS, SHT_SYMTAB } from './format.ts'
import { contentsOf, type Section } from './sections.ts'

/** Linux with all its drivers has 200 000: some 200 bytes of memory each. */
export const MAX_SYMBOLS: number = 2 ** 18
/** Bytes of the table of their names that are looked at. */
const MAX_NAMES = 32 * 2 ** 20
/** Bytes: names of C++ and Rust have some hundred. */
const MAX_NAME = 1024

const TYPES = { none: 0, object: 1, function: 2, section: 3, file: 4, common: 5, tls: 6, indirect: 10 }
const LOCAL = 0
const WEAK = 2
/** Section indexes from here on mean something else. */
const RESERVED = 0xff00
const MACHINE_ARM = 40

/** Where the fields lie in a symbol of each class. */
const LAYOUTS = {
  32: { width: 4, entry: 16, value: 4, size: 8, info: 12, section: 14 },
  64: { width: 8, entry: 24, value: 8, size: 16, info: 4, section: 6 },
} as const

/** Something in a section that has a name: a function, an object, a label. */
export interface ElfSymbol {
  readonly name: string
  /** Index of its section. */
  readonly section: number
  /** From the begin of the section; it lies within. */
  readonly offset: number
  /** Bytes, as the table has it; 0 where that is not known. May lead beyond the section. */
  readonly size: number
  readonly binding: 'local' | 'global' | 'weak'
  /** Of a local symbol: the source file that it is said to come from. */
  readonly source: string | undefined
}

export interface SymbolTable {
  readonly symbols: readonly ElfSymbol[]
  /** As many entries as the table has; those beyond the first MAX_SYMBOLS have not been read. */
  readonly count: number
  /** Why the table cannot be read, where it cannot. */
  readonly problem?: FormatError
}

/**
 * The symbols of `.symtab` that lie in one of the sections; none in a stripped file. `nameOf` makes a string of the bytes of a name.
 *
 * @example
 * ```ts
 * readSymbols(elf, sections, source, nameOf).symbols.map(({ name }) => name) // ['main', …]
 * ```
 */
export function readSymbols(
  elf: AnyElf,
  sections: readonly Section[],
  source: Source,
  nameOf: (bytes: Uint8Array) => string,
): SymbolTable {
  try {
    return readTable(elf, sections, source, nameOf)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { symbols: [], count: 0, problem: error }
  }
}

function readTable(
  elf: AnyElf,
  sections: readonly Section[],
  source: Source,
  nameOf: (bytes: Uint8Array) => string,
): SymbolTable {
  const table = sections.find(({ type }) => type === SHT_SYMTAB)
  const place = table === undefined ? undefined : contentsOf(table, source)
  if (table === undefined || place === undefined) return { symbols: [], count: 0 }
  const layout = LAYOUTS[elf.class]
  const count = Math.floor(place.size / layout.entry)
  const read = Math.min(count, MAX_SYMBOLS)
  const bytes: ByteReader = window(source, place.offset, read * layout.entry, 'symbols')
  const entries = new EndianReader(bytes, elf.littleEndian)
  const names = openNames(sections[table.link], source, nameOf)
  const symbols: ElfSymbol[] = []
  let file: string | undefined
  for (let i = 1; i < read; i++) {
    const at = i * layout.entry
    const info = bytes.u8(at + layout.info, 'st_info')
    const type = info & 0xf
    if (type === TYPES.file) {
      // One without a name ends the list of a file: what follows is the linker's.
      const name = names(entries.u32(at, 'st_name'))
      file = name === '' ? undefined : name
      continue
    }
    if (type === TYPES.section || type === TYPES.common) continue
    const index = entries.u16(at + layout.section, 'st_shndx')
    const section = index === 0 || index >= RESERVED ? undefined : sections[index]
    if (section === undefined) continue
    const offset = offsetIn(elf, section, entries.word(at + layout.value, layout.width, 'st_value'), type)
    if (offset === undefined) continue
    const name = names(entries.u32(at, 'st_name'))
    if (name === '' || isMark(name)) continue
    const size = entries.word(at + layout.size, layout.width, 'st_size')
    const binding = bindingOf(info >>> 4)
    symbols.push({
      name,
      section: index,
      offset,
      size: size > section.size ? Number(section.size) : Number(size),
      binding,
      source: binding === 'local' ? file : undefined,
    })
  }
  return { symbols, count }
}

function bindingOf(number: number): ElfSymbol['binding'] {
  if (number === LOCAL) return 'local'
  return number === WEAK ? 'weak' : 'global'
}

/** Marks that say what follows to a disassembler (ELF for the ARM Architecture, "Mapping symbols"): `$a`, `$d.1`. */
function isMark(name: string): boolean {
  return /^\$[adtx](\..*)?$/.test(name)
}

/** undefined where it does not lie in the section: at its end, or in another. */
function offsetIn(elf: AnyElf, section: Section, value: bigint, type: number): number | undefined {
  // The lowest bit says which instructions a function of 32-bit ARM has.
  const clear = elf.machine.id === MACHINE_ARM && type === TYPES.function ? value & ~1n : value
  const offset = clear - originOf(elf, section, type)
  return offset >= 0n && offset < section.size && section.size <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(offset)
    : undefined
}

/** What the value of a symbol counts from: its section in an object, address 0 in a program, there the segment for what each thread has. */
function originOf(elf: AnyElf, section: Section, type: number): bigint {
  if (elf.type === ET_REL) return 0n
  if (type !== TYPES.tls) return section.address
  const segment = elf.programHeaders.find(({ type }) => type === PT_TLS)
  return section.address - (segment?.vaddr ?? section.address)
}

/** Names by their places in the table. */
function openNames(
  section: Section | undefined,
  source: Source,
  nameOf: (bytes: Uint8Array) => string,
): (at: number) => string {
  const place = section === undefined ? undefined : contentsOf(section, source)
  if (place === undefined) return () => ''
  const length = Math.min(place.size, MAX_NAMES)
  const reader: ByteReader = window(source, place.offset, length, 'symbol names')
  const bytes = reader.bytes(0, length, 'symbol names')
  return (at) => {
    if (at >= bytes.length) return ''
    const end = bytes.subarray(at, at + MAX_NAME).indexOf(0)
    return nameOf(bytes.subarray(at, end < 0 ? at + MAX_NAME : at + end))
  }
}
