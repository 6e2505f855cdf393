// A tree with everything in it, for tests, and what equal trees have in common.

import { sourceOf } from '../base/reader.ts'
import { compareNames, nameOf } from './name.ts'
import { type Directory, type Inode, metadata, type Metadata, walk } from './tree.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

export function file(content: string | Uint8Array, meta: Metadata = metadata(0o644), sparse = false): Inode {
  return { kind: 'file', meta, content: sourceOf(typeof content === 'string' ? text(content) : content), sparse }
}

export function directory(entries: Readonly<Record<string, Inode>>, meta: Metadata = metadata(0o755)): Directory {
  const sorted = Object.entries(entries).sort(([a], [b]) => compareNames(a, b))
  return { kind: 'directory', meta, entries: new Map(sorted) }
}

/** 64 KiB with data at its begin, in the middle and at its end. */
export function holes(): Uint8Array {
  const bytes = new Uint8Array(64 * 1024)
  bytes.set(text('begin'))
  bytes.set(text('middle'), 30_000)
  bytes.set(text('end'), bytes.length - 3)
  return bytes
}

/** A little of everything that Linux keeps of files. */
export function sampleTree(): Directory {
  const twice = file(
    'one file with two names',
    metadata(0o640, { uid: 5, gid: 6, mtime: { seconds: 1_700_000_000, nanoseconds: 0 } }),
  )
  return directory(
    {
      bin: directory({
        busybox: file('#!', metadata(0o4755)),
        sh: { kind: 'symlink', meta: metadata(0o777), target: 'busybox' },
      }),
      dev: directory({
        console: { kind: 'character', meta: metadata(0o600), major: 5, minor: 1 },
        sda: { kind: 'block', meta: metadata(0o660, { gid: 6 }), major: 8, minor: 300 },
        pipe: { kind: 'fifo', meta: metadata(0o644) },
      }),
      empty: directory({}, metadata(0o1777)),
      etc: directory({
        hosts: file('127.0.0.1 localhost\n', metadata(0o644, { mtime: { seconds: 1, nanoseconds: 500_000_000 } })),
        passwd: twice,
        shadow: twice,
        nothing: file(''),
        old: file('before 1970', metadata(0o644, { mtime: { seconds: -2, nanoseconds: 250_000_000 } })),
        large: file('x', metadata(0o600, { uid: 3_000_000, gid: 4_294_967_294 })),
        marked: file('y', metadata(0o644, { xattrs: new Map([['user.origin', text('here\n=\0')]]) })),
      }),
      data: directory({ sparse: file(holes(), metadata(0o644), true) }),
      [nameOf(Uint8Array.of(0x66, 0xff, 0xfe))]: file('a name of no encoding'),
      'ein Gruß': directory({
        ['ü'.repeat(100)]: file('long'),
        ['n'.repeat(255)]: directory({ ['m'.repeat(255)]: file('longer') }),
      }),
    },
    metadata(0o750, { uid: 1, gid: 2, mtime: { seconds: 12, nanoseconds: 0 } }),
  )
}

/** Everything about a tree that two equal ones have in common, as plain data. Each file with several names is known by its first. */
export function describeTree(root: Directory): readonly object[] {
  const first = new Map<Inode, string>()
  return [...walk(root)].map(({ path, inode }) => {
    const name = first.get(inode)
    if (name !== undefined) return { path, same: name }
    first.set(inode, path)
    const { xattrs, ...meta } = inode.meta
    const attributes = [...xattrs].map(([key, value]) => [key, [...value]]).sort()
    const common = { path, kind: inode.kind, ...meta, attributes }
    if (inode.kind === 'file')
      return { ...common, sparse: inode.sparse, content: digest(inode.content.readAt(0, inode.content.size)) }
    if (inode.kind === 'symlink') return { ...common, target: inode.target }
    return 'major' in inode ? { ...common, major: inode.major, minor: inode.minor } : common
  })
}

/** Short ones whole, of long ones their length and FNV-1a: enough to see a difference in a test. */
function digest(bytes: Uint8Array): string {
  if (bytes.length <= 64) return nameOf(bytes)
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return `${bytes.length} bytes, ${hash >>> 0}`
}
