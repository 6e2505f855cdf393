import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { splitMirage } from '../../test/support/guest-readers.ts'
import { escapeWords, joinWords, MAX_COMMAND_LINE } from './command-line.ts'

describe('escapeWords()', () => {
  it('escapes what the grammar would take away, and nothing else', () => {
    assert.equal(escapeWords(['--hello=a b', 'c"d', 'e\\f', "it's", '$x']), '--hello=a\\ b c\\"d e\\\\f it\'s $x')
    assert.equal(escapeWords([]), '')
  })

  it('is undone by a guest, whatever the words are', () => {
    const word = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.string({ unit: fc.constantFrom(' ', '\\', '"', 'a', '\n'), minLength: 1 }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        fc.pre(!words.some((each) => each.includes('\0')))
        assert.deepEqual(splitMirage(escapeWords(words)), words)
      }),
    )
  })

  it('refuses an empty word, which a guest would not see', () => {
    assert.throws(() => escapeWords(['a', '']), { name: 'UsageError', code: 'BAD_ARGUMENT', message: /argument 2/ })
  })

  it('refuses a NUL, which would end the command line', () => {
    assert.throws(() => escapeWords(['a\0b']), { name: 'UsageError', code: 'BAD_ARGUMENT' })
  })

  it('refuses half of a character, which would arrive as another one', () => {
    assert.throws(() => escapeWords(['a\ud800b']), { name: 'UsageError', code: 'BAD_ARGUMENT', message: /Unicode/ })
    assert.equal(escapeWords(['\u{1f6a2}']), '\u{1f6a2}')
  })

  it('counts bytes, escapes included, and refuses more than the bindings have room for', () => {
    assert.equal(escapeWords(['x'.repeat(MAX_COMMAND_LINE)]).length, MAX_COMMAND_LINE)
    assert.throws(() => escapeWords(['x'.repeat(MAX_COMMAND_LINE + 1)]), { name: 'UsageError', code: 'LIMIT' })
    assert.throws(() => escapeWords(['é'.repeat(4096)]), { code: 'LIMIT' })
    assert.throws(() => escapeWords([' '.repeat(4096)]), { code: 'LIMIT' })
  })
})

describe('joinWords()', () => {
  it('puts single spaces between words and changes nothing in them', () => {
    assert.equal(joinWords(['a b', '', '"c\\']), 'a b  "c\\')
  })

  it('has the same limit', () => {
    assert.throws(() => joinWords(['x'.repeat(MAX_COMMAND_LINE), '']), { code: 'LIMIT' })
  })
})
