// Reads tar: POSIX ustar and pax, GNU's long names, base-256 numbers and sparse files, and what came before them. Contents stay where they
// are. Nothing in an archive is believed: names stay inside the tree, sizes inside the source. Pure.

import { FormatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { roundUp } from '../../base/round.ts'
import { Budget, type Excess } from '../budget.ts'
import { byteLength, MAX_PATH, nameOf } from '../name.ts'
import { partOf } from '../parts.ts'
import { type Directory, type Inode, metadata, type Metadata } from '../tree.ts'
import { TreeBuilder } from '../tree-builder.ts'
import { MAX_EXTENDED } from './capabilities.ts'
import { BLOCK, decodeHeader, type Header } from './header.ts'
import { decodePax } from './pax.ts'
import { readOldSparse, readPaxSparse } from './sparse.ts'

/** An entry as it stands in an archive, before it has a place in a tree. */
export type TarEntry = {
  readonly path: string
  /** Absent for a hard link, which is another name of what lies at `link`. */
  readonly inode: Inode | undefined
  readonly link: string
  /** Where its header begins. */
  readonly offset: number
}

/** The tree in an archive; later entries replace earlier ones of the same name, as every tar extracts them. Throws FormatError. */
export function readTar(source: Source): Directory {
  const budget = new Budget()
  const builder = new TreeBuilder(undefined, budget)
  for (const entry of readEntries(source, budget)) addEntry(builder, entry)
  return builder.finish()
}

/** Puts one entry into a tree. Throws FormatError where it has no place there. */
export function addEntry(builder: TreeBuilder, { path, inode, link, offset }: TarEntry): void {
  const linked = inode ?? builder.find(link)
  if (linked === undefined) {
    throw new FormatError(
      'BAD_VALUE',
      'header.linkname',
      offset,
      `${quote(path)} is another name of ${quote(link)}, which is no file so far`,
    )
  }
  const refusal = builder.put(path, linked)
  if (refusal === undefined) return
  throw new FormatError(
    refusal.limit ? 'LIMIT' : 'BAD_VALUE',
    'header.name',
    offset,
    `${quote(path)} ${refusal.problem}`,
  )
}

/** Whether an archive ends as it should, with zeroes. Some writers leave them out, and so does whoever cuts an archive. */
export function hasEndMark(source: Source): boolean {
  const last = source.size - (source.size % BLOCK) - BLOCK
  return last >= 0 && source.readAt(last, BLOCK).every((byte) => byte === 0)
}

type Extended = {
  readonly records: Map<string, Uint8Array>
  /** Values of GNU.sparse.offset and GNU.sparse.numbytes in their order: version 0.0 repeats them. */
  readonly pairs: string[]
}

/** Records that hold for every entry that follows are looked at again for each: real ones are a comment or an owner. Bytes of them, and how many. */
const MAX_GLOBAL = 16 * 1024
const MAX_GLOBALS = 64

/** What is said ahead of an entry: by pax for the next one or all that follow, and by GNU's long names. */
class Ahead {
  readonly global = new Map<string, Uint8Array>()
  next: Extended = { records: new Map(), pairs: [] }
  /** Of all headers for the next entry. */
  bytes = 0

  take(): Extended {
    const taken = { records: new Map([...this.global, ...this.next.records]), pairs: this.next.pairs }
    this.next = { records: new Map(), pairs: [] }
    this.bytes = 0
    return taken
  }
}

/** The entries in their order, each kept only by whoever takes it; what they have beside their places in the tree is counted. Throws FormatError. */
export function* readEntries(source: Source, budget: Budget): Generator<TarEntry> {
  const ahead = new Ahead()
  let entries = 0
  for (let at = 0; at < source.size; ) {
    const block = window(source, at, BLOCK, 'header')
    // One block of zeroes is the end; two are written, and what lies behind them is nobody's business.
    if (block.bytes(0, BLOCK, 'header').every((byte) => byte === 0)) break
    const header = decodeHeader(block)
    const body = at + BLOCK
    if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
      ahead.bytes += header.size
      readAhead(ahead, header.type, extendedBody(source, block, body, header.size, ahead.bytes))
      at = body + roundUp(header.size, BLOCK)
      continue
    }
    const { entry, end } = readEntry(source, block, header, ahead.take(), budget)
    if (entry !== undefined) {
      entries++
      yield { ...entry, offset: at }
    }
    at = end
  }
  if (ahead.next.records.size > 0)
    throw new FormatError('TRUNCATED', 'header', source.size, 'is missing behind what is said ahead of it')
  if (entries === 0 && source.size === 0)
    throw new FormatError('TRUNCATED', 'header', 0, 'an archive has one block at least')
}

