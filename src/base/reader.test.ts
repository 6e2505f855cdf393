import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ByteReader, type Source, sourceOf, window } from './reader.ts'

const BYTES = Uint8Array.of(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xff)
const OUTSIDE = [-1, 0.5, 8.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 53 - 1, 2 ** 64, -(2 ** 53), 9]

describe('ByteReader', () => {
  const r = new ByteReader(BYTES)

  it('reads little-endian fields of each width', () => {
    assert.equal(r.u8(7, 'x'), 0xff)
    assert.equal(r.u16(0, 'x'), 0x0201)
    assert.equal(r.u32(4, 'x'), 0xff070605)
    assert.equal(r.u64(0, 'x'), 0xff07060504030201n)
    assert.deepEqual([...r.bytes(1, 2, 'x')], [2, 3])
  })

  it('reads the last byte and an empty part at the end, and nothing behind it', () => {
    assert.equal(r.u8(7, 'x'), 0xff)
    assert.equal(r.bytes(8, 0, 'x').length, 0)
    assert.throws(() => r.u8(8, 'last'), { name: 'FormatError', code: 'TRUNCATED', field: 'last', offset: 8 })
    assert.throws(() => r.u16(7, 'x'), { code: 'TRUNCATED', offset: 7 })
    assert.throws(() => r.u32(5, 'x'), { code: 'TRUNCATED', offset: 5 })
    assert.throws(() => r.u64(1, 'x'), { code: 'TRUNCATED', offset: 1 })
  })

  for (const at of OUTSIDE) {
    it(`refuses to read at ${at}`, () => {
      for (const read of [
        () => r.u8(at, 'x'),
        () => r.u64(at, 'x'),
        () => r.bytes(at, 0, 'x'),
        () => r.slice(at, 0, 'x'),
      ]) {
        assert.throws(read, { name: 'FormatError', code: 'TRUNCATED' })
      }
    })
  }

  for (const length of OUTSIDE) {
    it(`refuses a part of ${length} bytes`, () => {
      assert.throws(() => r.bytes(0, length, 'x'), { name: 'FormatError', code: 'TRUNCATED', offset: 0 })
      assert.throws(() => r.slice(0, length, 'x'), { name: 'FormatError', code: 'TRUNCATED', offset: 0 })
    })
  }

  it('reports places in the outermost input from a part of a part', () => {
    const part = new ByteReader(BYTES, 100).slice(2, 5, 'part').slice(1, 3, 'part of it')
    assert.equal(part.origin, 103)
    assert.equal(part.u8(0, 'x'), 4)
    assert.throws(() => part.u8(3, 'x'), { code: 'TRUNCATED', offset: 106 })
    assert.throws(() => part.check(false, 'BAD_VALUE', 2, 'f', 'is odd', 'do better'), {
      name: 'FormatError',
      code: 'BAD_VALUE',
      field: 'f',
      offset: 105,
      problem: 'is odd',
      advice: 'do better',
    })
  })

  it('reads bytes that begin inside a larger buffer', () => {
    assert.equal(new ByteReader(BYTES.subarray(4)).u16(0, 'x'), 0x0605)
  })

  it('throws only FormatError, whatever the numbers', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(...OUTSIDE))
    fc.assert(
      fc.property(number, number, (at, length) => {
        for (const read of [() => r.bytes(at, length, 'x').length, () => r.slice(at, length, 'x').length]) {
          const inside = Number.isInteger(at) && Number.isInteger(length) && at >= 0 && length >= 0 && at + length <= 8
          if (inside) assert.equal(read(), length)
          else assert.throws(read, { name: 'FormatError' })
        }
      }),
    )
  })
})

describe('sourceOf()', () => {
  it('returns exactly the bytes asked for', () => {
    assert.deepEqual([...sourceOf(BYTES).readAt(3, 2)], [4, 5])
    assert.equal(sourceOf(BYTES).readAt(8, 0).length, 0)
  })

  for (const n of OUTSIDE) {
    it(`refuses ${n} as a place and as a length`, () => {
      assert.throws(() => sourceOf(BYTES).readAt(n, 1), { name: 'FormatError', code: 'TRUNCATED' })
      assert.throws(() => sourceOf(BYTES).readAt(0, n), { name: 'FormatError', code: 'TRUNCATED' })
    })
  }
})

describe('window()', () => {
  it('reads a part and reports places in the whole', () => {
    const part = window(sourceOf(BYTES), 4, 3, 'part')
    assert.equal(part.u8(0, 'x'), 5)
    assert.throws(() => part.u8(3, 'x'), { code: 'TRUNCATED', offset: 7 })
  })

  for (const n of OUTSIDE) {
    it(`does not ask the source for a part at or of ${n}`, () => {
      const source: Source = { size: 8, readAt: () => assert.fail('was asked') }
      assert.throws(() => window(source, n, 1, 'part'), { name: 'FormatError', code: 'TRUNCATED', field: 'part' })
      assert.throws(() => window(source, 0, n, 'part'), { name: 'FormatError', code: 'TRUNCATED', field: 'part' })
    })
  }

  it('refuses the bytes of a source that returns fewer than it was asked for', () => {
    const source: Source = { size: 8, readAt: () => new Uint8Array(3) }
    assert.throws(() => window(source, 2, 4, 'part'), { name: 'FormatError', code: 'TRUNCATED', field: 'part' })
  })
})
