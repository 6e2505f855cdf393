import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { costsOf } from './calls.ts'

describe('costsOf()', () => {
  const runs = new Map([
    ['read', [310, 290, 300]],
    ['read, none', [100, 400, 90]],
    ['write', [500]],
  ])

  it('takes what a run costs that makes no call from what one costs that makes many, median from median', () => {
    assert.deepEqual(costsOf(runs, 1000).get('read'), [200])
  })

  it('has nothing to say of what was not measured without calls', () => {
    assert.deepEqual([...costsOf(runs, 1000).keys()], ['read'])
  })
})
