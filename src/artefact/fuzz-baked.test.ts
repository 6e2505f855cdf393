import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { bakedSamples, fuzzBaked } from './fuzz-baked.ts'

const RUNS = 100_000
const SEED = 20_261_126

/** Most of the time would go into stacks of errors that nobody reads. */
const usualLimit = Error.stackTraceLimit
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = usualLimit
})

describe('everything that reads what is baked in', () => {
  it(`throws only FormatError for ${RUNS} spoiled artefacts (seed ${SEED}), and keeps its promises for the others`, {
    timeout: 300_000,
  }, () => {
    const { runs, baked, plain, rejected, stripped, reasons } = fuzzBaked(bakedSamples(), RUNS, SEED)
    // A fuzzer that only ever breaks the magic proves nothing: each way must have been taken often, and for many reasons.
    const counts = [baked, plain, rejected, stripped]
    assert.equal(baked + plain + rejected >= runs, true)
    for (const count of counts) assert.ok(count > RUNS / 50, counts.join())
    assert.ok(reasons.size >= 40, [...reasons.keys()].join(', '))
  })

  it('is spoiled in the same way by the same seed, and in another by another', () => {
    const samples = bakedSamples()
    assert.deepEqual(fuzzBaked(samples, 300, 1), fuzzBaked(samples, 300, 1))
    assert.notDeepEqual(fuzzBaked(samples, 300, 1), fuzzBaked(samples, 300, 2))
  })
})
