// Writes whole ELF files of either class with sections and symbols, field by field: for the tests and the fuzzer of what looks at
// such files without a compiler at hand.

import { ByteWriter } from '../base/writer.ts'
import { ELF_MAGIC, PROGRAM_HEADER } from './format.ts'

export interface FileSection {
  readonly name: string
  /** SHT_PROGBITS where it is not given. */
  readonly type?: number
  /** None where they are not given. */
  readonly flags?: number
  readonly bytes: Uint8Array
  /** Where it is in memory; such sections make up the program's segments, in one LOAD from the first to the last. */
  readonly address?: number
  /** Makes a PT_NOTE of it. */
  readonly note?: boolean
}

/** Without details it lies in no section, as no linker writes it and as is enough for who asks for a value. */
export type SampleSymbol = readonly [name: string, value: number, details?: SymbolDetails]

export interface SymbolDetails {
  readonly section?: string
  readonly size?: number
  /** STT_NOTYPE where it is not given; 1 object, 2 function, 4 file. */
  readonly type?: number
  readonly binding?: 'local' | 'global' | 'weak'
}

export interface FileToMake {
  readonly class?: 32 | 64
  /** ET_EXEC where it is not given. */
  readonly type?: number
  /** e_machine: x86_64 or i386 where it is not given. */
  readonly machine?: number
  readonly entry?: number
  readonly sections: readonly FileSection[]
  readonly symbols?: readonly SampleSymbol[]
  /** Flags of the LOAD: read and execute where they are not given. */
  readonly flags?: number
  /** The PT_INTERP. */
  readonly interpreter?: string
  /** Physical minus virtual addresses. */
  readonly physicalOffset?: number
}

const ALIGNMENT = 16
const LAYOUTS = {
  32: { width: 4, header: 52, program: 32, section: 40, symbol: 16 },
  64: { width: 8, header: 64, program: 56, section: 64, symbol: 24 },
} as const

/** A valid file: header, program headers, sections in their order, symbols and names, section headers. */
export function makeElf(file: FileToMake): Uint8Array<ArrayBuffer> {
  const layout = LAYOUTS[file.class ?? 64]
  const symbols = file.symbols ?? []
  const all = [...file.sections, ...(symbols.length === 0 ? [] : symbolSections(symbols, layout.width, file.sections))]
  const names = stringTable([...all.map(({ name }) => name), '.shstrtab'])
  const sections: FileSection[] = [...all, { name: '.shstrtab', type: 3, bytes: names.bytes }]

  const loaded = file.sections.filter(({ address }) => address !== undefined)
  const notes = file.sections.filter(({ note }) => note === true)
  const headers = (loaded.length > 0 ? 1 : 0) + notes.length + (file.interpreter === undefined ? 0 : 1)
  const interpreter = Uint8Array.from(`${file.interpreter ?? ''}\0`, (char) => char.charCodeAt(0))
  const interpreterAt = layout.header + headers * layout.program
  const offsets = place(sections, align(interpreterAt + interpreter.length))
  const tableAt = align((offsets.at(-1) ?? 0) + (sections.at(-1)?.bytes.length ?? 0))
  const writer = new ByteWriter(tableAt + (sections.length + 1) * layout.section)
  const word = (at: number, value: number): void => {
    if (layout.width === 8) writer.u64(at, BigInt(value))
    else writer.u32(at, value)
  }

  writeHeader(writer, word, file, { headers, sections: sections.length + 1, tableAt })
  const offsetOf = (section: FileSection): number => offsets[sections.indexOf(section)] ?? 0
  const segments = segmentsOf(file, loaded, notes, offsetOf)
  if (file.interpreter !== undefined) {
    segments.push({ type: 3, flags: 4, offset: interpreterAt, address: 0, size: interpreter.length, align: 1 })
    writer.put(interpreterAt, interpreter)
  }
  segments.forEach((segment, i) => writeSegment(writer, word, layout.header + i * layout.program, segment, file))
  sections.forEach((section, i) => {
    writer.put(offsetOf(section), section.bytes)
    const at = tableAt + (i + 1) * layout.section
    const name = names.offsets.get(section.name) ?? 0
    const strings = sections.findIndex((other) => other.name === '.strtab') + 1
    writeSection(writer, word, at, layout.width, section, { name, offset: offsetOf(section), strings })
  })
  return writer.bytes
}

interface Segment {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly size: number
  readonly align: number
}

type Word = (at: number, value: number) => void

function segmentsOf(
  file: FileToMake,
  loaded: readonly FileSection[],
  notes: readonly FileSection[],
  offsetOf: (section: FileSection) => number,
): Segment[] {
  const segments: Segment[] = []
  const [first] = loaded
  const last = loaded.at(-1)
  if (first !== undefined && last !== undefined) {
    const size = offsetOf(last) + last.bytes.length - offsetOf(first)
    segments.push({
      type: 1,
      flags: file.flags ?? 5,
      offset: offsetOf(first),
      address: first.address ?? 0,
      size,
      align: 16,
    })
  }
  for (const note of notes) {
    const { bytes, address = 0 } = note
    segments.push({ type: 4, flags: 4, offset: offsetOf(note), address, size: bytes.length, align: 4 })
  }
  return segments
}

