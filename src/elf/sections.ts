// Reads the section headers of an ELF file. No loader looks at them, so nothing that is run depends on them, and a damaged table is
// something to report and not an error. The bytes come out of a file that somebody handed us. Pure.

import { FormatError } from '../base/errors.ts'
import { type Source, window } from '../base/reader.ts'
import type { AnyElf } from './any.ts'
import { EndianReader } from './endian.ts'

/** A kernel with debugging data has about a hundred. */
export const MAX_SECTIONS = 1024
/** Bytes of the table of names that are looked at. */
const MAX_NAMES = 64 * 1024
const MAX_NAME = 64

export const SHT_NOBITS = 8

export interface Section {
  readonly index: number
  /** A character for each byte, at most 64 of them. */
  readonly name: string
  readonly type: number
  readonly flags: bigint
  readonly address: bigint
  readonly offset: bigint
  readonly size: bigint
  readonly link: number
  readonly entrySize: bigint
}

/** Where the fields lie in a section header of each class. */
const LAYOUTS = {
  32: { width: 4, size: 40, flags: 8, addr: 12, offset: 16, length: 20, link: 24, entsize: 36 },
  64: { width: 8, size: 64, flags: 8, addr: 16, offset: 24, length: 32, link: 40, entsize: 56 },
} as const

/**
 * At most 1024 sections with their names, none where the file has none or the table cannot be read; `problem` says why.
 *
 * @example
 * ```ts
 * readSections(readAnyElf(source), source).sections.find(({ name }) => name === '.text')
 * ```
 */
export function readSections(elf: AnyElf, source: Source): { sections: readonly Section[]; problem?: FormatError } {
  try {
    return { sections: readTable(elf, source) }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { sections: [], problem: error }
  }
}

/** The section's bytes lie in the file, as a place there; undefined where they do not, or where it has none. */
export function contentsOf(section: Section, source: Source): { offset: number; size: number } | undefined {
  const size = BigInt(source.size)
  if (section.type === SHT_NOBITS || section.offset > size || section.size > size - section.offset) return undefined
  return { offset: Number(section.offset), size: Number(section.size) }
}

function readTable(elf: AnyElf, source: Source): Section[] {
  const { offset, entrySize, count, nameSection } = elf.sections
  if (count === 0) return []
  const layout = LAYOUTS[elf.class]
  const at = elf.class === 64 ? { shoff: 40, shentsize: 58 } : { shoff: 32, shentsize: 46 }
  if (entrySize !== layout.size) {
    throw new FormatError('UNSUPPORTED', 'e_shentsize', at.shentsize, `is ${entrySize}, not ${layout.size}`)
  }
  const size = BigInt(source.size)
  if (offset > size || BigInt(count * entrySize) > size - offset) {
    const problem = `is ${offset}, and the ${count} section headers from there do not lie in a file of ${size}`
    throw new FormatError('TRUNCATED', 'e_shoff', at.shoff, problem)
  }
  const read = Math.min(count, MAX_SECTIONS)
  const table = window(source, Number(offset), read * entrySize, 'e_shoff')
  const section = (index: number, name: string): Section => {
    const entry = new EndianReader(table.slice(index * entrySize, entrySize, `shdr[${index}]`), elf.littleEndian)
    const word = (where: number): bigint => entry.word(where, layout.width, 'shdr')
    return {
      index,
      name,
      type: entry.u32(4, 'sh_type'),
      flags: word(layout.flags),
      address: word(layout.addr),
      offset: word(layout.offset),
      size: word(layout.length),
      link: entry.u32(layout.link, 'sh_link'),
      entrySize: word(layout.entsize),
    }
  }
  const names = nameSection < read ? readNames(section(nameSection, ''), source) : new Uint8Array()
  const all = new EndianReader(table, elf.littleEndian)
  return Array.from({ length: read }, (_, index) =>
    section(index, nameIn(names, all.u32(index * entrySize, 'sh_name'))),
  )
}

function readNames(section: Section, source: Source): Uint8Array {
  const place = contentsOf(section, source)
  if (place === undefined) return new Uint8Array()
  const length = Math.min(place.size, MAX_NAMES)
  return window(source, place.offset, length, 'section names').bytes(0, length, 'section names')
}

/** The string that begins at a place in a table of strings, a character for each byte, cut after `most`. */
export function nameIn(table: Uint8Array, at: number, most: number = MAX_NAME): string {
  if (at >= table.length) return ''
  const end = table.indexOf(0, at)
  const last = end < 0 ? table.length : end
  return String.fromCharCode.apply(undefined, table.subarray(at, Math.min(last, at + most)) as unknown as number[])
}
