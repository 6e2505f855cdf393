// Reads FAT12, FAT16 and FAT32 as mkfs.fat, mtools, Linux and Windows write them. Chains end, lie in the image, and belong to one file. Pure.

import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { Budget } from '../budget.ts'
import { MAX_PATH, problemOfName } from '../name.ts'
import { sortEntries } from '../overlay.ts'
import { sparseSource } from '../parts.ts'
import { type Directory, type Inode, metadata } from '../tree.ts'
import { ATTRIBUTE, decodeTime, ENTRY, ENTRY_SIZE, MAX_DIRECTORY } from './format.ts'
import { decodeShort, LongName } from './read-names.ts'
import { type FatVolume, openFat } from './volume.ts'
import { DIRECTORY_MODE, FILE_MODE, READ_ONLY_MODE } from './write.ts'

const MAX_DEPTH = MAX_PATH / 2
const FREE = 0xe5
const END = 0x00
const VOLUME = ATTRIBUTE.label

/** Throws FormatError. */
export function readFat(source: Source): Directory {
  return new FatReader(openFat(source)).read()
}

class FatReader {
  readonly #volume: FatVolume
  readonly #budget = new Budget()

  constructor(volume: FatVolume) {
    this.#volume = volume
  }

  read(): Directory {
    const entries = this.#directory(this.#volume.root(MAX_DIRECTORY), 0)
    return { kind: 'directory', meta: metadata(DIRECTORY_MODE), entries }
  }

  #directory(content: Source, depth: number): ReadonlyMap<string, Inode> {
    const reader: ByteReader = window(content, 0, content.size, 'directory')
    reader.check(depth <= MAX_DEPTH, 'LIMIT', 0, 'directory', `lies deeper than ${MAX_DEPTH} directories`)
    const entries = new Map<string, Inode>()
    const long = new LongName()
    for (let at = 0; at + ENTRY_SIZE <= reader.length; at += ENTRY_SIZE) {
      const entry = reader.slice(at, ENTRY_SIZE, 'entry')
      const first = entry.u8(ENTRY.name, 'entry.name')
      if (first === END) break
      const attributes = entry.u8(ENTRY.attributes, 'entry.attributes')
      if (first === FREE) long.forget()
      else if ((attributes & 0x3f) === ATTRIBUTE.longName) long.add(entry)
      else if ((attributes & VOLUME) !== 0) long.forget()
      else this.#addEntry(entries, entry, long.take(entry), depth)
    }
    return sortEntries(entries)
  }

  #addEntry(entries: Map<string, Inode>, entry: ByteReader, long: string | undefined, depth: number): void {
    const name = long ?? decodeShort(entry)
    if (name === '.' || name === '..') return
    const problem = problemOfName(name)
    entry.check(problem === undefined, 'BAD_VALUE', ENTRY.name, 'entry.name', `${problem}`)
    entry.check(!entries.has(name), 'BAD_VALUE', ENTRY.name, 'entry.name', 'comes twice')
    const excess = this.#budget.entry(name)
    entry.check(excess === undefined, 'LIMIT', 0, 'entry', `${excess}`)
    entries.set(name, this.#inode(entry, depth))
  }

  #inode(entry: ByteReader, depth: number): Inode {
    const attributes = entry.u8(ENTRY.attributes, 'entry.attributes')
    const high = this.#volume.width === 32 ? entry.u16(ENTRY.clusterHigh, 'entry.cluster') & 0x0fff : 0
    const first = high * 2 ** 16 + entry.u16(ENTRY.cluster, 'entry.cluster')
    const seconds = decodeTime(entry.u16(ENTRY.date, 'entry.date'), entry.u16(ENTRY.time, 'entry.time'))
    const mtime = { seconds, nanoseconds: 0 }
    if ((attributes & ATTRIBUTE.directory) !== 0) {
      const extents = this.#volume.chain(entry, first, undefined, MAX_DIRECTORY)
      const size = extents.reduce((sum, { length }) => sum + length, 0)
      const content = sparseSource(size, extents, this.#volume.source, 'directory')
      return {
        kind: 'directory',
        meta: metadata(DIRECTORY_MODE, { mtime }),
        entries: this.#directory(content, depth + 1),
      }
    }
    const size = entry.u32(ENTRY.size, 'entry.size')
    const mode = (attributes & ATTRIBUTE.readOnly) === 0 ? FILE_MODE : READ_ONLY_MODE
    const extents = size === 0 ? [] : this.#volume.chain(entry, first, size, size)
    const excess = this.#budget.pieces(extents.length)
    entry.check(excess === undefined, 'LIMIT', ENTRY.size, 'entry.size', `${excess}`)
    return {
      kind: 'file',
      meta: metadata(mode, { mtime }),
      content: sparseSource(size, extents, this.#volume.source, 'contents'),
      sparse: false,
    }
  }
}
