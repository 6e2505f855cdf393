// Reads ISO 9660: by Rock Ridge where the image has it, else by Joliet, else by its plain names. Directories are read once each, and contents lie
// within the image. Pure.

import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { Budget, excessOfSize } from '../budget.ts'
import { kindOf } from '../mode-bits.ts'
import { MAX_PATH, problemOfName } from '../name.ts'
import { sortEntries } from '../overlay.ts'
import { type Extent, partOf, sparseSource } from '../parts.ts'
import { type Directory, type Inode, metadata, type Metadata } from '../tree.ts'
import { decodeTime, FIELD, FLAGS, SECTOR } from './format.ts'
import { Areas, findPresence, readRockRidge, type RockRidge } from './rock-ridge.ts'
import { decodeRecord, type IsoRecord, openIso, recordsOf } from './volume.ts'

const MAX_DIRECTORY = 64 * 1024 * 1024 // bytes: some half a million files
const MAX_DEPTH = MAX_PATH / 2

/** Throws FormatError. */
export function readIso(source: Source): Directory {
  const { primary, joliet } = openIso(source)
  const root = decodeRecord(primary)
  const [own] = recordsOf(contentOf(source, root))
  const skip = own === undefined ? undefined : findPresence(own.systemUse)
  if (own !== undefined && skip !== undefined) return new IsoReader(source, { kind: 'rock ridge', skip }).root(own)
  if (joliet !== undefined) return new IsoReader(source, { kind: 'joliet' }).root(decodeRecord(joliet))
  return new IsoReader(source, { kind: 'plain' }).root(root)
}

function contentOf(source: Source, { reader: own, extent, size }: IsoRecord): Source {
  const reader: ByteReader = own
  reader.check(
    size <= MAX_DIRECTORY,
    'LIMIT',
    FIELD.size,
    'record.size',
    `is ${size}, more than ${MAX_DIRECTORY} for a directory`,
  )
  return partOf(source, extent * SECTOR, size, 'directory')
}

type Dialect =
  | { readonly kind: 'rock ridge'; readonly skip: number }
  | { readonly kind: 'joliet' }
  | { readonly kind: 'plain' }

class IsoReader {
  readonly #source: Source
  readonly #dialect: Dialect
  readonly #directories = new Set<number>()
  readonly #linked = new Map<string, Inode>()
  readonly #budget = new Budget()
  readonly #areas: Areas
  #bytes = 0

  constructor(source: Source, dialect: Dialect) {
    this.#source = source
    this.#dialect = dialect
    this.#areas = new Areas(source)
  }

  root(record: IsoRecord): Directory {
    return this.#directory(record, this.#extension(record), 0)
  }

