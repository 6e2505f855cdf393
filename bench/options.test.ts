import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseOptions } from './options.ts'

const ROWS = ['hello', 'large', 'memory']
const NOTHING = { rows: ROWS, json: undefined, strict: false, quick: false, nodes: [], help: false }

describe('parseOptions()', () => {
  it('takes every row when none is named', () => assert.deepEqual(parseOptions([], ROWS), NOTHING))

  it('takes the rows that are named, in their usual order', () => {
    assert.deepEqual(parseOptions(['memory', 'hello'], ROWS).rows, ['hello', 'memory'])
  })

  it('reads every flag', () => {
    const words = ['--json', '-', '--strict', '--quick', '--node', 'a', 'large', '--node=b']
    const expected = { rows: ['large'], json: '-', strict: true, quick: true, nodes: ['a', 'b'], help: false }
    assert.deepEqual(parseOptions(words, ROWS), expected)
  })

  const refused: [words: string[], advice: string][] = [
    [['helo'], 'did you mean hello?'],
    [['\u001b[2J'], 'rows are hello, large, memory'],
    [['--fast'], 'see --help'],
    [['--json'], 'see --help'],
  ]
  for (const [words, advice] of refused) {
    it(`refuses ${JSON.stringify(words)} with advice`, () => {
      assert.throws(() => parseOptions(words, ROWS), { name: 'UsageError', code: 'BAD_ARGUMENT', advice })
    })
  }

  it('quotes what it refuses', () => {
    assert.throws(() => parseOptions(['\u001b[2J'], ROWS), { message: 'there is no row "\\u001b[2J"' })
  })
})
