// From addresses in a program to places in its file, by the program headers, and from names of symbols to addresses. The bytes come out of
// a file that somebody handed us. Pure.

import { type Source, window } from '../base/reader.ts'
import type { AnyElf } from './any.ts'
import { EndianReader } from './endian.ts'
import { PT_LOAD } from './format.ts'
import { contentsOf, type Section } from './sections.ts'

const SHT_SYMTAB = 2
/** Bytes of a table of symbols or of names that are looked at: a rumprun image with debugging data has a third of it. */
const MAX_TABLE = 4 * 2 ** 20

/** Where the byte at an address lies in the file; undefined where no segment has it there. `physical` takes load addresses as well. */
export function fileOffsetOf(elf: AnyElf, address: bigint, physical = false): number | undefined {
  for (const { type, vaddr, paddr, offset, filesz } of elf.programHeaders) {
    if (type !== PT_LOAD) continue
    for (const start of physical ? [vaddr, paddr] : [vaddr]) {
      if (address < start || address - start >= filesz) continue
      const at = offset + (address - start)
      return at <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(at) : undefined
    }
  }
  return undefined
}

/** The values of those of the wanted symbols that the table has: a stripped file has none. */
export function findSymbols(
  elf: AnyElf,
  sections: readonly Section[],
  source: Source,
  wanted: (name: string) => boolean,
): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>()
  const table = sections.find(({ type }) => type === SHT_SYMTAB)
  const names = table === undefined ? undefined : sections[table.link]
  const symbolPlace = table === undefined ? undefined : contentsOf(table, source)
  const namePlace = names === undefined ? undefined : contentsOf(names, source)
  if (symbolPlace === undefined || namePlace === undefined) return found
  const wantedAt = namesIn(source, namePlace, wanted)
  if (wantedAt.size === 0) return found

  const entry = elf.class === 64 ? { size: 24, value: 8, width: 8 as const } : { size: 16, value: 4, width: 4 as const }
  const length = Math.min(symbolPlace.size, MAX_TABLE)
  const symbols = new EndianReader(window(source, symbolPlace.offset, length, 'symbols'), elf.littleEndian)
  for (let at = 0; at + entry.size <= length; at += entry.size) {
    const name = wantedAt.get(symbols.u32(at, 'st_name'))
    if (name !== undefined && !found.has(name)) found.set(name, symbols.word(at + entry.value, entry.width, 'st_value'))
  }
  return found
}

function namesIn(
  source: Source,
  place: { offset: number; size: number },
  wanted: (name: string) => boolean,
): Map<number, string> {
  const length = Math.min(place.size, MAX_TABLE)
  const bytes = window(source, place.offset, length, 'symbol names').bytes(0, length, 'symbol names')
  const found = new Map<number, string>()
  let at = 0
  for (const name of new TextDecoder('latin1').decode(bytes).split('\0')) {
    if (name !== '' && wanted(name)) found.set(at, name)
    at += name.length + 1
  }
  return found
}