function writeHeader(
  writer: ByteWriter,
  word: Word,
  file: FileToMake,
  counts: { headers: number; sections: number; tableAt: number },
): void {
  const wide = (file.class ?? 64) === 64
  const { width, header, program, section } = LAYOUTS[file.class ?? 64]
  writer.put(0, ELF_MAGIC).put(4, Uint8Array.of(wide ? 2 : 1, 1, 1))
  writer
    .u16(16, file.type ?? 2)
    .u16(18, file.machine ?? (wide ? 62 : 3))
    .u32(20, 1)
  word(24, file.entry ?? 0)
  word(24 + width, counts.headers === 0 ? 0 : header)
  word(24 + 2 * width, counts.tableAt)
  const sizes = 24 + 3 * width + 4 // behind e_flags
  writer
    .u16(sizes, header)
    .u16(sizes + 2, program)
    .u16(sizes + 4, counts.headers)
  writer
    .u16(sizes + 6, section)
    .u16(sizes + 8, counts.sections)
    .u16(sizes + 10, counts.sections - 1)
}

function writeSegment(writer: ByteWriter, word: Word, at: number, segment: Segment, file: FileToMake): void {
  const { type, flags, offset, address, size } = segment
  const physical = address + (file.physicalOffset ?? 0)
  writer.u32(at, type)
  if ((file.class ?? 64) === 64) {
    writer.u32(at + PROGRAM_HEADER.p_flags, flags)
    word(at + PROGRAM_HEADER.p_offset, offset)
    word(at + PROGRAM_HEADER.p_vaddr, address)
    word(at + PROGRAM_HEADER.p_paddr, physical)
    word(at + PROGRAM_HEADER.p_filesz, size)
    word(at + PROGRAM_HEADER.p_memsz, size)
    word(at + PROGRAM_HEADER.p_align, segment.align)
  } else {
    for (const [i, value] of [offset, address, physical, size, size, flags, segment.align].entries()) {
      word(at + 4 + i * 4, value)
    }
  }
}

function writeSection(
  writer: ByteWriter,
  word: Word,
  at: number,
  width: number,
  section: FileSection,
  { name, offset, strings }: { name: number; offset: number; strings: number },
): void {
  const symbols = section.type === 2
  writer.u32(at, name).u32(at + 4, section.type ?? 1)
  word(at + 8, section.flags ?? 0)
  word(at + 8 + width, section.address ?? 0)
  word(at + 8 + 2 * width, offset)
  word(at + 8 + 3 * width, section.bytes.length)
  writer.u32(at + 8 + 4 * width, symbols ? strings : 0)
  const entrySize = width === 8 ? LAYOUTS[64].symbol : LAYOUTS[32].symbol
  word(at + 16 + 5 * width, symbols ? entrySize : 0)
}

/** The table of symbols and its names. */
function symbolSections(
  symbols: readonly SampleSymbol[],
  width: 4 | 8,
  sections: readonly FileSection[],
): FileSection[] {
  const names = stringTable(symbols.map(([name]) => name))
  const size = width === 8 ? 24 : 16
  const writer = new ByteWriter((symbols.length + 1) * size)
  symbols.forEach(([name, value, details = {}], i) => {
    const at = (i + 1) * size
    const binding = ['local', 'global', 'weak'].indexOf(details.binding ?? 'local')
    const info = (binding << 4) | (details.type ?? 0)
    const section = details.section === undefined ? 0 : sections.findIndex((it) => it.name === details.section) + 1
    writer.u32(at, names.offsets.get(name) ?? 0)
    if (width === 8) {
      writer.u8(at + 4, info).u16(at + 6, section)
      writer.u64(at + 8, BigInt(value)).u64(at + 16, BigInt(details.size ?? 0))
    } else {
      writer.u32(at + 4, value).u32(at + 8, details.size ?? 0)
      writer.u8(at + 12, info).u16(at + 14, section)
    }
  })
  return [
    { name: '.symtab', type: 2, bytes: writer.bytes },
    { name: '.strtab', type: 3, bytes: names.bytes },
  ]
}

function stringTable(names: readonly string[]): {
  bytes: Uint8Array<ArrayBuffer>
  offsets: ReadonlyMap<string, number>
} {
  const offsets = new Map<string, number>()
  let text = '\0'
  for (const name of names) {
    if (offsets.has(name)) continue
    offsets.set(name, text.length)
    text += `${name}\0`
  }
  return { bytes: Uint8Array.from(text, (char) => char.charCodeAt(0)), offsets }
}

function place(sections: readonly FileSection[], start: number): number[] {
  let end = start
  return sections.map(({ bytes }) => {
    const offset = align(end)
    end = offset + bytes.length
    return offset
  })
}

function align(value: number): number {
  return Math.ceil(value / ALIGNMENT) * ALIGNMENT
}
