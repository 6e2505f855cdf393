import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { writeJson } from './json-text.ts'

describe('writeJson()', () => {
  it('indents by two and ends with a line feed', () =>
    assert.equal(writeJson({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}\n'))

  it('writes printable ASCII only, and JSON.parse reads the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const written = writeJson({ value, text })
        assert.match(written, /^[\n\x20-\x7e]*$/)
        assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify({ value, text })))
      }),
    )
  })

  it('escapes the C1 form of CSI, which JSON.stringify does not', () => {
    assert.equal(writeJson('\u009b2J'), '"\\u009b2J"\n')
  })
})
