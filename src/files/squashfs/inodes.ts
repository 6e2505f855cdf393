// The inodes and directories of an image. A directory names the places of inodes, so what is in it is written before it. Pure.

import { ConfigError } from '../../base/errors.ts'
import { concat } from '../../base/concat.ts'
import { ByteWriter } from '../../base/writer.ts'
import { bytesOf } from '../name.ts'
import { countNames, type Directory, type Inode, walk } from '../tree.ts'
import type { AttributeTable } from './attributes.ts'
import type { StoredFile, StoredFiles } from './files.ts'
import { EXTENDED, INODE_HEADER, MAX_RUN, NO_ATTRIBUTES, packDevice, TYPES } from './format.ts'
import { MetadataWriter, type Place } from './metadata.ts'

const MAX_IDS = 65_536
/** What the short form of a directory has for the size of its listing. */
const MAX_SHORT_LISTING = 0xffff
/** Added to the size of every listing, for the entries `.` and `..` that nobody stores. */
const DOTS = 3

/** User and group numbers, each once. */
export class IdTable {
  readonly #numbers = new Map<number, number>()

  get size(): number {
    return this.#numbers.size
  }

  indexOf(id: number): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const index = this.#numbers.size
    if (index >= MAX_IDS) {
      throw new ConfigError(
        'INEXPRESSIBLE',
        { words: '/' },
        `has more than ${MAX_IDS} owners and groups`,
        '--owner gives everything to one',
      )
    }
    this.#numbers.set(id, index)
    return index
  }

  encode(): Uint8Array {
    const writer = new ByteWriter(this.#numbers.size * 4)
    for (const [id, index] of this.#numbers) writer.u32(index * 4, id)
    return writer.bytes
  }
}

type Tables = {
  readonly stored: StoredFiles
  readonly ids: IdTable
  readonly attributes: AttributeTable
  readonly compress: (block: Uint8Array) => Uint8Array
}

export type WrittenInodes = {
  readonly inodes: readonly Uint8Array[]
  readonly directories: readonly Uint8Array[]
  /** Of each inode, by its number less one. */
  readonly references: readonly bigint[]
  readonly root: bigint
}

export function writeInodes(root: Directory, tables: Tables): WrittenInodes {
  const numbers = new Map<Inode, number>()
  for (const { inode } of walk(root)) if (!numbers.has(inode)) numbers.set(inode, numbers.size + 1)
  const writer = new InodeWriter(tables, numbers, countNames(root))
  // The root's parent has a number that no inode has.
  const place = writer.write(root, numbers.size + 1)
  const references = [...numbers.keys()].map((inode) => referenceOf(writer.placeOf(inode)))
  return { inodes: writer.inodes, directories: writer.directories, references, root: referenceOf(place) }
}

function referenceOf({ block, offset }: Place): bigint {
  return (BigInt(block) << 16n) | BigInt(offset)
}

class InodeWriter {
  readonly #tables: Tables
  readonly #numbers: ReadonlyMap<Inode, number>
  readonly #names: ReadonlyMap<Inode, number>
  readonly #places = new Map<Inode, Place>()
  readonly #inodes: MetadataWriter
  readonly #listings: MetadataWriter

  constructor(tables: Tables, numbers: ReadonlyMap<Inode, number>, names: ReadonlyMap<Inode, number>) {
    this.#tables = tables
    this.#numbers = numbers
    this.#names = names
    this.#inodes = new MetadataWriter(tables.compress)
    this.#listings = new MetadataWriter(tables.compress)
  }

  get inodes(): readonly Uint8Array[] {
    return this.#inodes.finish().bytes
  }

  get directories(): readonly Uint8Array[] {
    return this.#listings.finish().bytes
  }

  placeOf(inode: Inode): Place {
    return this.#places.get(inode) as Place
  }

  /** Depth is bounded by the length of paths, and so is this recursion. */
  write(inode: Inode, parent: number): Place {
    const known = this.#places.get(inode)
    if (known !== undefined) return known
    const body = inode.kind === 'directory' ? this.#directory(inode, parent) : this.#body(inode)
    const { place } = this.#inodes
    this.#inodes.put(this.#header(inode, body))
    this.#inodes.put(body.bytes)
    this.#places.set(inode, place)
    return place
  }

  #header(inode: Inode, { extended }: Body): Uint8Array {
    const { ids } = this.#tables
    const { mode, uid, gid, mtime } = inode.meta
    return new ByteWriter(INODE_HEADER)
      .u16(0, TYPES[inode.kind] + (extended ? EXTENDED : 0))
      .u16(2, mode)
      .u16(4, ids.indexOf(uid))
      .u16(6, ids.indexOf(gid))
      .u32(8, mtime.seconds)
      .u32(12, this.#numbers.get(inode) as number).bytes
  }

  #directory(directory: Directory, parent: number): Body {
    const own = this.#numbers.get(directory) as number
    for (const inode of directory.entries.values()) this.write(inode, own)
    const { place } = this.#listings
    const listing = encodeListing(directory, this.#places, this.#numbers)
    this.#listings.put(listing)
    const size = listing.length + DOTS
    const links = 2 + [...directory.entries.values()].filter(({ kind }) => kind === 'directory').length
    const attributes = this.#tables.attributes.numberOf(directory)
    if (attributes === NO_ATTRIBUTES && size <= MAX_SHORT_LISTING) {
      const short = new ByteWriter(16)
        .u32(0, place.block)
        .u32(4, links)
        .u16(8, size)
        .u16(10, place.offset)
        .u32(12, parent)
      return { bytes: short.bytes, extended: false }
    }
    const long = new ByteWriter(24).u32(0, links).u32(4, size).u32(8, place.block).u32(12, parent)
    return { bytes: long.u16(16, 0).u16(18, place.offset).u32(20, attributes).bytes, extended: true }
  }

  #body(inode: Exclude<Inode, Directory>): Body {
    const links = this.#names.get(inode) ?? 1
    const attributes = this.#tables.attributes.numberOf(inode)
    if (inode.kind === 'file')
      return encodeFile(inode.content.size, this.#tables.stored.files.get(inode) as StoredFile, links, attributes)
    const extended = attributes !== NO_ATTRIBUTES
    const withAttributes = (bytes: Uint8Array): Body => {
      if (!extended) return { bytes, extended }
      return { bytes: new ByteWriter(bytes.length + 4).put(0, bytes).u32(bytes.length, attributes).bytes, extended }
    }
    if (inode.kind === 'symlink') {
      const target = bytesOf(inode.target)
      return withAttributes(new ByteWriter(8 + target.length).u32(0, links).u32(4, target.length).put(8, target).bytes)
    }
    if (!('major' in inode)) return withAttributes(new ByteWriter(4).u32(0, links).bytes)
    return withAttributes(new ByteWriter(8).u32(0, links).u32(4, packDevice(inode.major, inode.minor)).bytes)
  }
}

type Body = { readonly bytes: Uint8Array; readonly extended: boolean }

function encodeFile(size: number, stored: StoredFile, links: number, attributes: number): Body {
  const { start, sizes, sparse, fragment, offset } = stored
  const short = links === 1 && attributes === NO_ATTRIBUTES && sparse === 0 && size < 2 ** 32 && start < 2 ** 32
  const head = short ? 16 : 40
  const writer = new ByteWriter(head + sizes.length * 4)
  if (short) writer.u32(0, start).u32(4, fragment).u32(8, offset).u32(12, size)
  else {
    writer.u64(0, BigInt(start)).u64(8, BigInt(size)).u64(16, BigInt(sparse))
    writer.u32(24, links).u32(28, fragment).u32(32, offset).u32(36, attributes)
  }
  sizes.forEach((each, i) => writer.u32(head + i * 4, each))
  return { bytes: writer.bytes, extended: !short }
}

const RUN_HEADER = 12
const ENTRY = 8

/** Entries in runs: inodes of one block whose numbers are near each other. */
function encodeListing(
  { entries }: Directory,
  places: ReadonlyMap<Inode, Place>,
  numbers: ReadonlyMap<Inode, number>,
): Uint8Array {
  const parts: Uint8Array[] = []
  let run: { head: ByteWriter; block: number; number: number; count: number } | undefined
  for (const [name, inode] of entries) {
    const { block, offset } = places.get(inode) as Place
    const number = numbers.get(inode) as number
    const difference = run === undefined ? 0 : number - run.number
    const fits = run?.block === block && run.count < MAX_RUN && difference >= -32768 && difference < 32768
    if (run === undefined || !fits) {
      run = { head: new ByteWriter(RUN_HEADER).u32(4, block).u32(8, number), block, number, count: 0 }
      parts.push(run.head.bytes)
    }
    run.head.u32(0, run.count++)
    const bytes = bytesOf(name)
    const entry = new ByteWriter(ENTRY + bytes.length)
      .u16(0, offset)
      .u16(2, (number - run.number) & 0xffff)
      .u16(4, TYPES[inode.kind])
      .u16(6, bytes.length - 1)
    parts.push(entry.put(ENTRY, bytes).bytes)
  }
  return concat(parts)
}
