// Extended attributes: names and values in one stream of metadata, and a table of the sets of them that inodes have. Pure.

import { FormatError } from '../../base/errors.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { ByteWriter } from '../../base/writer.ts'
import type { Decompress } from '../codec.ts'
import type { Budget } from '../budget.ts'
import { bytesOf, nameOf } from '../name.ts'
import type { ImageOutput } from '../output.ts'
import type { Directory, Inode } from '../tree.ts'
import { walk } from '../tree.ts'
import { ATTRIBUTE_ELSEWHERE, ATTRIBUTE_PREFIXES, NO_ATTRIBUTES } from './format.ts'
import { MetadataReader, MetadataWriter, type Place } from './metadata.ts'
import { readTable, writeTable } from './table.ts'

type Attributes = ReadonlyMap<string, Uint8Array>
type Set_ = { readonly place: Place; readonly count: number; readonly size: number }

const ENTRY = 16 // bytes of a set in the table
/** Of one set, for reading: Linux has 64 KiB of names in all. */
const MAX_ATTRIBUTES = 65_536

/** The sets of a tree, each once, with their numbers. */
export class AttributeTable {
  readonly #sets: Set_[] = []
  readonly #numbers = new Map<string, number>()
  readonly #values: MetadataWriter
  readonly #compress: (block: Uint8Array) => Uint8Array

  constructor(root: Directory, compress: (block: Uint8Array) => Uint8Array) {
    this.#compress = compress
    this.#values = new MetadataWriter(compress)
    for (const { inode } of walk(root)) if (inode.meta.xattrs.size > 0) this.#add(inode.meta.xattrs)
  }

  numberOf({ meta }: Inode): number {
    return meta.xattrs.size === 0 ? NO_ATTRIBUTES : (this.#numbers.get(keyOf(meta.xattrs)) as number)
  }

  /** Returns where the table begins, undefined where there is none. */
  write(output: ImageOutput): bigint | undefined {
    if (this.#sets.length === 0) return undefined
    const start = output.position
    for (const block of this.#values.finish().bytes) output.write(block)
    const entries = new ByteWriter(this.#sets.length * ENTRY)
    this.#sets.forEach(({ place, count, size }, i) => {
      entries.u64(i * ENTRY, (BigInt(place.block) << 16n) | BigInt(place.offset))
      entries.u32(i * ENTRY + 8, count).u32(i * ENTRY + 12, size)
    })
    const head = new ByteWriter(16).u64(0, BigInt(start)).u32(8, this.#sets.length).bytes
    return writeTable(output, entries.bytes, this.#compress, head)
  }

  #add(attributes: Attributes): void {
    const key = keyOf(attributes)
    if (this.#numbers.has(key)) return
    const { place } = this.#values
    let size = 0
    for (const name of [...attributes.keys()].sort()) {
      const value = attributes.get(name) as Uint8Array
      const type = ATTRIBUTE_PREFIXES.findIndex((prefix) => name.startsWith(prefix))
      const rest = bytesOf(name.slice((ATTRIBUTE_PREFIXES[type] as string).length))
      const writer = new ByteWriter(8 + rest.length + value.length).u16(0, type).u16(2, rest.length).put(4, rest)
      this.#values.put(writer.u32(4 + rest.length, value.length).put(8 + rest.length, value).bytes)
      size += 8 + rest.length + value.length
    }
    this.#numbers.set(key, this.#sets.length)
    this.#sets.push({ place, count: attributes.size, size })
  }
}

function keyOf(attributes: Attributes): string {
  return [...attributes.keys()]
    .sort()
    .map((name) => `${name}\0${attributes.get(name)?.join()}`)
    .join('\0\0')
}

export type ReadAttributes = (number: number) => Attributes

/** Throws FormatError, also when attributes are asked for. */
export function openAttributes(source: Source, start: number, decompress: Decompress, budget: Budget): ReadAttributes {
  const head: ByteReader = window(source, start, 16, 'attribute table')
  const count = head.u32(8, 'attribute table.ids')
  const first = Number(head.u64(0, 'attribute table.start'))
  head.check(first < start, 'BAD_VALUE', 0, 'attribute table.start', `is ${first}, behind the table`)
  const sets = readTable(
    source,
    { start: start + 16, entries: count, entrySize: ENTRY, end: source.size },
    decompress,
    'attribute table',
  )
  const values = new MetadataReader(source, { start: first, end: start }, decompress, 'attributes')
  const known = new Map<number, Attributes>()
  return (number) => {
    const before = known.get(number)
    if (before !== undefined) return before
    if (number >= count) throw new FormatError('BAD_VALUE', 'inode.xattr', start, `is ${number}, of ${count}`)
    const set: ByteReader = sets.slice(number * ENTRY, ENTRY, `attributes[${number}]`)
    const entries = set.u32(8, 'attributes.count')
    set.check(entries <= MAX_ATTRIBUTES, 'LIMIT', 8, 'attributes.count', `is ${entries}, more than ${MAX_ATTRIBUTES}`)
    const cursor = values.at(placeOf(set.u64(0, 'attributes.place')))
    const found = new Map<string, Uint8Array>()
    for (let i = 0; i < entries; i++) {
      const header: ByteReader = cursor.take(4)
      const type = header.u16(0, 'attribute.type')
      const prefix = ATTRIBUTE_PREFIXES[type & ~ATTRIBUTE_ELSEWHERE]
      header.check(prefix !== undefined, 'BAD_VALUE', 0, 'attribute.type', `is ${type}`)
      const nameSize = header.u16(2, 'attribute.size')
      const name = nameOf(cursor.take(nameSize).bytes(0, nameSize, 'attribute.name'))
      const size = sizeOf(cursor.take(4))
      const value: ByteReader = cursor.take(size)
      const bytes = (type & ATTRIBUTE_ELSEWHERE) === 0 ? value.bytes(0, size, 'value') : elsewhere(values, value)
      found.set(prefix + name, bytes)
      // Many sets may name the same bytes, and all of them are kept.
      const excess = budget.attributes(new Map([[prefix + name, bytes]]))
      set.check(excess === undefined, 'LIMIT', 8, 'attributes', `${excess}`)
    }
    known.set(number, found)
    return found
  }
}

/** XATTR_SIZE_MAX of Linux. */
const MAX_VALUE = 65_536

function sizeOf(reader: ByteReader): number {
  const size = reader.u32(0, 'attribute.value')
  reader.check(size <= MAX_VALUE, 'LIMIT', 0, 'attribute.value', `has ${size} bytes, more than ${MAX_VALUE}`)
  return size
}

function elsewhere(values: MetadataReader, place: ByteReader): Uint8Array {
  const cursor = values.at(placeOf(place.u64(0, 'attribute.place')))
  const size = sizeOf(cursor.take(4))
  return cursor.take(size).bytes(0, size, 'value')
}

function placeOf(reference: bigint): Place {
  return { block: Number(reference >> 16n), offset: Number(reference & 0xffffn) }
}