function extendedBody(source: Source, block: ByteReader, body: number, size: number, all: number): ByteReader {
  block.check(
    all <= MAX_EXTENDED,
    'LIMIT',
    124,
    'header.size',
    `is ${size}: more than ${MAX_EXTENDED} bytes of extended headers for one entry`,
  )
  return window(source, body, size, 'extended header')
}

function readAhead(ahead: Ahead, type: 'x' | 'g' | 'L' | 'K', body: ByteReader): void {
  const { records, pairs } = ahead.next
  if (type === 'L' || type === 'K') {
    const bytes = body.bytes(0, body.length, 'long name')
    const end = bytes.indexOf(0)
    // What pax says goes before what GNU says, whichever came first.
    const keyword = type === 'L' ? 'path' : 'linkpath'
    if (!records.has(keyword)) records.set(keyword, end < 0 ? bytes : bytes.subarray(0, end))
    return
  }
  for (const [keyword, value] of decodePax(body)) {
    // A copy: the record is part of a larger buffer that would be kept with it.
    if (type === 'g') ahead.global.set(keyword, value.slice())
    else records.set(keyword, keyword.startsWith(ATTRIBUTE) ? value.slice() : value)
    if (keyword === 'GNU.sparse.offset' || keyword === 'GNU.sparse.numbytes') pairs.push(nameOf(value))
  }
  if (type === 'g') requireFewGlobals(ahead.global, body)
}

function requireFewGlobals(records: ReadonlyMap<string, Uint8Array>, body: ByteReader): void {
  let size = 0
  for (const [keyword, value] of records) size += keyword.length + value.length
  body.check(
    records.size <= MAX_GLOBALS && size <= MAX_GLOBAL,
    'LIMIT',
    0,
    'global header',
    `makes ${records.size} records of ${size} bytes for all entries, more than ${MAX_GLOBALS} or ${MAX_GLOBAL}`,
  )
}

type Found = { readonly entry: Omit<TarEntry, 'offset'> | undefined; readonly end: number }

