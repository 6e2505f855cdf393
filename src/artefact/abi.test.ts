import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { decodeAbi, encodeAbiNote } from './abi.ts'

const hex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16))

// As Solo5's toolchain writes it.
const SPT_NOTE = hex(
  `06 00 00 00 10 00 00 00 41 42 49 31 53 6f 6c 6f 35 00 00 00 02 00 00 00 02 00 00 00${' 00'.repeat(8)}`,
)
const HVT_NOTE = hex(
  `06 00 00 00 10 00 00 00 41 42 49 31 53 6f 6c 6f 35 00 00 00 01 00 00 00 02 00 00 00${' 00'.repeat(8)}`,
)
const DESCRIPTOR = SPT_NOTE.subarray(20)

describe('decodeAbi()', () => {
  it('returns target and version', () => {
    assert.deepEqual(decodeAbi(new ByteReader(DESCRIPTOR)), { target: 'spt', version: 2 })
    assert.deepEqual(decodeAbi(new ByteReader(HVT_NOTE.subarray(20))), { target: 'hvt', version: 2 })
  })

  it('accepts anything in the reserved words and up to 32 bytes', () => {
    const long = new Uint8Array(32).fill(0xff)
    long.set(DESCRIPTOR.subarray(0, 8))
    assert.deepEqual(decodeAbi(new ByteReader(long)), { target: 'spt', version: 2 })
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, bytes: Uint8Array][] = [
    ['15 bytes', 'TRUNCATED', 100, DESCRIPTOR.subarray(0, 15)],
    ['4 bytes, which make the reference read what is not there', 'TRUNCATED', 100, DESCRIPTOR.subarray(0, 4)],
    ['no bytes', 'TRUNCATED', 100, new Uint8Array(0)],
    ['33 bytes', 'LIMIT', 100, Uint8Array.of(...DESCRIPTOR, ...new Uint8Array(17))],
    ['target 0', 'UNSUPPORTED', 100, Uint8Array.of(0, ...DESCRIPTOR.subarray(1))],
    ['target 7', 'UNSUPPORTED', 100, Uint8Array.of(7, ...DESCRIPTOR.subarray(1))],
    ['target 2^32 - 1', 'UNSUPPORTED', 100, Uint8Array.of(255, 255, 255, 255, ...DESCRIPTOR.subarray(4))],
  ]
  for (const [why, code, offset, bytes] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => decodeAbi(new ByteReader(bytes, 100)), { name: 'FormatError', code, offset })
    })
  }

  it('throws only FormatError, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeAbi(new ByteReader(bytes))
        } catch (error) {
          assert.equal((error as Error).name, 'FormatError')
        }
      }),
    )
  })
})

describe('encodeAbiNote()', () => {
  it("writes the toolchain's bytes", () => {
    assert.deepEqual(encodeAbiNote({ target: 'spt', version: 2 }), SPT_NOTE)
    assert.deepEqual(encodeAbiNote({ target: 'hvt', version: 2 }), HVT_NOTE)
  })

  it('writes what decodeAbi() reads', () => {
    const target = fc.constantFrom('hvt', 'spt', 'virtio', 'muen', 'genode', 'xen')
    fc.assert(
      fc.property(target, fc.nat(2 ** 32 - 1), (target, version) => {
        const decoded = decodeAbi(new ByteReader(encodeAbiNote({ target, version }).subarray(20)))
        assert.deepEqual(decoded, { target, version })
      }),
    )
  })

  it('numbers the targets from hvt 1 to xen 6', () => {
    const numbers = (['hvt', 'spt', 'virtio', 'muen', 'genode', 'xen'] as const).map(
      (target) => encodeAbiNote({ target, version: 1 })[20],
    )
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6])
  })
})
