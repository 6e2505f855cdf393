import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { directory, file } from './sample.ts'
import { type Inode, lookUp, metadata, walk } from './tree.ts'
import { TreeBuilder } from './tree-builder.ts'

const link: Inode = { kind: 'symlink', meta: metadata(0o777), target: '/etc' }
const empty = directory({})
const pathsOf = (builder: TreeBuilder): string[] => [...walk(builder.finish())].map(({ path }) => path).slice(1)

describe('TreeBuilder', () => {
  it('makes the directories above a file, in the order of their bytes', () => {
    const builder = new TreeBuilder()
    builder.put('b/c/d', file('d'))
    builder.put('a', file('a'))
    assert.deepEqual(pathsOf(builder), ['a', 'b', 'b/c', 'b/c/d'])
    assert.equal(lookUp(builder.finish(), 'b/c')?.meta.mode, 0o755)
  })

  it('takes slashes in front and dots on the way for nothing', () => {
    const builder = new TreeBuilder()
    for (const path of ['/a', './b', 'c//d', './/e/./f', 'g/']) assert.equal(builder.put(path, file('')), undefined)
    assert.deepEqual(pathsOf(builder), ['a', 'b', 'c', 'c/d', 'e', 'e/f', 'g'])
  })

  it('gives a directory the owner and mode that come later, and keeps what is in it', () => {
    const builder = new TreeBuilder()
    builder.put('a/b', file(''))
    builder.put('a', directory({}, metadata(0o700, { uid: 7 })))
    assert.deepEqual(pathsOf(builder), ['a', 'a/b'])
    assert.equal(lookUp(builder.finish(), 'a')?.meta.uid, 7)
  })

  it('gives the root the owner of an entry that is called “.”', () => {
    const builder = new TreeBuilder()
    builder.put('.', directory({}, metadata(0o711)))
    assert.equal(builder.finish().meta.mode, 0o711)
  })

  it('changes nothing of the tree that it begins with', () => {
    const base = directory({ a: directory({ b: file('old') }) })
    const builder = new TreeBuilder(base)
    builder.put('a/c', file('new'))
    builder.remove('a/b')
    assert.deepEqual(pathsOf(builder), ['a', 'a/c'])
    assert.deepEqual(
      [...walk(base)].map(({ path }) => path),
      ['', 'a', 'a/b'],
    )
  })

  it('finds a file that came before, and never a directory', () => {
    const builder = new TreeBuilder()
    const a = file('a')
    builder.put('x/a', a)
    assert.equal(builder.find('/x/a'), a)
    for (const path of ['x', '', 'y', 'x/a/b', '../x/a']) assert.equal(builder.find(path), undefined)
  })

  const refused: [why: string, before: [string, Inode][], path: string, inode: Inode][] = [
    ['a path out of the tree', [], '../a', file('')],
    ['a path out of a directory', [], 'a/../../b', file('')],
    ['a path through a link', [['a', link]], 'a/passwd', file('')],
    ['a path through a file', [['a', file('')]], 'a/b', file('')],
    ['a file in place of a directory that has something in it', [['a/b', file('')]], 'a', file('')],
    ['a link in place of a directory that has something in it', [['a/b', file('')]], 'a', link],
    ['a file in place of the root', [], '/', file('')],
    ['a name with a NUL', [], 'a\0b', file('')],
    ['a name of 256 bytes', [], 'x'.repeat(256), file('')],
    ['a path of 4096 bytes', [], 'x/'.repeat(2048), empty],
  ]
  for (const [why, before, path, inode] of refused) {
    it(`refuses ${why}`, () => {
      const builder = new TreeBuilder()
      for (const [place, each] of before) assert.equal(builder.put(place, each), undefined)
      const paths = pathsOf(builder)
      assert.equal(builder.put(path, inode)?.limit, false)
      assert.deepEqual(pathsOf(builder), paths)
    })
  }

  it('replaces a file by a directory, and an empty directory by a file', () => {
    const builder = new TreeBuilder()
    builder.put('a', link)
    builder.put('a', empty)
    builder.put('b', empty)
    assert.equal(builder.put('b', file('')), undefined)
    assert.deepEqual(
      [...builder.finish().entries.values()].map(({ kind }) => kind),
      ['directory', 'file'],
    )
  })

  it('empties a directory', () => {
    const builder = new TreeBuilder(directory({ a: directory({ b: file(''), c: empty }) }))
    assert.equal(builder.empty('a'), undefined)
    assert.deepEqual(pathsOf(builder), ['a'])
  })
})
