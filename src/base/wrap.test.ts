import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { wrap } from './wrap.ts'

describe('wrap()', () => {
  it('leaves a line that fits as it is', () => {
    assert.equal(wrap('  one  two', 10, 4), '  one  two')
  })

  it('breaks between words and sets the rest in', () => {
    assert.equal(wrap('  one two three four', 10, 4), '  one two\n    three\n    four')
  })

  it('keeps together what is quoted where a line can hold it, and words always', () => {
    assert.equal(wrap('open("a b", 1) and "a \\" b"', 13, 1), 'open("a b",\n 1) and\n "a \\" b"')
    assert.equal(wrap('"one two three"', 8, 2), '"one two\n  three"')
    assert.equal(wrap('abcdefghij k', 4, 2), 'abcdefghij\n  k')
  })

  it('loses nothing but the space at which it breaks, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const dense = (s: string) => s.replaceAll(/\s/g, '')
        assert.equal(dense(wrap(text, width, 2)), dense(text))
      }),
    )
  })
})
