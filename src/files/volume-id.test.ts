import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseUuid, parseVolumeDate, parseVolumeId } from './volume-id.ts'

const refused = { name: 'ConfigError', code: 'BAD_VALUE' }

describe('parseUuid()', () => {
  it('takes 32 digits with four strokes', () => {
    const bytes = parseUuid('00010203-0405-0607-0809-0a0B0c0D0e0f')
    assert.deepEqual([...bytes], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })

  for (const text of ['', '493A-08ED', '000102030405060708090a0b0c0d0e0f', 'g0010203-0405-0607-0809-0a0b0c0d0e0f']) {
    it(`refuses “${text}”`, () => assert.throws(() => parseUuid(text), refused))
  }
})

describe('parseVolumeId()', () => {
  it('takes eight digits, with a stroke or without', () => {
    assert.equal(parseVolumeId('493A-08ed'), 0x493a08ed)
    assert.equal(parseVolumeId('FFFFFFFF'), 0xffffffff)
  })

  for (const text of ['', '493A', '493A-08E', 'x93A-08ED']) {
    it(`refuses “${text}”`, () => assert.throws(() => parseVolumeId(text), refused))
  }
})

describe('parseVolumeDate()', () => {
  it('makes seventeen bytes of a date', () => {
    assert.equal(Buffer.from(parseVolumeDate('2024-02-29-23-59-59-07')).toString(), '2024022923595907\0')
  })

  for (const text of [
    '',
    '2026-11-26',
    '2025-02-29-00-00-00-00',
    '2026-13-01-00-00-00-00',
    '2026-01-01-24-00-00-00',
    '2026-01-01-00-60-00-00',
  ]) {
    it(`refuses “${text}”`, () => assert.throws(() => parseVolumeDate(text), refused))
  }
})
