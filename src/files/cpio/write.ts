// Writes a tree as cpio newc, as Linux's initramfs and Unikraft's initrd read it: parents first, a file with several names once, with its last
// name. Inode numbers count up and no device of the host is in it, so that equal trees are equal bytes. Pure.

import type { WriteOptions } from '../format.ts'
import { fitTree } from '../fit.ts'
import type { Capabilities } from '../losses.ts'
import { bitsOf } from '../mode-bits.ts'
import { bytesOf, problemOfName } from '../name.ts'
import { copySettling, countReads, pad, type Sink } from '../output.ts'
import { countNames, type Directory, type Inode, walk } from '../tree.ts'
import { ALIGN, encodeHeader, HEADER_SIZE, type Header, MAX_NUMBER, TRAILER } from './header.ts'

/** What GNU cpio fills its output up to. */
const RECORD = 512
/** PATH_MAX with its NUL is what Linux takes as a name. */
const MAX_PATH = 4095

export const CPIO: Capabilities = {
  maxOwner: MAX_NUMBER,
  modeOf: ({ meta }) => meta.mode,
  time: { first: 0, last: MAX_NUMBER, step: 1_000_000_000 },
  xattr: () => false,
  symlinks: true,
  hardLinks: true,
  devices: () => true,
  fifos: true,
  sockets: true,
  holes: false,
  maxFile: MAX_NUMBER,
  anyBytes: true,
  maxPath: MAX_PATH,
  problemOfName: (name) => (name === TRAILER ? 'is the mark of an archive’s end' : problemOfName(name)),
}

export async function writeCpio(
  root: Directory,
  output: Sink,
  { allowLoss = new Set(), progress }: WriteOptions = {},
): Promise<void> {
  const tree = fitTree('cpio', CPIO, root, allowLoss)
  const links = countNames(tree)
  const numbers = new Map<Inode, { readonly ino: number; left: number }>()
  const counted = countReads(progress)
  for (const { path, inode } of walk(tree)) {
    const known = numbers.get(inode)
    const number = known ?? { ino: numbers.size + 1, left: links.get(inode) ?? 1 }
    if (known === undefined) numbers.set(inode, number)
    number.left--
    // Linux looks for another name of a regular file only: every name of a symbolic link has the target.
    const content = number.left === 0 || inode.kind === 'symlink' ? contentOf(inode) : undefined
    const name = bytesOf(path === '' ? '.' : path)
    const header = headerOf(inode, number.ino, links.get(inode) ?? (inode.kind === 'directory' ? 2 : 1))
    writeEntry(output, { ...header, filesize: content?.size ?? 0, namesize: name.length + 1 }, name)
    if (content !== undefined) await copySettling(counted(content), output)
    pad(output, ALIGN)
  }
  const name = bytesOf(TRAILER)
  writeEntry(output, { ...NOTHING, nlink: 1, namesize: name.length + 1 }, name)
  pad(output, RECORD)
}

const NOTHING: Header = {
  ino: 0,
  mode: 0,
  uid: 0,
  gid: 0,
  nlink: 0,
  mtime: 0,
  filesize: 0,
  devMajor: 0,
  devMinor: 0,
  rdevMajor: 0,
  rdevMinor: 0,
  namesize: 0,
  check: 0,
}

function contentOf(inode: Inode) {
  if (inode.kind === 'file') return inode.content
  if (inode.kind !== 'symlink') return undefined
  const target = bytesOf(inode.target)
  return { size: target.length, readAt: (offset: number, length: number) => target.subarray(offset, offset + length) }
}

function headerOf(inode: Inode, ino: number, nlink: number): Header {
  const { mode, uid, gid, mtime } = inode.meta
  const { major, minor } = 'major' in inode ? inode : { major: 0, minor: 0 }
  return {
    ...NOTHING,
    ino,
    nlink,
    uid,
    gid,
    mtime: mtime.seconds,
    mode: bitsOf(inode.kind) | mode,
    rdevMajor: major,
    rdevMinor: minor,
  }
}

function writeEntry(output: Sink, header: Header, name: Uint8Array): void {
  const bytes = new Uint8Array(Math.ceil((HEADER_SIZE + name.length + 1) / ALIGN) * ALIGN)
  bytes.set(encodeHeader(header))
  bytes.set(name, HEADER_SIZE)
  output.write(bytes)
}
