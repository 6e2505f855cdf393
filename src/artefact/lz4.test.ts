import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { unpackLegacyLz4 } from './lz4.ts'

const MAGIC = [0x02, 0x21, 0x4c, 0x18]
const frame = (...block: number[]): Uint8Array => Uint8Array.of(...MAGIC, block.length, 0, 0, 0, ...block)
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : String.fromCharCode(...bytes)

describe('unpackLegacyLz4()', () => {
  it('returns literals', () => assert.equal(text(unpackLegacyLz4(frame(0x20, 0x61, 0x62), 100)), 'ab'))

  it('repeats what is already there, also into itself', () => {
    assert.equal(text(unpackLegacyLz4(frame(0x20, 0x61, 0x62, 2, 0, 0x10, 0x63), 100)), 'ababab'.concat('c'))
    assert.equal(text(unpackLegacyLz4(frame(0x11, 0x61, 1, 0, 0x10, 0x62), 100)), 'aaaaaab')
  })

  it('reads lengths of more than 15', () => {
    const literals = Array.from({ length: 15 + 255 + 3 }, () => 0x61)
    assert.equal(
      unpackLegacyLz4(new Uint8Array([...MAGIC, 0x14, 1, 0, 0, 0xf0, 255, 3, ...literals]), 1000)?.length,
      273,
    )
  })

  it('leaves what stands behind the last block', () => {
    assert.equal(text(unpackLegacyLz4(Uint8Array.of(...frame(0x10, 0x61), 0xff, 0xff, 0, 0), 100)), 'a')
  })

  const damaged: [why: string, bytes: Uint8Array][] = [
    ['another magic', Uint8Array.of(1, 2, 3, 4)],
    ['a distance of 0', frame(0x10, 0x61, 0, 0, 0x10, 0x62)],
    ['a distance before the beginning', frame(0x10, 0x61, 2, 0, 0x10, 0x62)],
    ['literals past the block', frame(0x20, 0x61)],
    ['a length without an end', frame(0xf0, 255)],
  ]
  for (const [why, bytes] of damaged) {
    it(`returns nothing for ${why}`, () => assert.equal(unpackLegacyLz4(bytes, 100), undefined))
  }

  it('unpacks no more than it is allowed to', () => {
    const bomb = frame(0x1f, 0x61, 1, 0, ...Array.from({ length: 200 }, () => 255), 0, 0x10, 0x62)
    assert.equal(unpackLegacyLz4(bomb, 2 ** 20)?.length, 1 + 200 * 255 + 15 + 4 + 1)
    assert.equal(unpackLegacyLz4(bomb, 2 ** 10), undefined)
  })

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const out = unpackLegacyLz4(frame(...bytes), 4096)
        assert.ok(out === undefined || out.length <= 4096)
      }),
    )
  })
})
