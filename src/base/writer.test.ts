import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ByteReader } from './reader.ts'
import { ByteWriter } from './writer.ts'

describe('ByteWriter', () => {
  it('writes what ByteReader reads', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(65535), fc.nat(), fc.bigInt(0n, 2n ** 64n - 1n), (a, b, c, d) => {
        const { bytes } = new ByteWriter(15).u8(0, a).u16(1, b).u32(3, c).u64(7, d)
        const r = new ByteReader(bytes)
        assert.deepEqual([r.u8(0, 'a'), r.u16(1, 'b'), r.u32(3, 'c'), r.u64(7, 'd')], [a, b, c, d])
      }),
    )
  })

  it('leaves what is not written zero', () => {
    assert.deepEqual([...new ByteWriter(4).put(1, Uint8Array.of(7, 8)).bytes], [0, 7, 8, 0])
  })

  it('throws RangeError for a write outside, which is our own mistake', () => {
    assert.throws(() => new ByteWriter(4).u32(1, 0), RangeError)
    assert.throws(() => new ByteWriter(4).put(3, new Uint8Array(2)), RangeError)
  })
})