  #extension({ systemUse }: IsoRecord): RockRidge {
    return this.#dialect.kind === 'rock ridge' ? readRockRidge(this.#areas, systemUse, this.#dialect.skip) : {}
  }

  #directory(record: IsoRecord, more: RockRidge, depth: number): Directory {
    const { extent } = record
    const reader: ByteReader = record.reader
    // A directory with two names would make a tree without an end.
    reader.check(
      !this.#directories.has(extent),
      'BAD_VALUE',
      FIELD.extent,
      'record.extent',
      `leads to sector ${extent}, a directory that lies elsewhere`,
    )
    reader.check(depth <= MAX_DEPTH, 'LIMIT', 0, 'record', `lies deeper than ${MAX_DEPTH} directories`)
    this.#directories.add(extent)
    // Directories within each other, each a sector later, would be read once a sector.
    this.#bytes += record.size
    reader.check(
      this.#bytes <= this.#source.size,
      'BAD_VALUE',
      FIELD.size,
      'record.size',
      `makes ${this.#bytes} bytes of directories, in an image of ${this.#source.size}`,
    )
    const entries = new Map<string, Inode>()
    let parts: IsoRecord[] = []
    for (const each of recordsOf(contentOf(this.#source, record))) {
      if (each.name.length === 1 && (each.name[0] === 0 || each.name[0] === 1)) continue
      parts.push(each)
      // A piece at a time, since each is kept until the last one comes.
      const excess = parts.length < 2 ? undefined : this.#budget.pieces(2)
      reader.check(excess === undefined, 'LIMIT', 0, 'record', `${excess}`)
      if ((each.flags & FLAGS.more) !== 0) continue
      this.#add(entries, parts as [IsoRecord, ...IsoRecord[]], depth)
      parts = []
    }
    return { kind: 'directory', meta: metaOf(record, more, 0o755), entries: sortEntries(entries) }
  }

  #add(entries: Map<string, Inode>, parts: readonly [IsoRecord, ...IsoRecord[]], depth: number): void {
    const [record] = parts
    const reader: ByteReader = record.reader
    const more = this.#extension(record)
    // It is found where it belongs, by the entry that stands for it; and what held them all is no part of the tree.
    if (more.relocated === true) return
    const name = more.name ?? this.#nameOf(record)
    const problem = problemOfName(name)
    reader.check(problem === undefined, 'BAD_VALUE', FIELD.name, 'record.name', `${problem}`)
    reader.check(!entries.has(name), 'BAD_VALUE', FIELD.name, 'record.name', 'comes twice')
    const excess = this.#budget.entry(name, more.target)
    reader.check(excess === undefined, 'LIMIT', 0, 'record', `${excess}`)
    entries.set(name, this.#inode(parts, more, depth))
  }

  #nameOf({ name }: IsoRecord): string {
    if (this.#dialect.kind === 'joliet') {
      let text = ''
      for (let at = 0; at + 1 < name.length; at += 2)
        text += String.fromCharCode(((name[at] as number) << 8) | (name[at + 1] as number))
      return text.replace(/;\d+$/, '').replaceAll(/\p{Surrogate}/gu, '\ufffd')
    }
    return String.fromCharCode(...name)
      .replace(/;\d+$/, '')
      .replace(/\.$/, '')
  }

  #inode(parts: readonly [IsoRecord, ...IsoRecord[]], more: RockRidge, depth: number): Inode {
    const [record] = parts
    const reader: ByteReader = record.reader
    if (more.child !== undefined) return this.#moved(record, more.child, depth)
    const plain = (record.flags & FLAGS.directory) === 0 ? 'file' : 'directory'
    const kind = more.mode === undefined ? plain : kindOf(more.mode)
    reader.check(kind !== undefined, 'BAD_VALUE', 0, 'PX.mode', `is ${more.mode?.toString(8)}, no kind of file`)
    if (kind === 'directory') return this.#directory(record, more, depth + 1)
    const key = `${more.serial}`
    const known =
      more.serial !== undefined && more.serial > 0 && (more.links ?? 1) > 1 ? this.#linked.get(key) : undefined
    if (known?.kind === kind) return known
    const inode = this.#leaf(kind, parts, more)
    this.#linked.set(key, inode)
    return inode
  }

  /** A directory that lies elsewhere because ISO 9660 has eight levels. Its own record says everything about it. */
  #moved({ reader }: IsoRecord, sector: number, depth: number): Directory {
    const first: ByteReader = window(this.#source, sector * SECTOR, SECTOR, 'CL.child')
    const [own] = recordsOf(partOf(this.#source, sector * SECTOR, SECTOR, 'CL.child'))
    if (own === undefined)
      return reader.check(false, 'BAD_VALUE', 0, 'CL.child', `is sector ${sector}, where no directory lies`) as never
    first.check(
      own.extent === sector,
      'BAD_VALUE',
      FIELD.extent,
      'record.extent',
      `is ${own.extent}, not the sector ${sector} where it lies`,
    )
    return this.#directory(own, this.#extension(own), depth + 1)
  }

  #leaf(
    kind: Exclude<Inode['kind'], 'directory'>,
    parts: readonly [IsoRecord, ...IsoRecord[]],
    more: RockRidge,
  ): Inode {
    const [record] = parts
    const reader: ByteReader = record.reader
    const meta = metaOf(record, more, 0o644)
    switch (kind) {
      case 'file':
        return { kind, meta, content: this.#contents(parts), sparse: false }
      case 'symlink':
        reader.check(more.target !== undefined, 'BAD_VALUE', 0, 'SL', 'is missing for a symbolic link')
        return { kind, meta, target: more.target }
      case 'block':
      case 'character':
        return { kind, meta, major: more.major ?? 0, minor: more.minor ?? 0 }
      case 'fifo':
      case 'socket':
        return { kind, meta }
    }
  }

  #contents(parts: readonly [IsoRecord, ...IsoRecord[]]): Source {
    const first: ByteReader = parts[0].reader
    const extents: Extent[] = []
    let at = 0
    for (const { extent, size, reader: own } of parts) {
      const reader: ByteReader = own
      const fits = extent * SECTOR + size <= this.#source.size
      reader.check(
        size === 0 || fits,
        'TRUNCATED',
        FIELD.size,
        'record.size',
        `is ${size} from sector ${extent}, beyond the image`,
      )
      if (size > 0) extents.push({ at, length: size, from: extent * SECTOR })
      at += size
    }
    const excess = excessOfSize(at)
    first.check(excess === undefined, 'LIMIT', FIELD.size, 'record.size', `${excess}`)
    return sparseSource(at, extents, this.#source, 'contents')
  }
}

function metaOf({ date }: IsoRecord, { mode, uid, gid, seconds }: RockRidge, otherwise: number): Metadata {
  return metadata(mode === undefined ? otherwise : mode & 0o7777, {
    uid: uid ?? 0,
    gid: gid ?? 0,
    mtime: { seconds: seconds ?? decodeTime(date), nanoseconds: 0 },
  })
}
