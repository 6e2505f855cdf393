import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { ConfigError, FormatError, HostError, SlipwayError, UsageError, WiringError } from './errors.ts'

describe('FormatError', () => {
  it('names field and offset in its message and keeps them apart', () => {
    const error = new FormatError('BAD_VALUE', 'phdr[3].p_align', 280, 'is 3', 'link it again')
    assert.equal(error.message, 'phdr[3].p_align at offset 280: is 3')
    const { name, code, field, offset, problem, advice } = error
    assert.deepEqual(
      { name, code, field, offset, problem, advice },
      {
        name: 'FormatError',
        code: 'BAD_VALUE',
        field: 'phdr[3].p_align',
        offset: 280,
        problem: 'is 3',
        advice: 'link it again',
      },
    )
  })
})

describe('ConfigError', () => {
  it('begins with the place, the file name quoted', () => {
    const error = new ConfigError('SYNTAX', { file: 'a\u001b[2Jb', line: 2, column: 7 }, 'is odd')
    assert.equal(error.message, '"a\\u001b[2Jb":2:7: is odd')
    assert.deepEqual(error.path, [])
  })
})

describe('SlipwayError', () => {
  it('is what all of them are, each under its own name', () => {
    const errors = [
      new FormatError('LIMIT', 'f', 0, 'p'),
      new ConfigError('LIMIT', { file: 'f', line: 1, column: 1 }, 'p'),
      new WiringError('NOT_WIRED', 'm', 'a'),
      new HostError('IO', 'm', { cause: 1 }),
      new UsageError('LIMIT', 'm'),
    ]
    for (const error of errors) assert.ok(error instanceof SlipwayError && error instanceof Error)
    const names = errors.map((error) => error.name)
    assert.deepEqual(names, ['FormatError', 'ConfigError', 'WiringError', 'HostError', 'UsageError'])
    assert.deepEqual(
      errors.map((error) => error.cause),
      [undefined, undefined, undefined, 1, undefined],
    )
  })

  it('is known from another bundle, whose classes are not ours', () => {
    class Foreign extends Error {
      get [Symbol.for('slipway.error')](): true {
        return true
      }
    }
    assert.ok(new Foreign() instanceof SlipwayError)
    assert.ok(!(new Foreign() instanceof UsageError))
    assert.ok(!(new Error('x') instanceof SlipwayError))
    assert.ok(!(new UsageError('LIMIT', 'm') instanceof ConfigError))
    for (const value of [null, undefined, 'x', 5]) assert.ok(!((value as unknown) instanceof SlipwayError))
  })
})
