import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { PARTS_OFFSET } from './handler.generated.ts'
import { handlerFor, handlerSize } from './handler.ts'

describe('handlerFor()', () => {
  it('has the addresses behind the code, which finds them from where it lies', () => {
    const one = handlerFor([0x1800_0000_0000])
    const two = handlerFor([0x1800_0000_0000, 0x1800_0000_2000])
    assert.deepEqual([one.length, two.length], [handlerSize(1), handlerSize(2)])
    assert.deepEqual(one, two.subarray(0, one.length))
    const view = new DataView(two.buffer)
    const found = [0, 1].map((i) => view.getBigUint64(PARTS_OFFSET + 8 * i, true))
    assert.deepEqual(found, [0x1800_0000_0000n, 0x1800_0000_2000n])
  })
})
