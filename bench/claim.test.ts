import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { claim } from './claim.ts'

describe('claim()', () => {
  it('gives a name to one only, and another name to another', async () => {
    const name = `slipway-bench-test-${process.pid}`
    await claim(name)
    await assert.rejects(claim(name), { name: 'HostError', code: 'EXISTS' })
    await claim(`${name}-2`)
  })
})
