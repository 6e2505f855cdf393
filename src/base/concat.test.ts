import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { concat } from './concat.ts'

describe('concat()', () => {
  it('puts one behind the other', () => {
    assert.deepEqual([...concat([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])], [1, 2, 3])
  })
  it('is nothing of nothing', () => assert.equal(concat([]).length, 0))
  it('copies', () => {
    const piece = Uint8Array.of(1)
    const whole = concat([piece])
    piece[0] = 2
    assert.equal(whole[0], 1)
  })
})
