// Writes a tree as tar: ustar headers, and pax headers where those have no room. Sources: POSIX.1-2017 (pax); GNU tar manual, “Storing Sparse
// Files” (format 1.0); SCHILY.xattr as star, GNU tar and libarchive write it. Pure.

import type { WriteOptions } from '../format.ts'
import { fitTree } from '../fit.ts'
import { bytesOf, isUtf8, nameOf } from '../name.ts'
import { copySettling, countReads, pad, type Sink } from '../output.ts'
import { dataRanges } from '../parts.ts'
import { type Directory, type Inode, type RegularFile, walk } from '../tree.ts'
import { TAR } from './capabilities.ts'
import { BLOCK, encodeHeader, type Header, MAX_NAME_FIELD, MAX_OWNER, MAX_PREFIX_FIELD, MAX_SIZE } from './header.ts'
import { encodePax, type PaxRecord } from './pax.ts'

/** What GNU tar fills its output up to. */
const RECORD = 20 * BLOCK
const MAX_DEVICE = 0o7777777
/** For extended headers; readers look at what they say, not at what they are called. */
const PAX_NAME = new TextEncoder().encode('./PaxHeaders/entry')

const TYPES = { file: '0', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' } as const

export async function writeTar(
  root: Directory,
  output: Sink,
  { allowLoss = new Set(), progress }: WriteOptions = {},
): Promise<void> {
  const first = new Map<Inode, string>()
  const counted = countReads(progress)
  for (const { path, inode } of walk(fitTree('tar', TAR, root, allowLoss))) {
    const earlier = first.get(inode)
    if (earlier !== undefined) writeEntry(output, path, inode, { type: '1', link: earlier, records: [], size: 0 })
    else if (inode.kind !== 'directory') first.set(inode, path)
    if (earlier !== undefined) continue
    await writeInode(output, path, inode.kind === 'file' ? { ...inode, content: counted(inode.content) } : inode)
  }
  output.zeroes(2 * BLOCK)
  pad(output, RECORD)
}

async function writeInode(output: Sink, path: string, inode: Inode): Promise<void> {
  const type = TYPES[inode.kind as keyof typeof TYPES]
  if (inode.kind === 'symlink') {
    writeEntry(output, path, inode, { type, link: inode.target, records: [], size: 0 })
  } else if (inode.kind !== 'file') {
    writeEntry(output, path, inode, { type, link: '', records: [], size: 0 })
  } else if (!inode.sparse || !(await writeSparse(output, path, inode))) {
    writeEntry(output, path, inode, { type, link: '', records: [], size: inode.content.size })
    await copySettling(inode.content, output)
    pad(output, BLOCK)
  }
}

/** False where there is no hole to be left out. */
async function writeSparse(output: Sink, path: string, file: RegularFile): Promise<boolean> {
  const { size } = file.content
  const ranges = dataRanges(file.content)
  const held = ranges.reduce((sum, { length }) => sum + length, 0)
  if (held === size) return false
  // A range of nothing at the end says how long the file is.
  const numbers = [...ranges.flatMap(({ at, length }) => [at, length]), size, 0]
  const map = new TextEncoder().encode(`${[ranges.length + 1, ...numbers].join('\n')}\n`)
  const mapBlocks = Math.ceil(map.length / BLOCK) * BLOCK
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const records: PaxRecord[] = [
    ['GNU.sparse.major', text('1')],
    ['GNU.sparse.minor', text('0')],
    ['GNU.sparse.name', bytesOf(path)],
    ['GNU.sparse.realsize', text(String(size))],
  ]
  writeEntry(output, path, file, { type: '0', link: '', records, size: mapBlocks + held })
  output.write(map)
  pad(output, BLOCK)
  for (const { at, length } of ranges) await copySettling(file.content, output, at, length)
  pad(output, BLOCK)
  return true
}

type Parts = {
  readonly type: string
  readonly link: string
  readonly records: readonly PaxRecord[]
  readonly size: number
}

function writeEntry(output: Sink, path: string, inode: Inode, { type, link, records, size }: Parts): void {
  const { mode, uid, gid, mtime, xattrs } = inode.meta
  const name = bytesOf(`${path === '' ? '.' : path}${inode.kind === 'directory' ? '/' : ''}`)
  const { prefix, rest } = splitName(name)
  const target = bytesOf(link)
  const { major, minor } = inode.kind === 'block' || inode.kind === 'character' ? inode : { major: 0, minor: 0 }
  const extended = [
    ...records,
    ...extendedRecords({ name, rest, target, inode, size, attributes: type !== '1' ? xattrs : new Map() }),
  ]
  if (extended.length > 0) writeExtended(output, extended)
  const header: Header = {
    name: rest ?? name.subarray(0, MAX_NAME_FIELD),
    prefix,
    mode,
    uid: Math.min(uid, MAX_OWNER),
    gid: Math.min(gid, MAX_OWNER),
    size: Math.min(size, MAX_SIZE),
    mtime: Math.min(Math.max(0, mtime.seconds), MAX_SIZE),
    type,
    linkName: target.subarray(0, MAX_NAME_FIELD),
    major: Math.min(major, MAX_DEVICE),
    minor: Math.min(minor, MAX_DEVICE),
  }
  output.write(encodeHeader(header))
}

/** A name of up to 255 bytes is cut in two at a slash; `rest` is undefined where it cannot be. */
function splitName(name: Uint8Array): { readonly prefix: Uint8Array; readonly rest: Uint8Array | undefined } {
  const none = new Uint8Array(0)
  if (name.length <= MAX_NAME_FIELD) return { prefix: none, rest: name }
  // The slash behind a directory's own name cannot be the one, and the prefix is as long as it can be.
  const slash = name.subarray(0, Math.min(name.length - 1, MAX_PREFIX_FIELD + 1)).lastIndexOf(0x2f)
  const rest = name.subarray(slash + 1)
  if (slash <= 0 || rest.length > MAX_NAME_FIELD) return { prefix: none, rest: undefined }
  return { prefix: name.subarray(0, slash), rest }
}

type Wanted = {
  readonly name: Uint8Array
  readonly rest: Uint8Array | undefined
  readonly target: Uint8Array
  readonly inode: Inode
  readonly size: number
  readonly attributes: ReadonlyMap<string, Uint8Array>
}

/** What the header has no room for. Numbers that are too large, times before 1970 or finer than a second, long names, attributes. */
function extendedRecords({ name, rest, target, inode, size, attributes }: Wanted): PaxRecord[] {
  const { uid, gid, mtime } = inode.meta
  const records: PaxRecord[] = []
  const say = (keyword: string, value: string | number): void => {
    records.push([keyword, bytesOf(String(value))])
  }
  const longName = rest === undefined
  const longTarget = target.length > MAX_NAME_FIELD
  const binary = [longName ? name : undefined, longTarget ? target : undefined].some(
    (bytes) => bytes !== undefined && !isUtf8(nameOf(bytes)),
  )
  if (binary) say('hdrcharset', 'BINARY')
  if (longName) records.push(['path', name])
  if (longTarget) records.push(['linkpath', target])
  if (uid > MAX_OWNER) say('uid', uid)
  if (gid > MAX_OWNER) say('gid', gid)
  if (size > MAX_SIZE) say('size', size)
  const { seconds, nanoseconds } = mtime
  if (seconds < 0 || seconds > MAX_SIZE || nanoseconds !== 0) say('mtime', formatTime(seconds, nanoseconds))
  if ((inode.kind === 'block' || inode.kind === 'character') && Math.max(inode.major, inode.minor) > MAX_DEVICE) {
    say('SCHILY.devmajor', inode.major)
    say('SCHILY.devminor', inode.minor)
  }
  for (const attribute of [...attributes.keys()].sort()) {
    records.push([`SCHILY.xattr.${attribute}`, attributes.get(attribute) as Uint8Array])
  }
  return records
}

/** Decimal seconds: nanoseconds count forward, so half a second before 1970 is -0.5. */
function formatTime(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds)
  const negative = seconds < 0
  const whole = negative ? -seconds - 1 : seconds
  const part = negative ? 1_000_000_000 - nanoseconds : nanoseconds
  return `${negative ? '-' : ''}${whole}.${String(part).padStart(9, '0')}`
}

function writeExtended(output: Sink, records: readonly PaxRecord[]): void {
  const body = encodePax(records)
  const none = new Uint8Array(0)
  const header: Header = {
    name: PAX_NAME,
    prefix: none,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    type: 'x',
    linkName: none,
    major: 0,
    minor: 0,
  }
  output.write(encodeHeader(header))
  output.write(body)
  pad(output, BLOCK)
}
