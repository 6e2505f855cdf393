import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { checkTimeout, parseDuration } from './duration.ts'

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

describe('checkTimeout()', () => {
  it('passes on what a timer holds, and takes no limit for none', () => {
    assert.equal(checkTimeout(1, 'timeout'), 1)
    assert.equal(checkTimeout(2 ** 31 - 1, 'timeout'), 2 ** 31 - 1)
    assert.equal(checkTimeout(undefined, 'timeout'), undefined)
    assert.equal(checkTimeout(Number.POSITIVE_INFINITY, 'timeout'), undefined)
  })

  for (const milliseconds of [0, -1, 2 ** 31, Number.NaN, Number.NEGATIVE_INFINITY]) {
    it(`refuses ${milliseconds}, which a timer would take for at once`, () => {
      assert.throws(() => checkTimeout(milliseconds, 'timeout'), { name: 'UsageError', code: 'BAD_ARGUMENT' })
    })
  }
})