function readEntry(source: Source, block: ByteReader, header: Header, extended: Extended, budget: Budget): Found {
  const { records } = extended
  const text = new Map([...records].map(([keyword, value]) => [keyword, nameOf(value)]))
  const number = (keyword: string, otherwise: number): number => {
    const value = text.get(keyword)
    if (value === undefined) return otherwise
    const valid = /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))
    block.check(valid, 'BAD_VALUE', 0, `pax.${keyword}`, `is ${quote(value)}, no number`)
    return Number(value)
  }
  const size = holdsData(header.type) ? number('size', header.size) : 0
  const body = { offset: block.origin + BLOCK, size }
  const path = text.get('GNU.sparse.name') ?? text.get('path') ?? nameOf(joinName(header))
  const link = text.get('linkpath') ?? nameOf(header.linkName)
  const meta = metadata(header.mode, {
    uid: owner(block, number('uid', header.uid), 'uid'),
    gid: owner(block, number('gid', header.gid), 'gid'),
    mtime: timeOf(block, text.get('mtime'), header.mtime),
    xattrs: attributesOf(records),
  })
  requireRoom(block, budget.attributes(meta.xattrs), 'pax')
  const found = (inode: Inode | undefined, extra = 0): Found => ({
    entry: { path, inode, link },
    end: body.offset + extra + roundUp(size, BLOCK),
  })
  switch (header.type) {
    case '0':
    case '7': {
      // Before there was a type for them, directories were files whose names end in a slash.
      if (path.endsWith('/') && size === 0) return found(emptyDirectory(meta))
      const sparse = readPaxSparse(source, block, body, text, extended.pairs, budget)
      const content = sparse ?? partOf(source, body.offset, size, 'header.size')
      return found({ kind: 'file', meta, content, sparse: sparse !== undefined })
    }
    case 'S': {
      const { content, extra } = readOldSparse(source, block, body, budget)
      return found({ kind: 'file', meta, content, sparse: true }, extra)
    }
    case '1':
      return found(undefined)
    case '2':
      block.check(byteLength(link) <= MAX_PATH, 'LIMIT', 157, 'header.linkname', `has more than ${MAX_PATH} bytes`)
      return found({ kind: 'symlink', meta, target: link })
    case '3':
    case '4': {
      const major = number('SCHILY.devmajor', header.major)
      const minor = number('SCHILY.devminor', header.minor)
      return found({ kind: header.type === '3' ? 'character' : 'block', meta, major, minor })
    }
    case '5':
      return found(emptyDirectory(meta))
    case '6':
      return found({ kind: 'fifo', meta })
    case 'V': // the name of the whole archive: no file
      return { entry: undefined, end: body.offset + roundUp(size, BLOCK) }
    default:
      return block.check(
        false,
        'UNSUPPORTED',
        156,
        'header.type',
        `is ${quote(header.type)}: no kind of file that is known`,
      ) as never
  }
}

function requireRoom(block: ByteReader, excess: Excess, field: string): void {
  block.check(excess === undefined, 'LIMIT', 0, field, `${excess}`)
}

/** Links and devices may carry a size that means nothing. A hard link of pax may hold data, which its first name has as well. */
function holdsData(type: string): boolean {
  return !['2', '3', '4', '5', '6'].includes(type)
}

function emptyDirectory(meta: Metadata): Directory {
  return { kind: 'directory', meta, entries: new Map() }
}

function joinName({ prefix, name }: Header): Uint8Array {
  if (prefix.length === 0) return name
  const whole = new Uint8Array(prefix.length + 1 + name.length)
  whole.set(prefix)
  whole[prefix.length] = 0x2f
  whole.set(name, prefix.length + 1)
  return whole
}

function owner(block: ByteReader, value: number, field: string): number {
  block.check(value < 2 ** 32, 'BAD_VALUE', 0, `header.${field}`, `is ${value}, more than 32 bits`)
  return value
}

/** Seconds with any number of decimals; those beyond nanoseconds are cut, downwards in time as POSIX wants it. */
function timeOf(block: ByteReader, text: string | undefined, otherwise: number): Metadata['mtime'] {
  if (text === undefined) return { seconds: otherwise, nanoseconds: 0 }
  const [, sign, whole, decimals = ''] = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text) ?? []
  block.check(whole !== undefined, 'BAD_VALUE', 0, 'pax.mtime', `is ${quote(text)}, no time`)
  const seconds = Number(whole)
  const nanoseconds = Number(decimals.slice(0, 9).padEnd(9, '0'))
  if (sign !== '-') return { seconds, nanoseconds }
  const finer = /[1-9]/.test(decimals.slice(9)) ? 1 : 0
  const below = nanoseconds + finer
  return below === 0
    ? { seconds: 0 - seconds, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - below }
}

const ATTRIBUTE = 'SCHILY.xattr.'

function attributesOf(records: ReadonlyMap<string, Uint8Array>): Metadata['xattrs'] {
  const found = new Map<string, Uint8Array>()
  for (const [keyword, value] of records) {
    if (keyword.startsWith(ATTRIBUTE)) found.set(keyword.slice(ATTRIBUTE.length), value)
  }
  return found
}
