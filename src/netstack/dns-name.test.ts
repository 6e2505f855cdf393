import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FormatError } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { encodeName, readName } from './dns-name.ts'
import { concat } from './sample-frames.ts'
import { dnsName } from './sample-messages.ts'

describe('readName()', () => {
  const message = concat(new Uint8Array(12), dnsName('example.org'), [3, 0x77, 0x77, 0x77, 0xc0, 12], [0xc0, 25])

  it('follows pointers backwards, and says where the name ends', () => {
    const read = (at: number) => readName(new ByteReader(message), at, 'name')
    assert.deepEqual(read(12), { text: 'example.org', end: 25 })
    assert.deepEqual(read(25), { text: 'www.example.org', end: 31 })
    assert.deepEqual(read(31), { text: 'www.example.org', end: 33 })
  })

  it('ends, whatever points where', () => {
    const pieces = fc.array(fc.tuple(fc.constantFrom(0xc0, 0xc1, 1, 2), fc.nat(40)), { minLength: 12, maxLength: 40 })
    fc.assert(
      fc.property(pieces, fc.nat(60), (pairs, at) => {
        try {
          readName(new ByteReader(Uint8Array.from(pairs.flat())), at, 'name')
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error))
        }
      }),
    )
  })
})

describe('encodeName()', () => {
  it('writes labels with their lengths', () => {
    assert.deepEqual(encodeName('www.example.org'), dnsName('www.example.org'))
    assert.deepEqual(encodeName(''), Uint8Array.of(0))
  })

  for (const text of ['a..b', '.', 'a.', `${'a'.repeat(64)}.b`, 'a b', 'ü.org', 'a\n', `${'a.'.repeat(127)}bc`]) {
    it(`has none for ${JSON.stringify(text.slice(0, 20))}`, () => assert.equal(encodeName(text), undefined))
  }
})
