// What a Unikraft image tells about itself: its libraries (`.uk_libinfo`, uk/libid/info.h) and the parameters that it accepts
// (`.uk_libparam_params`, uk/libparam.h, and its two forerunners). The bytes come out of a file that somebody handed us. Pure.

import { ByteReader, type Source, window } from '../base/reader.ts'
import { fileOffsetOf } from '../elf/addresses.ts'
import type { AnyElf } from '../elf/any.ts'
import { contentsOf, type Section } from '../elf/sections.ts'
import { peek, textOf, tryRead } from './values.ts'

const LIBINFO = '.uk_libinfo'
const LAYOUT = 1
const HEADER_SIZE = 6
/** Bytes of each section that are looked at: the configuration, which may be in it, has some hundred kilobytes. */
const MAX_SECTION = 2 ** 20
const MAX_LIBRARIES = 512
const MAX_PARAMETERS = 256
const MAX_TEXT = 256

/** Numbers of the records that are read. */
const RECORD = { libname: 1, version: 3, license: 4, ukversion: 6, fullversion: 7, codename: 8, compiler: 11 } as const

/** Texts are as the file has them: quote them. */
export interface UnikraftLibrary {
  readonly name: string
  readonly version: string | undefined
}

export interface UnikraftInfo {
  readonly libraries: readonly UnikraftLibrary[]
  readonly version: string | undefined
  readonly codename: string | undefined
  readonly compiler: string | undefined
}

export interface UnikraftParameter {
  /** With its prefix, `vfs.fstab`, where the file says which that is. */
  readonly name: string
  readonly type: string
  readonly count: number
  readonly description: string
}

