// The headers of an entry of tar: ustar's, and a pax header before it where that has no room. Sources: POSIX.1-2017 (pax); SCHILY.xattr as star, GNU tar
// and libarchive write it. Pure.

import { bytesOf, isUtf8, nameOf } from '../name.ts'
import { pad, type Sink } from '../output.ts'
import type { Inode } from '../tree.ts'
import { BLOCK, encodeHeader, type Header, MAX_NAME_FIELD, MAX_OWNER, MAX_PREFIX_FIELD, MAX_SIZE } from './header.ts'
import { encodePax, type PaxRecord } from './pax.ts'

const MAX_DEVICE = 0o7777777
const NONE = new Uint8Array(0)

/** Of extended headers; readers look at what they say, not at what they are called. */
const PAX_HEADER: Omit<Header, 'size'> = {
  name: bytesOf('./PaxHeaders/entry'),
  prefix: NONE,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  type: 'x',
  linkName: NONE,
  major: 0,
  minor: 0,
}

export type Parts = {
  /** As the header has it. */
  readonly type: string
  readonly link?: string
  /** What is to be said beside what the inode says. */
  readonly records?: readonly PaxRecord[]
  /** Bytes behind the header. */
  readonly size?: number
}

export class EntryWriter {
  readonly #output: Sink
  /** Where headers are put together: the output takes a copy. */
  readonly #header = new Uint8Array(BLOCK)
  /** That of the last extended header, and the size that it tells, which is all in which these differ: most hold a time and nothing else. */
  readonly #extended = new Uint8Array(BLOCK)
  #extendedSize = -1

  constructor(output: Sink) {
    this.#output = output
  }

  put(path: string, inode: Inode, { type, link = '', records = [], size = 0 }: Parts): void {
    const { mode, uid, gid, mtime, xattrs } = inode.meta
    const name = bytesOf(`${path === '' ? '.' : path}${inode.kind === 'directory' ? '/' : ''}`)
    const { prefix, rest } = splitName(name)
    const target = bytesOf(link)
    const { major, minor } = inode.kind === 'block' || inode.kind === 'character' ? inode : { major: 0, minor: 0 }
    const extended = [
      ...records,
      ...extendedRecords({ name, rest, target, inode, size, attributes: type !== '1' ? xattrs : new Map() }),
    ]
    if (extended.length > 0) this.#putExtended(encodePax(extended))
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
    this.#output.write(encodeHeader(header, this.#header))
  }

  #putExtended(body: Uint8Array): void {
    if (body.length !== this.#extendedSize) {
      encodeHeader({ ...PAX_HEADER, size: body.length }, this.#extended)
      this.#extendedSize = body.length
    }
    this.#output.write(this.#extended)
    this.#output.write(body)
    pad(this.#output, BLOCK)
  }
}

/** A name of up to 255 bytes is cut in two at a slash; `rest` is undefined where it cannot be. */
function splitName(name: Uint8Array): { readonly prefix: Uint8Array; readonly rest: Uint8Array | undefined } {
  if (name.length <= MAX_NAME_FIELD) return { prefix: NONE, rest: name }
  // The slash behind a directory's own name cannot be the one, and the prefix is as long as it can be.
  const slash = name.subarray(0, Math.min(name.length - 1, MAX_PREFIX_FIELD + 1)).lastIndexOf(0x2f)
  const rest = name.subarray(slash + 1)
  if (slash <= 0 || rest.length > MAX_NAME_FIELD) return { prefix: NONE, rest: undefined }
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
