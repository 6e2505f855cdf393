import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { fuzzArtefacts, MAX_BYTES_READ } from './fuzz.ts'
import { sampleArtefact } from './sample.ts'

const SAMPLES: Uint8Array[] = [
  sampleArtefact(),
  sampleArtefact({ target: 'hvt', machine: 183, devices: [] }),
  sampleArtefact({
    target: 'xen',
    devices: [
      { name: 'storage', type: 'block' },
      { name: 'service', type: 'net' },
      { name: 'management', type: 'net' },
    ],
  }),
  readFileSync(new URL('../../guests/prebuilt/hello.spt', import.meta.url)),
]
const RUNS = 100_000
const SEED = 20_261_121

describe('everything that reads an artefact', () => {
  it(`throws only FormatError for ${RUNS} spoiled artefacts (seed ${SEED}), and reads little of them`, {
    timeout: 300_000,
  }, () => {
    const { runs, accepted, refused, rejected, reasons, mostBytesRead } = fuzzArtefacts(SAMPLES, RUNS, SEED)
    assert.equal(accepted + refused + rejected, runs)
    assert.ok(mostBytesRead <= MAX_BYTES_READ)
    // A fuzzer that only ever breaks the magic proves nothing: each way must have been taken often, and for many reasons.
    for (const count of [accepted, refused, rejected])
      assert.ok(count > RUNS / 50, `${accepted}, ${refused}, ${rejected}`)
    assert.ok(reasons.size >= 25, [...reasons.keys()].join(', '))
  })

  it('is spoiled in the same way by the same seed, and in another by another', () => {
    const summary = (seed: number): unknown => fuzzArtefacts(SAMPLES, 300, seed)
    assert.deepEqual(summary(1), summary(1))
    assert.notDeepEqual(summary(1), summary(2))
  })
})
