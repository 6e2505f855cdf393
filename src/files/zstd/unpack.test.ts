import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../../base/errors.ts'
import { sourceOf } from '../../base/reader.ts'
import { Xxh64 } from './checksum.ts'
import { unpackZstd } from './unpack.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

function unpacked(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = []
  unpackZstd(sourceOf(bytes), (part) => parts.push(part.slice()))
  return Buffer.concat(parts)
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
/** A window of 1 KiB, no size, no checksum. */
const HEAD = [...MAGIC, 0, 0]
const block = (type: number, size: number, last = 1): number[] => {
  const word = (size << 3) | (type << 1) | last
  return [word & 0xff, (word >>> 8) & 0xff, word >>> 16]
}
const RAW = 0
const RUN = 1
const PACKED = 2
const frame = (...bytes: (number | number[])[]): Uint8Array => Uint8Array.from([...HEAD, ...bytes.flat()])

describe('unpackZstd()', () => {
  it('puts blocks of all simple kinds together', () => {
    const bytes = frame(block(RAW, 3, 0), [...text('abc')], block(RUN, 5, 0), 0x78, block(RAW, 0))
    assert.equal(unpacked(bytes).toString(), 'abcxxxxx')
  })

  it('takes frames one behind the other, and passes over those that hold nothing', () => {
    const skip = [0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]
    const one = [...frame(block(RAW, 1), 0x61)]
    assert.equal(unpacked(Uint8Array.from([...skip, ...one, ...skip, ...one])).toString(), 'aa')
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, bytes: Uint8Array][] = [
    ['what is no frame', 'BAD_MAGIC', 0, Uint8Array.of(1, 2, 3, 4, 5, 6)],
    ['a frame that ends in its magic', 'TRUNCATED', 0, Uint8Array.from(MAGIC.slice(0, 3))],
    ['a frame that needs a dictionary', 'UNSUPPORTED', 6, Uint8Array.from([...MAGIC, 1, 0, 7, ...block(RAW, 0)])],
    ['a bit that is reserved', 'UNSUPPORTED', 4, Uint8Array.from([...MAGIC, 8, 0, ...block(RAW, 0)])],
    ['a window of more than 128 MiB', 'LIMIT', 5, Uint8Array.from([...MAGIC, 0, 0x89, ...block(RAW, 0)])],
    [
      'a size that nobody can count',
      'LIMIT',
      6,
      Uint8Array.from([...MAGIC, 0xc0, 0, 255, 255, 255, 255, 255, 255, 255, 255, ...block(RAW, 0)]),
    ],
    ['a place to go on that is not there', 'TRUNCATED', 4, Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0)],
    ['a frame without blocks', 'TRUNCATED', 6, frame()],
    ['a block of no type', 'BAD_VALUE', 6, frame(block(3, 1), 1)],
    ['a block that is larger than its window', 'BAD_VALUE', 6, frame(block(RUN, 1025), 1)],
    ['a block that ends too early', 'TRUNCATED', 9, frame(block(RAW, 4), 1, 2, 3)],
    ['a packed block without bytes', 'BAD_VALUE', 6, frame(block(PACKED, 0))],
    ['fewer bytes than the frame claims', 'BAD_VALUE', 10, Uint8Array.from([...MAGIC, 0x20, 2, ...block(RAW, 1), 1])],
    [
      'more bytes than the frame claims',
      'BAD_VALUE',
      10,
      Uint8Array.from([...MAGIC, 0x20, 2, ...block(RUN, 2, 0), 1, ...block(RUN, 1), 1]),
    ],
    ['a checksum that is another', 'BAD_VALUE', 10, Uint8Array.from([...MAGIC, 4, 0, ...block(RAW, 1), 1, 0, 0, 0, 0])],
  ]
  for (const [why, code, offset, bytes] of cases) {
    it(`refuses ${why}`, () => assert.throws(() => unpacked(bytes), { name: 'FormatError', code, offset }))
  }

  const packed: [problem: RegExp, bytes: number[]][] = [
    [/no tree for its literals/, [0b0000_0011, 0x10, 0, 1, 0]],
    [/has 131073 literals/, [0b0001_1101, 0, 0x20, 1, 0]],
    [/literals that end too early/, [5 << 3, 1]],
    [/ends before its sequences/, [0]],
    [/goes on behind its end/, [0, 0, 7]],
    [/a bit set that is reserved/, [0, 1, 0x55, 0, 0, 0, 1]],
    [/a code that is none/, [0, 1, 0x54, 36, 0, 0, 1]],
    [/a table of a block before it/, [0, 1, 0xd4, 0, 0, 1]],
    [/a table of 20 bits/, [0, 1, 0x94, 15, 0, 0, 1]],
    [/without its mark/, [0, 1, 0x54, 0, 0, 0, 0]],
    [/a stream of bits of another length/, [8, 0x61, 1, 0x54, 1, 0, 0, 2]],
    [/a stream of bits that ends too early/, [0, 1, 0x54, 0, 9, 0, 1]],
    [/fewer literals than it uses/, [0, 1, 0x54, 1, 0, 0, 1]],
    [/refers to what is before its begin/, [0, 1, 0x54, 0, 0, 0, 1]],
    [/becomes larger than a block may/, [8, 0x61, 1, 0x54, 1, 0, 47, 0, 8]],
  ]
  for (const [message, bytes] of packed) {
    it(`refuses a packed block that ${message.source}`, () => {
      const spoiled = frame(block(PACKED, bytes.length), bytes)
      assert.throws(() => unpacked(spoiled), { name: 'FormatError', code: 'BAD_VALUE', offset: 6, message })
    })
  }

  it('takes a window of 128 MiB, and no memory for what a frame only claims to become', () => {
    const claims = [...MAGIC, 0xc0, 0x88, 0, 0, 0, 0, 0, 1, 0, 0, ...block(RAW, 1), 0x61]
    const before = process.memoryUsage().arrayBuffers
    assert.throws(() => unpacked(Uint8Array.from(claims)), {
      name: 'FormatError',
      message: /claims to have 1099511627776/,
    })
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 2 ** 20)
  })
})

describe('Xxh64', () => {
  const digests: [bytes: Uint8Array, low: number][] = [
    [text(''), 0x51d8e999],
    [text('a'), 0xa98c6e5b],
    [text('abc'), 0xad770999],
  ]
  for (const [bytes, low] of digests) {
    it(`has the digest of ${bytes.length} bytes that others have`, () => {
      const hash = new Xxh64()
      hash.update(bytes)
      assert.equal(hash.low(), low)
    })
  }

  it('is the same whatever the pieces', () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 251)
    const whole = new Xxh64()
    whole.update(bytes)
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 60 }), (lengths) => {
        const hash = new Xxh64()
        let at = 0
        for (const length of lengths) hash.update(bytes.subarray(at, (at += length)))
        hash.update(bytes.subarray(at))
        assert.equal(hash.low(), whole.low())
      }),
    )
  })
})
