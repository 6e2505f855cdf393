import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { joinParts } from './file-parts.ts'
import { collide, type Patch, patchedSource, patchFile } from './patch-file.ts'
import { sourceOf } from './reader.ts'

const patch = (at: number, ...bytes: number[]): Patch => ({ at, bytes: Uint8Array.from(bytes) })
const FILE = Uint8Array.of(1, 2, 3, 4, 5, 6)
const apply = (kept: number, ...patches: Patch[]): number[] => [...joinParts(patchFile(kept, patches), sourceOf(FILE))]

describe('patchFile()', () => {
  it('replaces bytes, in whatever order they are given', () => {
    assert.deepEqual(apply(6, patch(4, 9), patch(1, 7, 8)), [1, 7, 8, 4, 9, 6])
    assert.deepEqual(apply(6, patch(0, 9), patch(1, 8), patch(5, 7)), [9, 8, 3, 4, 5, 7])
  })

  it('adds bytes behind the end, zeroes between', () =>
    assert.deepEqual(apply(6, patch(8, 9)), [1, 2, 3, 4, 5, 6, 0, 0, 9]))

  it('leaves the end out, and may write over where it was', () => {
    assert.deepEqual(apply(2), [1, 2])
    assert.deepEqual(apply(2, patch(3, 9)), [1, 2, 0, 9])
    assert.deepEqual(apply(3, patch(2, 8, 9)), [1, 2, 8, 9])
  })

  it('takes patches of nothing', () => assert.deepEqual(apply(6, patch(2), patch(99)), [...FILE]))

  it('refuses patches that collide', () => {
    assert.throws(() => apply(6, patch(1, 1, 1), patch(2, 2)), RangeError)
  })

  it('copies in pieces what it does not change', () => {
    assert.deepEqual(patchFile(6, [patch(2, 9)]).parts, [
      { at: 0, from: 0, length: 2 },
      patch(2, 9),
      { at: 3, from: 3, length: 3 },
    ])
  })

  it('does what writing the patches one after the other does', () => {
    const patches = fc.array(fc.tuple(fc.nat(9), fc.uint8Array({ maxLength: 4 })), { maxLength: 4 })
    fc.assert(
      fc.property(fc.nat(6), patches, (kept, list) => {
        const given = list.map(([at, bytes]) => ({ at, bytes }))
        if (collide(given)) return
        const size = Math.max(kept, ...given.map(({ at, bytes }) => (bytes.length > 0 ? at + bytes.length : 0)))
        const expected = new Uint8Array(size)
        expected.set(FILE.subarray(0, kept))
        for (const { at, bytes } of given) if (bytes.length > 0) expected.set(bytes, at)
        assert.deepEqual(apply(kept, ...given), [...expected])
      }),
    )
  })
})

describe('collide()', () => {
  it('is about shared bytes, not about neighbours', () => {
    assert.ok(!collide([patch(0, 1, 2), patch(2, 3)]))
    assert.ok(collide([patch(2, 3), patch(0, 1, 2, 3)]))
    assert.ok(collide([patch(1, 1), patch(1, 1)]))
    assert.ok(!collide([patch(1, 1), patch(1)]))
  })
})

describe('patchedSource()', () => {
  const read = (at: number, length: number, ...patches: Patch[]): number[] => [
    ...patchedSource(sourceOf(FILE), patches).readAt(at, length),
  ]

  it('has the bytes of its patches wherever it is read, the later ones where there are two', () => {
    const patches = [patch(1, 7, 8), patch(2, 9), patch(5, 0)]
    const whole = [1, 7, 9, 4, 5, 0]
    for (let at = 0; at <= 6; at++) {
      for (let end = at; end <= 6; end++) assert.deepEqual(read(at, end - at, ...patches), whole.slice(at, end))
    }
  })

  it('leaves the bytes of its source as they are', () => {
    read(0, 6, patch(0, 9))
    assert.equal(FILE[0], 1)
  })

  it('ends where its source does', () => {
    assert.throws(() => read(5, 2, patch(0, 9)), { name: 'FormatError', code: 'TRUNCATED' })
  })
})
