// Changes where a note of an ELF file lies: what has to be written into the program header of its segment, the table of program headers
// and the header of its section, so that all of them tell the same. Segments that are loaded stay as they are. The file is not trusted.

import { FormatError } from '../base/errors.ts'
import type { Patch } from '../base/patch-file.ts'
import { type Source, window } from '../base/reader.ts'
import { roundUp } from '../base/round.ts'
import { ByteWriter } from '../base/writer.ts'
import {
  ELF_HEADER_SIZE,
  HEADER,
  PF_READ,
  PROGRAM_HEADER,
  PROGRAM_HEADER_SIZE,
  PT_LOAD,
  PT_NOTE,
  SECTION_HEADER,
  SECTION_HEADER_SIZE,
  SHF_ALLOC,
  SHT_NOTE,
} from './format.ts'
import { type Elf, MAX_PROGRAM_HEADERS, type ProgramHeader } from './read.ts'

const PAGE = 0x1000
const ALIGNMENT = 4
/** Of more sections none is looked for: no loader needs them, and the table would cost megabytes. */
const MAX_SECTIONS = 1024

/** Bytes of a file, from a place on. */
export interface Extent {
  readonly offset: number
  readonly size: number
}

/** What the file gets for a note of `size` bytes at `offset`, which the caller writes there. */
export interface NotePlace {
  readonly offset: number
  readonly patches: readonly Patch[]
}

/** Keeps a segment's only note where it is, with another size. */
export function resizeNote(source: Source, header: ProgramHeader, old: Extent, size: number): NotePlace {
  if (size === old.size) return { offset: old.offset, patches: [] }
  const sizes = new ByteWriter(16).u64(0, BigInt(size)).u64(8, header.memsz === 0n ? 0n : BigInt(size))
  const section = findSection(source, old)
  const patches: Patch[] = [{ at: header.at + PROGRAM_HEADER.p_filesz, bytes: sizes.bytes }]
  if (section !== undefined) patches.push({ at: section.at + SECTION_HEADER.sh_size, bytes: word(size) })
  return { offset: old.offset, patches }
}

/** Moves a segment's only note to a page of its own behind everything else. */
export function moveNote(source: Source, header: ProgramHeader, old: Extent, size: number): NotePlace {
  const offset = roundUp(source.size, PAGE)
  const section = findSection(source, old)
  const patches: Patch[] = [{ at: header.at, bytes: noteHeader(offset, size) }]
  if (section !== undefined) {
    // It is not in memory any more, or whoever rewrites the file by its sections would put it there again.
    const place = new ByteWriter(32)
      .u64(0, section.flags & ~BigInt(SHF_ALLOC))
      .u64(16, BigInt(offset))
      .u64(24, BigInt(size))
    patches.push({ at: section.at + SECTION_HEADER.sh_flags, bytes: place.bytes })
  }
  return { offset, patches }
}

/**
 * Makes room for a note in a segment of its own, behind everything else. The table of program headers moves there too, as it has no
 * room to grow where it is. Throws FormatError LIMIT where it is full.
 */
export function addNote(elf: Elf, source: Source, size: number): NotePlace {
  const count = elf.programHeaders.length
  if (count >= MAX_PROGRAM_HEADERS) {
    throw new FormatError('LIMIT', 'e_phnum', HEADER.phnum, `is ${count}, there may be no more`)
  }
  const table = roundUp(source.size, PAGE)
  const offset = table + (count + 1) * PROGRAM_HEADER_SIZE
  const old: Uint8Array = window(source, elf.tableOffset, count * PROGRAM_HEADER_SIZE, 'e_phoff').bytes(
    0,
    count * PROGRAM_HEADER_SIZE,
    'e_phoff',
  )
  return {
    offset,
    patches: [
      { at: HEADER.phoff, bytes: word(table) },
      { at: HEADER.phnum, bytes: new ByteWriter(2).u16(0, count + 1).bytes },
      { at: table, bytes: Uint8Array.from(old) },
      { at: table + old.length, bytes: noteHeader(offset, size) },
    ],
  }
}

/** Whether bytes of the file are loaded into memory. */
export function isLoaded(elf: Elf, { offset, size }: Extent): boolean {
  return elf.programHeaders.some(
    (header) =>
      header.type === PT_LOAD &&
      header.filesz > 0n &&
      header.offset < BigInt(offset + size) &&
      header.offset + header.filesz > BigInt(offset),
  )
}

/** Where the file's header and its table of program headers lie. */
export function headerExtents(elf: Elf): readonly Extent[] {
  const size = elf.programHeaders.length * PROGRAM_HEADER_SIZE
  return [
    { offset: 0, size: ELF_HEADER_SIZE },
    { offset: elf.tableOffset, size },
  ]
}

export function overlap(a: Extent, b: Extent): boolean {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size
}

/** Not in memory, which is what a size of 0 there means for a note. */
function noteHeader(offset: number, size: number): Uint8Array {
  return new ByteWriter(PROGRAM_HEADER_SIZE)
    .u32(PROGRAM_HEADER.p_type, PT_NOTE)
    .u32(PROGRAM_HEADER.p_flags, PF_READ)
    .u64(PROGRAM_HEADER.p_offset, BigInt(offset))
    .u64(PROGRAM_HEADER.p_filesz, BigInt(size))
    .u64(PROGRAM_HEADER.p_align, BigInt(ALIGNMENT)).bytes
}

/** The header of the section that is exactly this note, where the file has sections. A damaged table is none. */
function findSection(source: Source, note: Extent): { at: number; flags: bigint } | undefined {
  const header = window(source, 0, ELF_HEADER_SIZE, 'ELF header')
  const table = header.u64(HEADER.shoff, 'e_shoff')
  const count = header.u16(HEADER.shnum, 'e_shnum')
  const size = BigInt(count * SECTION_HEADER_SIZE)
  const inFile = table <= BigInt(source.size) && size <= BigInt(source.size) - table
  const usable = inFile && header.u16(HEADER.shentsize, 'e_shentsize') === SECTION_HEADER_SIZE
  if (!usable || count === 0 || count > MAX_SECTIONS) return undefined
  const sections = window(source, Number(table), Number(size), 'e_shoff')
  for (let at = 0; at < sections.length; at += SECTION_HEADER_SIZE) {
    const u64 = (name: keyof typeof SECTION_HEADER): bigint => sections.u64(at + SECTION_HEADER[name], name)
    const isNote = sections.u32(at + SECTION_HEADER.sh_type, 'sh_type') === SHT_NOTE
    if (isNote && u64('sh_offset') === BigInt(note.offset) && u64('sh_size') === BigInt(note.size)) {
      return { at: sections.origin + at, flags: u64('sh_flags') }
    }
  }
  return undefined
}

function word(value: number): Uint8Array {
  return new ByteWriter(8).u64(0, BigInt(value)).bytes
}