/** In the order of their numbers (enum uk_libparam_param_type). */
const TYPES = ['undef', 'bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'uptr', 'charp'] as const

/** Contents of a section, as much of it as is looked at; empty where there is none. */
export function sectionReader(source: Source, section: Section | undefined): ByteReader {
  const place = section === undefined ? undefined : contentsOf(section, source)
  if (place === undefined) return new ByteReader(new Uint8Array())
  return window(source, place.offset, Math.min(place.size, MAX_SECTION), section?.name ?? '')
}

/** Reads as far as the records make sense. */
export function readLibraries(r: ByteReader): UnikraftInfo {
  const libraries: UnikraftLibrary[] = []
  const common = new Map<number, string>()
  for (let at = 0; at + HEADER_SIZE <= r.length && libraries.length < MAX_LIBRARIES; ) {
    const length = r.u32(at, 'uk_libinfo.len')
    if (length < HEADER_SIZE || length > r.length - at) break
    if (r.u16(at + 4, 'uk_libinfo.version') === LAYOUT) {
      const records = readRecords(r.slice(at + HEADER_SIZE, length - HEADER_SIZE, 'uk_libinfo'))
      const name = records.get(RECORD.libname)
      if (name !== undefined) libraries.push({ name, version: records.get(RECORD.version) })
      else for (const [type, text] of records) common.set(type, text)
    }
    at += length
  }
  return {
    libraries,
    version: common.get(RECORD.fullversion) ?? common.get(RECORD.ukversion),
    codename: common.get(RECORD.codename),
    compiler: common.get(RECORD.compiler),
  }
}

function readRecords(r: ByteReader): Map<number, string> {
  const records = new Map<number, string>()
  for (let at = 0; at + HEADER_SIZE <= r.length; ) {
    const length = r.u32(at + 2, 'uk_libinfo.record.len')
    if (length < HEADER_SIZE || length > r.length - at) break
    const size = Math.min(length - HEADER_SIZE, MAX_TEXT)
    records.set(r.u16(at, 'uk_libinfo.record.type'), textOf(r.bytes(at + HEADER_SIZE, size, 'uk_libinfo.record')))
    at += length
  }
  return records
}

export function libinfoOf(sections: readonly Section[]): Section | undefined {
  return sections.find(({ name }) => name === LIBINFO)
}

/** A table of parameters and how it is laid out. */
interface Table {
  readonly section: Section
  readonly layout: 'records' | 'pointers' | 'short'
  /** Of the library, where the table is its own. */
  readonly library: string
}

/** Core 0.17 and newer has one table of records, 0.13 to 0.16 one of pointers for each library, older ones `NAME__param_arg`. */
export function parameterTables(sections: readonly Section[]): Table[] {
  return sections.flatMap((section): Table[] => {
    const { name } = section
    if (name === '.uk_libparam_params') return [{ section, layout: 'records', library: '' }]
    const [, library] = /^\.uk_libparam_params_(.+)$/.exec(name) ?? []
    if (library !== undefined) return [{ section, layout: 'pointers', library }]
    const [, prefix] = /^([A-Za-z0-9_]+)__param_arg$/.exec(name) ?? []
    return prefix === undefined ? [] : [{ section, layout: 'short', library: prefix }]
  })
}

/** Parameters in the order of the file; `lost` counts the entries that lead to nowhere. */
export function readParameters(
  elf: AnyElf,
  source: Source,
  sections: readonly Section[],
): { parameters: readonly UnikraftParameter[]; lost: readonly Section[] } {
  const parameters: UnikraftParameter[] = []
  const lost: Section[] = []
  for (const { section, layout, library } of parameterTables(sections)) {
    const r = sectionReader(source, section)
    const { size, read } = LAYOUTS[layout]
    for (let at = 0; at + size <= r.length && parameters.length < MAX_PARAMETERS; at += size) {
      const parameter = tryRead(() => read(r.slice(at, size, section.name), { elf, source, library }))
      if (parameter === undefined) lost.push(section)
      else parameters.push(parameter)
    }
  }
  return { parameters, lost }
}

interface Context {
  readonly elf: AnyElf
  readonly source: Source
  readonly library: string
}

const RECORD_SIZE = 56

const LAYOUTS = {
  records: { size: RECORD_SIZE, read: readRecord },
  pointers: { size: 8, read: readPointer },
  short: { size: 24, read: readShort },
} as const

/** prefix, name, description, type, count, address, data. */
function readRecord(r: ByteReader, context: Context): UnikraftParameter | undefined {
  const prefix = stringAt(r.u64(0, 'prefix'), context)
  const name = stringAt(r.u64(8, 'name'), context)
  if (prefix === undefined || name === undefined) return undefined
  const description = stringAt(r.u64(16, 'desc'), context) ?? ''
  return {
    name: `${prefix}.${name}`,
    type: typeName(r.u32(24, 'type')),
    count: countOf(r.u64(32, 'count')),
    description,
  }
}

/** To a record without a prefix; where that stands in the code only, the name alone is known. */
function readPointer(r: ByteReader, context: Context): UnikraftParameter | undefined {
  const offset = fileOffsetOf(context.elf, r.u64(0, 'parameter'))
  if (offset === undefined) return undefined
  const record = window(context.source, offset, RECORD_SIZE - 8, 'parameter')
  const type = record.u32(16, 'type')
  // A record with a prefix has an address here.
  if (type === 0 || type >= TYPES.length)
    return readRecord(window(context.source, offset, RECORD_SIZE, 'parameter'), context)
  const name = stringAt(record.u64(0, 'name'), context)
  if (name === undefined) return undefined
  const description = stringAt(record.u64(8, 'desc'), context) ?? ''
  const from = `of ${context.library}`
  const detail = description === '' ? from : `${description} (${from})`
  return { name, type: typeName(type), count: countOf(record.u64(24, 'count')), description: detail }
}

/** Whole name, type as sign, kind and size in one byte, number of elements, address. */
function readShort(r: ByteReader, context: Context): UnikraftParameter | undefined {
  const name = stringAt(r.u64(0, 'name'), context)
  if (name === undefined) return undefined
  const [type, count] = [r.u8(8, 'param_type'), r.u8(9, 'param_size')]
  const letter = (type & 0x80) === 0 ? 'u' : 's'
  const named = (type & 0x40) === 0 ? `${letter}${(type & 0x3f) * 8}` : 'charp'
  return { name, type: named, count, description: '' }
}

function typeName(type: number): string {
  return TYPES[type] ?? `type ${type}`
}

/** Nothing counts that much; what claims to is shown as the largest number that there is. */
function countOf(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)
}

function stringAt(address: bigint, { elf, source }: Context): string | undefined {
  const offset = fileOffsetOf(elf, address)
  return offset === undefined ? undefined : textOf(peek(source, offset, MAX_TEXT))
}
