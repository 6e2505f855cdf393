import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { fold, pseudoSum, putChecksum, sumOf, swap } from './checksum.ts'
import { be16, checksum, concat, ip } from './sample-frames.ts'

/** What our sum says the checksum is, in network order. */
const ours = (bytes: Uint8Array, at = 0, length = bytes.length): number => swap(~sumOf(bytes, at, length) & 0xffff)

describe('sumOf()', () => {
  it('sums the example of RFC 1071, 3', () => {
    // There: 2ddf0 is folded to ddf2.
    assert.equal(swap(sumOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8)), 0xddf2)
  })

  it('agrees with adding one word at a time, at every place and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), (bytes, at) => {
        const padded = concat(new Uint8Array(at).fill(0xee), bytes, [0xdd, 0xcc])
        assert.equal(ours(padded, at, bytes.length), checksum(bytes))
        // Not every view begins where its buffer does.
        assert.equal(ours(padded.subarray(at), 0, bytes.length), checksum(bytes))
      }),
    )
  })

  it('loses no carry of the longest packet', () => {
    for (const length of [65535, 65534]) {
      const bytes = new Uint8Array(length).fill(0xff)
      assert.equal(ours(bytes), checksum(bytes))
    }
  })
})

describe('putChecksum()', () => {
  it('makes the whole sum to 0xffff', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), (bytes) => {
        bytes[10] = 0
        bytes[11] = 0
        // All zeroes have no sum that is none: no header is made of them.
        bytes[0] = 0x45
        putChecksum(bytes, 10, sumOf(bytes, 0, bytes.length))
        assert.equal(sumOf(bytes, 0, bytes.length), 0xffff)
      }),
    )
  })
})

describe('pseudoSum()', () => {
  it('is the sum of the pseudo header without its length', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(255), fc.nat(0xffff), (from, to, protocol, length) => {
        const text = (address: number) => ip([24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.'))
        const header = concat(text(from), text(to), [0, protocol], be16(length))
        assert.equal(~swap(fold(pseudoSum(from, to, protocol) + swap(length))) & 0xffff, checksum(header))
      }),
    )
  })
})
