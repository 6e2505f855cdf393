// Any tree of files there could be, for property tests.

import fc from 'fast-check'
import { sourceOf } from '../../src/base/reader.ts'
import { compareNames, nameOf } from '../../src/files/name.ts'
import type { Directory, Inode, Metadata, Time } from '../../src/files/tree.ts'

const anyName = fc
  .oneof(
    fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom('a', 'b', '.', ' ', '-', 'é', '\u{1f6a2}', '\n', '\\'),
    }),
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map(nameOf),
    fc.string({ minLength: 80, maxLength: 250, unit: fc.constantFrom('x', 'y') }),
  )
  .filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..')

const PLAIN = { noNullPrototype: true }
const time: fc.Arbitrary<Time> = fc.record(
  {
    seconds: fc.oneof(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.nat(2_000_000_000), fc.constant(0)),
    nanoseconds: fc.oneof(fc.nat(999_999_999), fc.constant(0)),
  },
  PLAIN,
)
const id = fc.oneof(fc.nat(2 ** 32 - 1), fc.nat(70_000), fc.constant(0))
const xattrs = fc
  .array(fc.tuple(fc.stringMatching(/^user\.[a-z]{1,20}$/), fc.uint8Array({ maxLength: 40 })), { maxLength: 2 })
  .map((pairs) => new Map(pairs))
const meta: fc.Arbitrary<Metadata> = fc.record({ mode: fc.nat(0o7777), uid: id, gid: id, mtime: time, xattrs }, PLAIN)
const linkMeta = meta.map((each) => ({ ...each, mode: 0o777 }))

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.tuple(fc.nat(4), fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(3)).map(([before, bytes, behind]) => {
    const whole = new Uint8Array((before + behind + 1) * 4096)
    whole.set(bytes, before * 4096)
    return whole
  }),
)
const leaf: fc.Arbitrary<Inode> = fc.oneof(
  fc.record(
    { kind: fc.constant('file' as const), meta, content: content.map(sourceOf), sparse: fc.constant(false) },
    PLAIN,
  ),
  fc.record({ kind: fc.constant('symlink' as const), meta: linkMeta, target: anyName }, PLAIN),
  fc.record(
    {
      kind: fc.constantFrom('block' as const, 'character' as const),
      meta,
      major: fc.nat(4095),
      minor: fc.nat(1_048_575),
    },
    PLAIN,
  ),
  fc.record({ kind: fc.constantFrom('fifo' as const), meta }, PLAIN),
)

/** Trees with all kinds of names, files, owners and times; some files have several names. */
export const anyTree: fc.Arbitrary<Directory> = fc.letrec<{ node: Inode; directory: Directory }>((tie) => ({
  node: fc.oneof({ maxDepth: 3, depthIdentifier: 'tree' }, leaf, tie('directory')),
  directory: fc
    .record({
      meta,
      named: fc.array(fc.tuple(anyName, tie('node')), { maxLength: 5, depthIdentifier: 'tree' }),
      again: fc.array(fc.tuple(anyName, fc.nat(4)), { maxLength: 2 }),
    })
    .map(({ meta: own, named, again }) => {
      const entries = new Map<string, Inode>(named)
      const others = [...entries.values()].filter(({ kind }) => kind !== 'directory')
      for (const [name, i] of again) {
        const other = others[i % Math.max(1, others.length)]
        if (other !== undefined && !entries.has(name)) entries.set(name, other)
      }
      return {
        kind: 'directory' as const,
        meta: own,
        entries: new Map([...entries].sort(([a], [b]) => compareNames(a, b))),
      }
    }),
})).directory
