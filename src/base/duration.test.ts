import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseDuration } from './duration.ts'

describe('parseDuration()', () => {
  const lengths: [text: string, milliseconds: number][] = [
    ['10', 10_000],
    ['1.5', 1500],
    ['500ms', 500],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0.001', 1],
  ]
  for (const [text, milliseconds] of lengths) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text, '--timeout'), milliseconds))
  }

  for (const text of [
    '',
    'soon',
    '10 s',
    '-1',
    '1e3',
    '.5',
    '1d',
    '0',
    '0ms',
    '0.0001',
    '25h1',
    '600h',
    '9'.repeat(400),
  ]) {
    it(`refuses ${text.slice(0, 20) || 'nothing'}`, () => {
      assert.throws(() => parseDuration(text, '--timeout'), {
        name: 'UsageError',
        code: 'BAD_ARGUMENT',
        message: /--timeout/,
      })
    })
  }
})
