import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { directory, file, sampleTree } from './sample.ts'
import { type Directory, walk } from './tree.ts'

describe('walk()', () => {
  it('has the root first, parents before what is in them, and siblings in their order', () => {
    const tree = directory({ b: directory({ d: file(''), c: directory({ e: file('') }) }), a: file('') })
    assert.deepEqual(
      [...walk(tree)].map(({ path }) => path),
      ['', 'a', 'b', 'b/c', 'b/c/e', 'b/d'],
    )
  })

  it('says paths from where it begins', () => {
    assert.deepEqual(
      [...walk(directory({ a: file('') }), 'lost+found')].map(({ path }) => path),
      ['lost+found', 'lost+found/a'],
    )
    assert.deepEqual(
      [...walk(file('alone'))].map(({ path }) => path),
      [''],
    )
  })

  it('goes through directories of any size and any depth', () => {
    const one = file('')
    const wide: Directory = {
      ...sampleTree(),
      entries: new Map(Array.from({ length: 300_000 }, (_, i) => [`${i}`, one])),
    }
    assert.equal([...walk(wide)].length, 300_001)
    let deep = directory({})
    for (let i = 0; i < 20_000; i++) deep = { ...deep, entries: new Map([['d', deep]]) }
    let count = 0
    for (const _ of walk(deep)) count++
    assert.equal(count, 20_001)
  })
})
