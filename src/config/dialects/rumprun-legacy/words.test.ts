import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { joinLegacyWords, splitWords } from './words.ts'

describe('splitWords()', () => {
  const cases: [text: string, words: string[]][] = [
    ['', []],
    [' \t\n ', []],
    ['a  b\tc\nd', ['a', 'b', 'c', 'd']],
    ["a 'b c' d", ['a', 'b c', 'd']],
    ["a'b c'd", ['ab cd']],
    ["''", ['']],
    ['a\\ b', ['a b']],
    ["'a\\'b'", ["a'b"]],
    // The other quote ends nothing: it is dropped, and from there on it is the one that groups.
    [`'a"b' c" d`, ['ab c d']],
    ['a\\', ['a']],
  ]
  for (const [text, words] of cases) {
    it(`makes ${words.length} of ${JSON.stringify(text)}`, () => assert.deepEqual(splitWords(text), words))
  }
})

describe('joinLegacyWords()', () => {
  it('writes what guests split into the same words, and what JSON takes for a string', () => {
    const word = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '{', 'é', '\u{1f6a2}') })
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const line = joinLegacyWords(words)
        assert.deepEqual(splitWords(line ?? 'none'), words)
        assert.doesNotThrow(() => JSON.parse(`"${line}"`) as unknown)
      }),
    )
  })

  it('has no way to say single quotes and control characters', () => {
    assert.equal(joinLegacyWords(["it's"]), undefined)
    assert.equal(joinLegacyWords(['a\tb']), undefined)
  })
})
