import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { sourceOf } from '../base/reader.ts'
import { ascii } from './sample-bytes.ts'
import { hasBytes, peek, scanFor, sourceFrom } from './values.ts'

describe('hasBytes()', () => {
  const source = sourceOf(ascii('abcdef'))
  const cases: [offset: number, wanted: string, has: boolean][] = [
    [0, 'abc', true],
    [3, 'def', true],
    [0, 'abx', false],
    [4, 'efg', false],
    [-1, 'abc', false],
    [2 ** 60, 'a', false],
  ]
  for (const [offset, wanted, has] of cases) {
    it(`is ${has} for ${wanted} at ${offset}`, () => assert.equal(hasBytes(source, offset, wanted), has))
  }
})

describe('peek()', () => {
  it('returns what there is', () => {
    const source = sourceOf(ascii('abc'))
    assert.deepEqual([peek(source, 1, 9), peek(source, 3, 1), peek(source, 9, 1)], [ascii('bc'), ascii(''), ascii('')])
  })
})

describe('scanFor()', () => {
  const WINDOW = 256 * 1024
  const file = new Uint8Array(3 * WINDOW)

  it('finds a text wherever it lies between two windows', () => {
    for (const at of [0, WINDOW - 3, WINDOW - 1, WINDOW, 2 * WINDOW - 2, file.length - 4]) {
      const bytes = Uint8Array.from(file)
      bytes.set(ascii('text'), at)
      assert.equal(scanFor(sourceOf(bytes), 'text', { from: 0, to: bytes.length }), at)
    }
  })

  it('looks no further than it is told', () => {
    const source = sourceOf(ascii('a text'))
    assert.equal(scanFor(source, 'text', { from: 0, to: 5 }), undefined)
    assert.equal(scanFor(source, 'text', { from: 3, to: 6 }), undefined)
    assert.equal(scanFor(source, 'text', { from: 2, to: 2 ** 50 }), 2)
  })
})

describe('sourceFrom()', () => {
  it('is the rest of a file, or empty', () => {
    const rest = sourceFrom(sourceOf(ascii('abcdef')), 4)
    assert.deepEqual([rest.size, rest.readAt(1, 1)], [2, ascii('f')])
    assert.equal(sourceFrom(sourceOf(ascii('abc')), 9).size, 0)
    assert.throws(() => rest.readAt(0, 3), { name: 'FormatError', code: 'TRUNCATED' })
  })
})
