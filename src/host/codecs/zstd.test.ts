// What the codec of our images packs, and what becomes of it when it is spoiled, for the reader that takes foreign archives as well.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FormatError } from '../../base/errors.ts'
import { sourceOf } from '../../base/reader.ts'
import { unpackZstd } from '../../files/zstd/unpack.ts'
import { loadPinned } from './pinned.ts'

const zstd = await loadPinned('zstd')

function unpacked(bytes: Uint8Array, whole?: typeof zstd.decompress): Buffer {
  const parts: Uint8Array[] = []
  unpackZstd(sourceOf(bytes), (part) => parts.push(part.slice()), whole)
  return Buffer.concat(parts)
}

/** Text of few words, in which much is repeated. */
function words(count: number, seed = 1): Uint8Array {
  const few = ['static', 'return', '0x7f45', 'uint64_t', 'the', 'const', '\n', 'buffer', 'of', 'error']
  let [out, state] = ['', seed]
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out += state >>> 30 === 0 ? `${state} ` : `${few[(state >>> 16) % few.length]} `
  }
  return new TextEncoder().encode(out)
}

describe('unpackZstd()', () => {
  it('unpacks what the codec packs, at every level', () => {
    for (const level of [1, 2, 3, 5, 7, 9, 12, 16, 19]) {
      for (const size of [0, 1, 20, 1000, 40_000]) {
        const bytes = words(size, level)
        assert.deepEqual(unpacked(zstd.compress(bytes, level)), Buffer.from(bytes), `level ${level}, ${size} words`)
      }
    }
  })

  it('unpacks whatever the codec packs', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.tuple(fc.nat(255), fc.nat(200_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
      fc.tuple(fc.nat(20_000), fc.nat(1000)).map(([count, seed]) => words(count, seed)),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.integer({ min: 1, max: 12 }), (parts, level) => {
        const bytes = Buffer.concat(parts)
        const packed = zstd.compress(bytes, level)
        assert.equal(Buffer.compare(unpacked(packed), bytes), 0)
        assert.equal(Buffer.compare(unpacked(packed, zstd.decompress), bytes), 0)
      }),
      { numRuns: 60 },
    )
  })

  it('says what is wrong itself where a faster way only fails', () => {
    const packed = zstd.compress(words(1000), 3)
    packed[packed.length - 1] = (packed.at(-1) as number) ^ 0xff
    assert.throws(() => unpacked(packed, zstd.decompress), { name: 'FormatError', field: 'zstd block' })
  })

  it('throws only FormatError for every truncation and every changed byte', () => {
    const packed = zstd.compress(words(3000), 9)
    const tryOn = (bytes: Uint8Array): void => {
      try {
        unpacked(bytes)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
      }
    }
    for (let length = 0; length < packed.length; length += length < 400 ? 1 : 97) tryOn(packed.subarray(0, length))
    for (let at = 0; at < packed.length; at += at < 400 ? 1 : 23) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const spoiled = packed.slice()
        spoiled[at] = value
        tryOn(spoiled)
      }
    }
  })
})
