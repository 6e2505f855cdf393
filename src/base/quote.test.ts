import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { escapeControls, quote } from './quote.ts'

/** Written out here once more, by code point, so that the class in quote.ts is compared with something. */
const HAZARDS: [what: string, code: number][] = [
  ['NUL', 0x00],
  ['BEL', 0x07],
  ['ESC', 0x1b],
  ['DEL', 0x7f],
  ['the C1 form of CSI', 0x9b],
  ['the C1 form of OSC', 0x9d],
  ['a no-break space', 0xa0],
  ['a soft hyphen', 0xad],
  ['an Arabic letter mark', 0x061c],
  ['a Hangul filler', 0x3164],
  ['a zero width space', 0x200b],
  ['a left-to-right mark', 0x200e],
  ['a line separator', 0x2028],
  ['a paragraph separator', 0x2029],
  ['a right-to-left override', 0x202e],
  ['a word joiner', 0x2060],
  ['a first strong isolate', 0x2068],
  ['a high surrogate alone', 0xd83d],
  ['a low surrogate alone', 0xde00],
  ['an ideographic space', 0x3000],
  ['a variation selector', 0xfe0f],
  ['a byte order mark', 0xfeff],
  ['an interlinear annotation', 0xfff9],
  ['a tag', 0xe0041],
]

describe('quote()', () => {
  for (const [what, code] of HAZARDS) {
    it(`spells out ${what}`, () => {
      const shown = quote(`a${String.fromCodePoint(code)}b`)
      const digits = code > 0xffff ? `{${code.toString(16)}}` : code.toString(16).padStart(4, '0')
      assert.equal(shown, `"a\\u${digits}b"`)
    })
  }

  it('uses the short escapes for line feed, tab and carriage return', () => {
    assert.equal(quote('a\nb\tc\rd'), '"a\\nb\\tc\\rd"')
  })

  it('escapes quotation marks and backslashes, so that the end of the text is never in doubt', () => {
    assert.equal(quote('a"\\n'), '"a\\"\\\\n"')
  })

  it('leaves letters of all scripts and whole emoji alone', () => {
    assert.equal(quote('Grüße, 世界, שלום 😀'), '"Grüße, 世界, שלום 😀"')
  })

  it('cuts a long text and says how long it was', () => {
    assert.equal(quote('x'.repeat(256)), `"${'x'.repeat(256)}"`)
    assert.equal(quote('x'.repeat(257)), `"${'x'.repeat(256)}…" (257 characters)`)
    assert.equal(quote('abcdef', 3), '"abc…" (6 characters)')
  })

  it('spells out the half of an emoji that a cut leaves over', () => {
    assert.equal(quote('ab😀', 3), '"ab\\ud83d…" (4 characters)')
  })

  it('shows two different texts differently and never a hazard', () => {
    const units = fc.array(fc.oneof(fc.nat(0xffff), fc.constantFrom(...HAZARDS.map(([, code]) => code))), {
      maxLength: 40,
    })
    const text = units.map((codes) => String.fromCodePoint(...codes))
    const hazards = new Set(HAZARDS.map(([, code]) => code))
    fc.assert(
      fc.property(text, text, (a, b) => {
        for (const char of quote(a)) {
          const code = char.codePointAt(0) as number
          assert.ok(code >= 0x20 && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code < 0xe000), `U+${code}`)
          assert.ok(!hazards.has(code), `U+${code}`)
        }
        if (a !== b) assert.notEqual(quote(a), quote(b))
      }),
    )
  })
})

describe('escapeControls()', () => {
  it('keeps the characters it is told to keep', () => {
    assert.equal(escapeControls('a\n\tb\u001b[0m', '', '\n\t'), 'a\n\tb\\u001b[0m')
  })

  it('has no limit', () => {
    assert.equal(escapeControls('\u0000'.repeat(1000)).length, 6000)
  })

  it('keeps a backslash only where it is told to', () => {
    assert.equal(escapeControls('\\'), '\\\\')
    assert.equal(escapeControls('\\', '', '\\'), '\\')
  })
})
