import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { formatSize, parseSize } from './size.ts'

describe('parseSize()', () => {
  const sizes: [text: string, bytes: number][] = [
    ['512M', 512 * 2 ** 20],
    ['64G', 64 * 2 ** 30],
    ['4096K', 4 * 2 ** 20],
    ['1T', 2 ** 40],
    ['512m', 512 * 2 ** 20],
    ['512MiB', 512 * 2 ** 20],
    ['2KiB', 2048],
    ['3gib', 3 * 2 ** 30],
    ['0M', 0],
    ['007K', 7168],
    ['8191T', 8191 * 2 ** 40],
  ]
  for (const [text, bytes] of sizes) {
    it(`reads ${text}`, () => assert.equal(parseSize(text, '--mem'), bytes))
  }

  const refused = [
    '',
    'M',
    '-1M',
    '1.5G',
    '1,5G',
    '0x10M',
    '512MB',
    '512 M',
    ' 512M',
    '512M\n',
    '1e3M',
    '５M',
    '512Mi',
    '512B',
    '1P',
  ]
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)} and shows how it is written`, () => {
      assert.throws(() => parseSize(text, '--mem'), {
        name: 'UsageError',
        code: 'BAD_ARGUMENT',
        advice: 'write for example 512M, 64G or 4096K',
      })
    })
  }

  it('refuses a bare number and advises the unit', () => {
    const expected = { name: 'UsageError', code: 'BAD_ARGUMENT', advice: 'write 512M for mebibytes' }
    assert.throws(() => parseSize('512', '--mem'), expected)
    assert.throws(() => parseSize('524288', '--mem'), { advice: 'write 524288M for mebibytes' })
    assert.throws(() => parseSize('1048576', '--mem'), { advice: 'write for example 512M, 64G or 4096K' })
  })

  it('takes a bare number as bytes where the caller allows it', () => {
    assert.equal(parseSize('512', 'size', { allowBytes: true }), 512)
    assert.equal(parseSize('512K', 'size', { allowBytes: true }), 524288)
  })

  it('refuses what cannot be counted exactly', () => {
    for (const text of ['8192T', '9007199254740993T', '9'.repeat(400) + 'K']) {
      assert.throws(() => parseSize(text, '--mem'), { name: 'UsageError', code: 'LIMIT' })
    }
  })

  it('quotes what it refuses', () => {
    assert.throws(() => parseSize('\u001b[2J', '--mem'), { message: '--mem is "\\u001b[2J", not a size' })
  })
})

describe('formatSize()', () => {
  const sizes: [bytes: number, text: string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [52429, '51.2 KiB'],
    [1047500, '1022.9 KiB'],
    [1048575, '1 MiB'],
    [512 * 2 ** 20, '512 MiB'],
    [8 * 2 ** 30, '8 GiB'],
    [2 ** 40 * 1.5, '1.5 TiB'],
    [2 ** 53, '8 PiB'],
  ]
  for (const [bytes, text] of sizes) {
    it(`shows ${bytes} as ${text}`, () => assert.equal(formatSize(bytes), text))
  }

  it('shows what parseSize() read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom('K', 'M', 'G', 'T'), (n, unit) => {
        assert.equal(formatSize(parseSize(`${n}${unit}`, 'x')), `${n} ${unit}iB`)
      }),
    )
  })
})
