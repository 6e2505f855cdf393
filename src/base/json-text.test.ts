import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { writeJson, writeJsonTo } from './json-text.ts'

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

describe('writeJsonTo()', () => {
  const inPieces = (value: unknown): string[] => {
    const pieces: string[] = []
    writeJsonTo(value, (piece) => void pieces.push(piece))
    return pieces
  }

  it('writes what writeJson() writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'grapheme' }), (value, text) => {
        const document = { value, text, missing: undefined, empty: [{}, []] }
        assert.equal(inPieces(document).join(''), writeJson(document))
      }),
    )
  })

  it('hands a large document on in pieces', () => {
    const pieces = inPieces(Array.from({ length: 50_000 }, (_, i) => ({ i, text: '\u009b2J' })))
    assert.ok(pieces.length > 10)
    assert.ok(pieces.every((piece) => piece.length < 100_000 && /^[\n\x20-\x7e]*$/.test(piece)))
  })
})
