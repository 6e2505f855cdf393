// Reads cpio newc, with and without sums. Names stay inside the tree, sizes inside the source; files of one inode number are one file. Pure.

import { FormatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type ByteReader, type Source, window } from '../../base/reader.ts'
import { roundUp } from '../../base/round.ts'
import { Budget } from '../budget.ts'
import { kindOf } from '../mode-bits.ts'
import { MAX_PATH, nameOf } from '../name.ts'
import { PIECE } from '../output.ts'
import { partOf } from '../parts.ts'
import { type Directory, type Inode, metadata } from '../tree.ts'
import { TreeBuilder } from '../tree-builder.ts'
import { ALIGN, decodeHeader, HEADER_SIZE, type Header, TRAILER } from './header.ts'

type Place = { readonly path: string; readonly offset: number }

/** Throws FormatError. An archive without its end is one that has been cut. */
export function readCpio(source: Source): Directory {
  const builder = new TreeBuilder()
  /** Names of files that have others, until all are known: the contents come with any of them. */
  const linked = new Map<string, { places: Place[]; inode: Inode }>()
  // They are counted where they are gathered, and once more where they get their places.
  const gathered = new Budget()
  for (let at = 0; ; ) {
    const reader: ByteReader = window(source, at, HEADER_SIZE, 'header')
    const { header, summed } = decodeHeader(reader)
    const path = readName(source, reader, header)
    if (path === TRAILER) break
    const body = roundUp(at + HEADER_SIZE + header.namesize, ALIGN)
    const inode = inodeOf(source, reader, header, body, summed)
    if (inode.kind !== 'directory' && header.nlink > 1) {
      const excess = gathered.entry(path)
      reader.check(excess === undefined, 'LIMIT', 0, 'name', `${excess}`)
      gather(linked, header, { path, offset: at }, inode)
    } else put(builder, { path, offset: at }, inode)
    at = roundUp(body + header.filesize, ALIGN)
  }
  for (const { places, inode } of linked.values()) for (const place of places) put(builder, place, inode)
  return builder.finish()
}

function readName(source: Source, reader: ByteReader, { namesize }: Header): string {
  const at = 6 + 11 * 8
  reader.check(
    namesize > 1 && namesize <= MAX_PATH + 1,
    'LIMIT',
    at,
    'header.namesize',
    `is ${namesize}, 2 to ${MAX_PATH + 1} are possible`,
  )
  const name: ByteReader = window(source, reader.origin + HEADER_SIZE, namesize, 'name')
  const bytes = name.bytes(0, namesize, 'name')
  name.check(bytes.indexOf(0) === namesize - 1, 'BAD_VALUE', 0, 'name', 'does not end with its NUL')
  return nameOf(bytes.subarray(0, -1))
}

function inodeOf(source: Source, reader: ByteReader, header: Header, body: number, summed: boolean): Inode {
  const { mode, uid, gid, mtime } = header
  const kind = kindOf(mode)
  reader.check(kind !== undefined, 'BAD_VALUE', 6 + 8, 'header.mode', `is ${mode.toString(8)}, no kind of file`)
  const meta = metadata(mode & 0o7777, { uid, gid, mtime: { seconds: mtime, nanoseconds: 0 } })
  const content = partOf(source, body, header.filesize, 'header.filesize')
  switch (kind) {
    case 'file':
      if (summed) requireSum(reader, content, header.check)
      return { kind, meta, content, sparse: false }
    case 'symlink': {
      reader.check(
        header.filesize <= MAX_PATH,
        'LIMIT',
        6 + 6 * 8,
        'header.filesize',
        `is ${header.filesize}, too long for a link`,
      )
      return { kind, meta, target: nameOf(content.readAt(0, content.size)) }
    }
    case 'directory':
      return { kind, meta, entries: new Map() }
    case 'block':
    case 'character':
      return { kind, meta, major: header.rdevMajor, minor: header.rdevMinor }
    case 'fifo':
    case 'socket':
      return { kind, meta }
  }
}

/** All bytes added up, in 32 bits. */
function requireSum(reader: ByteReader, content: Source, expected: number): void {
  let sum = 0
  for (let at = 0; at < content.size; at += PIECE) {
    for (const byte of content.readAt(at, Math.min(PIECE, content.size - at))) sum = (sum + byte) >>> 0
  }
  reader.check(sum === expected, 'BAD_VALUE', 6 + 12 * 8, 'header.check', `is ${expected}, the bytes add up to ${sum}`)
}

/** One file has one number within a device. Only one of its names carries the contents; those without are that file too. */
function gather(
  linked: Map<string, { places: Place[]; inode: Inode }>,
  header: Header,
  place: Place,
  inode: Inode,
): void {
  const key = `${header.devMajor}:${header.devMinor}:${header.ino}:${inode.kind}`
  const file = linked.get(key)
  if (file === undefined) linked.set(key, { places: [place], inode })
  else {
    file.places.push(place)
    if (inode.kind === 'file' && inode.content.size > 0) file.inode = inode
  }
}

function put(builder: TreeBuilder, { path, offset }: Place, inode: Inode): void {
  const refusal = builder.put(path, inode)
  if (refusal === undefined) return
  throw new FormatError(
    refusal.limit ? 'LIMIT' : 'BAD_VALUE',
    'name',
    offset + HEADER_SIZE,
    `${quote(path)} ${refusal.problem}`,
  )
}
