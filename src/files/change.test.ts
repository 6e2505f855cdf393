import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { anyTree } from '../../test/support/trees.ts'
import { applyPolicy, filterTree } from './change.ts'
import { fitTree } from './fit.ts'
import { findLosses, PROPERTIES, type Property } from './losses.ts'
import { overlay } from './overlay.ts'
import { describeTree, directory, file, sampleTree } from './sample.ts'
import { TAR } from './tar/capabilities.ts'
import { CPIO } from './cpio/write.ts'
import { countNames, type Inode, lookUp, metadata, walk } from './tree.ts'

const paths = (root: Inode): string[] => [...walk(root)].map(({ path }) => path).slice(1)

describe('overlay()', () => {
  const lower = directory({ etc: directory({ a: file('1'), b: file('2') }), x: directory({ y: file('') }) })
  const upper = directory({ etc: directory({ b: file('3'), c: file('4') }, metadata(0o700)), x: file('no directory') })

  it('merges directories and replaces everything else', () => {
    const both = overlay(lower, upper)
    assert.deepEqual(paths(both), ['etc', 'etc/a', 'etc/b', 'etc/c', 'x'])
    assert.equal(lookUp(both, 'etc/b'), lookUp(upper, 'etc/b'))
    assert.equal(lookUp(both, 'etc')?.meta.mode, 0o700)
  })

  it('replaces directories as well where that is wanted', () => {
    assert.deepEqual(paths(overlay(lower, upper, 'replace')), ['etc', 'etc/b', 'etc/c', 'x'])
  })

  it('is the upper tree where both are the same, and keeps one order', () => {
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        assert.deepEqual(describeTree(overlay(a, a)), describeTree(a))
        const names = [...overlay(a, b).entries.keys()]
        assert.deepEqual(new Set(names), new Set([...a.entries.keys(), ...b.entries.keys()]))
      }),
    )
  })

  it('gives the same whichever two of three come together first', () => {
    fc.assert(
      fc.property(anyTree, anyTree, anyTree, (a, b, c) => {
        // A file between two directories hides the lower one only while it is between them.
        const plain = (tree: typeof a) =>
          filterTree(tree, (path, { kind }) => !path.includes('/') || kind !== 'directory')
        const [x, y, z] = [plain(a), plain(b), plain(c)]
        fc.pre(
          ![...y.entries].some(
            ([name, { kind }]) => kind !== 'directory' && x.entries.has(name) && z.entries.has(name),
          ),
        )
        assert.deepEqual(describeTree(overlay(overlay(x, y), z)), describeTree(overlay(x, overlay(y, z))))
      }),
    )
  })
})

describe('applyPolicy()', () => {
  it('gives every inode one owner and one time, and takes bits away', () => {
    const mtime = { seconds: 5, nanoseconds: 0 }
    const changed = applyPolicy(sampleTree(), { owner: { uid: 1, gid: 2 }, mtime, umask: 0o22 })
    for (const { inode } of walk(changed)) {
      assert.deepEqual([inode.meta.uid, inode.meta.gid, inode.meta.mtime, inode.meta.mode & 0o22], [1, 2, mtime, 0])
    }
  })

  it('makes later times the latest that may be, and leaves earlier ones', () => {
    const changed = applyPolicy(sampleTree(), { latest: { seconds: 1, nanoseconds: 0 } })
    assert.deepEqual(lookUp(changed, 'etc/hosts')?.meta.mtime, { seconds: 1, nanoseconds: 0 })
    assert.deepEqual(lookUp(changed, 'etc/old')?.meta.mtime, { seconds: -2, nanoseconds: 250_000_000 })
  })

  it('leaves a file with two names one file', () => {
    const changed = applyPolicy(sampleTree(), { owner: { uid: 1, gid: 1 } })
    assert.deepEqual([...countNames(changed).values()], [2])
  })
})

describe('filterTree()', () => {
  it('leaves out what is not kept, and all below it', () => {
    assert.deepEqual(paths(filterTree(sampleTree(), (path) => path.startsWith('bin') || path === 'etc')), [
      'bin',
      'bin/busybox',
      'bin/sh',
      'etc',
    ])
  })
})

describe('fitTree()', () => {
  it('changes nothing of what a format holds', () => {
    assert.deepEqual(describeTree(fitTree('tar', TAR, sampleTree(), new Set())), describeTree(sampleTree()))
  })

  it('leaves nothing that the format would lose', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const fitted = fitTree('cpio', CPIO, tree, new Set(PROPERTIES))
        assert.deepEqual([...findLosses('cpio', CPIO, fitted)], [])
      }),
    )
  })

  const losses: [property: Property, path: string, inode: Inode][] = [
    ['nanoseconds', 'a', file('', metadata(0o644, { mtime: { seconds: 1, nanoseconds: 1 } }))],
    ['mtime', 'a', file('', metadata(0o644, { mtime: { seconds: -1, nanoseconds: 0 } }))],
    ['xattrs', 'a', file('', metadata(0o644, { xattrs: new Map([['user.a', Uint8Array.of(1)]]) }))],
  ]
  for (const [property, path, inode] of losses) {
    it(`names the file that would lose ${property}, and goes on where that may be`, () => {
      const tree = directory({ [path]: inode })
      const error = {
        name: 'ConfigError',
        code: 'INEXPRESSIBLE',
        file: path,
        advice: new RegExp(`--allow-loss ${property} `),
      }
      assert.throws(() => fitTree('cpio', CPIO, tree, new Set(PROPERTIES.filter((each) => each !== property))), error)
      assert.equal(fitTree('cpio', CPIO, tree, new Set([property])).entries.size, 1)
    })
  }

  it('never loses a name or a size', () => {
    const huge: Inode = {
      kind: 'file',
      meta: metadata(0o644),
      sparse: false,
      content: { size: 2 ** 32, readAt: () => new Uint8Array(0) },
    }
    const everything = new Set(PROPERTIES)
    assert.throws(() => fitTree('cpio', CPIO, directory({ huge }), everything), { code: 'INEXPRESSIBLE', file: 'huge' })
    assert.throws(() => fitTree('cpio', CPIO, directory({ 'TRAILER!!!': file('') }), everything), {
      code: 'INEXPRESSIBLE',
    })
  })
})
