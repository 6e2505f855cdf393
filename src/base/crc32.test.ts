import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { crc32 } from './crc32.ts'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

describe('crc32()', () => {
  it('is what everybody checks it with', () => assert.equal(crc32(text('123456789')), 0xcbf43926))
  it('is 0 of nothing', () => assert.equal(crc32(new Uint8Array(0)), 0))
  it('goes on where it stopped', () => assert.equal(crc32(text('6789'), crc32(text('12345'))), 0xcbf43926))
})
