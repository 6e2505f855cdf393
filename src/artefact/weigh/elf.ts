// What the headers of an ELF file say about its bytes: segments, sections, notes, and symbols where there are some. Nothing of it is
// trusted. Pure.

import type { Source } from '../../base/reader.ts'
import { type AnyElf, headerSizes } from '../../elf/any.ts'
import {
  PF_EXECUTE,
  PF_READ,
  PF_WRITE,
  PT_LOAD,
  SHF_ALLOC,
  SHF_EXECUTE,
  SHF_WRITE,
  SHT_NOTE,
} from '../../elf/format.ts'
import type { Note } from '../../elf/notes.ts'
import type { ProgramHeader } from '../../elf/read.ts'
import { contentsOf, MAX_SECTIONS, type Section } from '../../elf/sections.ts'
import { type ElfSymbol, MAX_SYMBOLS, readSymbols } from '../../elf/symbols.ts'
import { nameOf } from '../../files/name.ts'
import { readElfFile } from '../elf-file.ts'
import type { Claims } from './claims.ts'
import type { Claim } from './ranges.ts'
import { weighSymbols } from './symbols.ts'
import type { Use } from './weight.ts'

/** Throws FormatError where the headers cannot be read; of damaged sections, symbols and notes the remarks tell. */
export function claimElf(source: Source): Claims {
  const file = readElfFile(source)
  const { elf, notes } = file
  const sections = file.sections()
  const table = readSymbols(elf, sections, source, nameOf)
  const problems = [...file.problems, ...(table.problem === undefined ? [] : [table.problem])]
  const limits = [
    ...(elf.sections.count > MAX_SECTIONS
      ? [`only ${MAX_SECTIONS} of ${elf.sections.count} sections are told apart`]
      : []),
    ...(table.count > MAX_SYMBOLS ? [`only ${MAX_SYMBOLS} of ${table.count} symbols are looked at`] : []),
  ]
  return {
    outer: elf.programHeaders.filter(({ type }) => type === PT_LOAD).map((header) => claimSegment(header, source)),
    inner: [...claimHeaders(elf, source), ...claimSections(sections, table.symbols, source)],
    innermost: claimNotes(notes),
    remarks: [...problems.map(({ message }) => message), ...limits],
    memoryOnly: elf.programHeaders.reduce((sum, header) => sum + zeroesOf(header), 0),
  }
}

function claimSegment({ flags, offset, filesz }: ProgramHeader, source: Source): Claim {
  const bit = (mask: number, letter: string): string => ((flags & mask) === 0 ? '-' : letter)
  const access = bit(PF_READ, 'r') + bit(PF_WRITE, 'w') + bit(PF_EXECUTE, 'x')
  const written = (flags & PF_WRITE) === 0 ? 'constants' : 'data'
  const use = (flags & PF_EXECUTE) === 0 ? written : 'code'
  return { kind: 'segment', name: `LOAD ${access}`, use, ...within(source, offset, filesz) }
}

/** Bytes of memory for which the file has none: they begin as zeros. What nobody has is counted as nothing. */
function zeroesOf({ type, filesz, memsz }: ProgramHeader): number {
  const zeroes = type === PT_LOAD && memsz > filesz ? memsz - filesz : 0n
  return zeroes < 2n ** 40n ? Number(zeroes) : 0
}

function claimHeaders(elf: AnyElf, source: Source): Claim[] {
  const { header, program } = headerSizes(elf)
  const { sections, tableOffset, programHeaderCount } = elf
  const claim = (name: string, offset: bigint, length: number): Claim => {
    return { kind: 'headers', name, use: 'headers', ...within(source, offset, BigInt(length)) }
  }
  return [
    claim('ELF header', 0n, header),
    claim('program headers', BigInt(tableOffset), programHeaderCount * program),
    claim('section headers', sections.offset, sections.count * sections.entrySize),
  ]
}

function claimSections(sections: readonly Section[], symbols: readonly ElfSymbol[], source: Source): Claim[] {
  const inSection = new Map<number, ElfSymbol[]>()
  for (const symbol of symbols) {
    const known = inSection.get(symbol.section)
    if (known === undefined) inSection.set(symbol.section, [symbol])
    else known.push(symbol)
  }
  return sections.flatMap((section) => {
    const place = section.type === 0 ? undefined : contentsOf(section, source)
    if (place === undefined) return []
    const { offset: start, size } = place
    const use = useOf(section)
    const inside = () => weighSymbols(inSection.get(section.index) ?? [], size, use)
    const name = section.name === '' ? `section ${section.index}` : section.name
    return [{ kind: 'section', name, use, start, end: start + size, inside }]
  })
}

function useOf({ type, flags }: Section): Use {
  if (type === SHT_NOTE) return 'headers'
  if ((flags & BigInt(SHF_ALLOC)) === 0n) return 'tools'
  if ((flags & BigInt(SHF_EXECUTE)) !== 0n) return 'code'
  return (flags & BigInt(SHF_WRITE)) === 0n ? 'constants' : 'data'
}

/** Two segments may hold the same note. */
function claimNotes(notes: readonly Note[]): Claim[] {
  const distinct = new Map(notes.map((note) => [note.offset, note]))
  return [...distinct.values()].map((note) => ({
    kind: 'note',
    name: `${note.name.replace(/\0.*$/s, '')} ${typeName(note.type)}`,
    use: 'headers',
    start: note.offset,
    end: note.descriptorOffset + note.descriptorSize,
  }))
}

/** Some are four letters or digits: `MFT1`. */
function typeName(type: number): string {
  const letters = String.fromCharCode(type & 0xff, (type >>> 8) & 0xff, (type >>> 16) & 0xff, type >>> 24)
  return /^[A-Z0-9]{4}$/.test(letters) ? letters : `${type}`
}

function within({ size }: Source, offset: bigint, length: bigint): { start: number; end: number } {
  const limit = BigInt(size)
  const start = offset < limit ? offset : limit
  return { start: Number(start), end: Number(length > limit - start ? limit : start + length) }
}
