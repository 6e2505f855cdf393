import assert from 'node:assert/strict'
import { constants, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Codecs } from './codecs.ts'
import { fuzzFiles } from './fuzz-files.ts'
import { SAMPLES } from './samples.ts'

/** As run/ brings it. */
const codecs: Codecs = {
  gzip: (bytes, maxOutputLength) => {
    try {
      return gunzipSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH })
    } catch {
      return undefined
    }
  },
}

const RUNS = 100_000
const SEED = 20_261_121
/** Solo5 unikernels have a fuzzer of their own, which knows where their readers look. */
const families = [...SAMPLES].filter(([family]) => family !== 'unknown' && family !== 'solo5')

/** Most of the time would go into stacks of errors that nobody reads. */
const usualLimit = Error.stackTraceLimit
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = usualLimit
})

describe('everything that inspects a file', () => {
  for (const [i, [family, samples]] of families.entries()) {
    it(`throws only FormatError for ${RUNS} spoiled files of ${family}, and reads little of them`, {
      timeout: 300_000,
    }, () => {
      const result = fuzzFiles(samples, RUNS, SEED + i, codecs)
      const known = [...result.families.values()].reduce((sum, count) => sum + count, 0)
      assert.equal(known + result.rejected, RUNS)
      // A fuzzer that only ever breaks the magic proves nothing: many must still be taken for what they were.
      assert.ok((result.families.get(family) ?? 0) > RUNS / 20, [...result.families].join(' '))
    })
  }

  it('is spoiled in the same way by the same seed, and in another by another', () => {
    const all = families.flatMap(([, samples]) => samples)
    assert.deepEqual(fuzzFiles(all, 300, 1, codecs), fuzzFiles(all, 300, 1, codecs))
    assert.notDeepEqual(fuzzFiles(all, 300, 1, codecs), fuzzFiles(all, 300, 2, codecs))
  })
})
