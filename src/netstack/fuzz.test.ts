import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { fuzzNetwork } from '../../test/support/fuzz-network.ts'
import { createNetwork } from './create-network.ts'

// tools/fuzz-frames.ts does fifty times as much, with other seeds.
const FRAMES = 20_000

describe('a guest that sends anything', () => {
  it('makes the network throw nothing, keep nothing open, and forget nobody', { timeout: 60_000 }, () => {
    const { echoes, answers, most, left } = fuzzNetwork(createNetwork, FRAMES, 20_261_126)
    assert.deepEqual(left, { tcp: 0, udp: 0, names: left.names }) // names that nobody has answered are the outside's
    assert.equal(echoes, FRAMES / 500)
    // It has got past the first checks.
    assert.ok(answers > FRAMES / 4 && most.tcp > 50 && most.udp > 50, JSON.stringify({ answers, most }))
  })
})
