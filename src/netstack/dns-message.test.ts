import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FormatError, type FormatErrorCode } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { decodeQuery, encodeMalformed, encodeReply, isQuery, isResponseTo } from './dns-message.ts'
import { concat } from './sample-frames.ts'
import { dnsName, dnsQuery } from './sample-messages.ts'

/** What dig asks: with EDNS, a cookie behind it. */
const DIG = concat(
  [0xab, 0xcd, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 1],
  [3, 0x77, 0x77, 0x77, 7, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 3, 0x6f, 0x72, 0x67, 0, 0, 1, 0, 1],
  [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
)
const PLAIN = dnsQuery('www.example.org', 1)

const decode = (bytes: Uint8Array) => decodeQuery(new ByteReader(bytes))
const spoil = (edit: (bytes: Uint8Array) => void): Uint8Array => {
  const bytes = PLAIN.slice()
  edit(bytes)
  return bytes
}

describe('decodeQuery()', () => {
  it('reads what dig asks', () => {
    assert.deepEqual(decode(DIG), {
      id: 0xabcd,
      operation: 0,
      wantsRecursion: true,
      name: 'www.example.org',
      type: 1,
      class: 1,
      question: DIG.slice(12, 33),
      size: 1232,
    })
  })

  it('knows no size without EDNS, and no recursion that is not wanted', () => {
    const { size, wantsRecursion } = decode(spoil((bytes) => bytes.fill(0, 2, 3)))
    assert.deepEqual([size, wantsRecursion], [undefined, false])
  })

  it('compares names without their capitals, and keeps the question as it is', () => {
    const query = decode(dnsQuery('wWw.ExAmple.ORG', 1))
    assert.equal(query.name, 'www.example.org')
    assert.deepEqual(query.question.subarray(0, 17), dnsName('wWw.ExAmple.ORG'))
  })

  it('has no name where a label holds what no host’s name does', () => {
    for (const name of ['a b', 'ü', 'a\u0000', 'a/b', '\u001b[0m'])
      assert.equal(decode(dnsQuery(name, 1)).name, undefined)
    assert.equal(decode(dnsQuery('_sip._udp.a-b.x9', 33)).name, '_sip._udp.a-b.x9')
    assert.equal(decode(dnsQuery('', 2)).name, '')
  })

  const long = (length: number): Uint8Array => {
    // Labels of 63 letters, and one that fills up.
    const labels = 'a'.repeat(63)
    const rest = length - 3 * 64 - 2
    return dnsQuery([labels, labels, labels, 'b'.repeat(rest)].join('.'), 1)
  }

  it('takes a name of 255 bytes', () => {
    assert.equal(decode(long(255)).question.length, 255 + 4)
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, bytes: Uint8Array][] = [
    ['an answer', 'BAD_VALUE', 2, spoil((bytes) => bytes.fill(0x80, 2, 3))],
    ['no question', 'BAD_VALUE', 4, spoil((bytes) => bytes.fill(0, 5, 6))],
    ['two questions', 'BAD_VALUE', 4, spoil((bytes) => bytes.fill(2, 5, 6))],
    ['a name of 256 bytes', 'LIMIT', 204, long(256)],
    ['a label of an unknown kind', 'UNSUPPORTED', 12, spoil((bytes) => bytes.fill(0x40, 12, 13))],
    ['a name that points to itself', 'BAD_VALUE', 12, spoil((bytes) => bytes.set([0xc0, 12], 12))],
    ['a name that points into the header', 'BAD_VALUE', 12, spoil((bytes) => bytes.set([0xc0, 2], 12))],
    ['a name that points ahead', 'BAD_VALUE', 12, spoil((bytes) => bytes.set([0xc0, 20], 12))],
    ['a name that ends after the message', 'TRUNCATED', 25, PLAIN.subarray(0, 26)],
    ['no type', 'TRUNCATED', 29, PLAIN.subarray(0, 29)],
    ['no class', 'TRUNCATED', 31, PLAIN.subarray(0, 31)],
    ['a record that is not there', 'TRUNCATED', 33, spoil((bytes) => bytes.fill(1, 11, 12))],
    ['too many records', 'LIMIT', 6, spoil((bytes) => bytes.fill(65, 11, 12))],
    ['half a header', 'TRUNCATED', 4, PLAIN.subarray(0, 5)],
    ['an option that ends after the message', 'TRUNCATED', 44, DIG.subarray(0, 55)],
  ]
  for (const [why, code, offset, bytes] of cases) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => decode(bytes),
        (error: unknown) => {
          assert.ok(error instanceof FormatError, String(error))
          assert.deepEqual([error.code, error.offset], [code, offset])
          return true
        },
      )
    })
  }

  it('throws only FormatError, whatever is cut off or changed', () => {
    const tryOne = (bytes: Uint8Array): void => {
      try {
        decode(bytes)
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error))
      }
    }
    for (let length = 0; length < DIG.length; length++) tryOne(DIG.subarray(0, length))
    for (let at = 0; at < DIG.length; at++) {
      for (let value = 0; value < 256; value++) {
        const bytes = DIG.slice()
        bytes[at] = value
        tryOne(bytes)
      }
    }
    const rest = fc.array(fc.constantFrom(0, 1, 3, 12, 41, 63, 64, 0xc0, 0xff), { maxLength: 60 })
    fc.assert(fc.property(rest, (bytes) => tryOne(concat(DIG.subarray(0, 12), bytes))))
  })
})

describe('encodeReply()', () => {
  const records = [Uint8Array.of(203, 0, 113, 5), Uint8Array.of(203, 0, 113, 6)]
  const reply = { code: 0, records, ttl: 60, isOurs: false }

  it('writes an answer as RFC 1035 lays it out', () => {
    const query = decode(PLAIN)
    const record = (last: number): number[] => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, last]
    const expected = concat([0x42, 0x42, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0], PLAIN.subarray(12), record(5), record(6))
    assert.deepEqual(encodeReply(query, reply, 512), expected)
  })

  it('says what it takes itself where the asker has', () => {
    const bytes = encodeReply(decode(DIG), { code: 3, records: [], ttl: 0, isOurs: true }, 512)
    assert.deepEqual([...bytes.subarray(2, 12)], [0x85, 0x83, 0, 1, 0, 0, 0, 0, 0, 1])
    assert.deepEqual([...bytes.subarray(33)], [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0])
  })

  it('is cut to none where it would be too long, and says so', () => {
    const query = decode(PLAIN)
    const { length } = encodeReply(query, reply, 512)
    assert.equal(encodeReply(query, reply, length).length, length)
    const cut = encodeReply(query, reply, length - 1)
    assert.deepEqual([...cut], [...concat([0x42, 0x42, 0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0], PLAIN.subarray(12))])
  })

  it('repeats the kind of operation that is not supported', () => {
    const query = decode(spoil((bytes) => bytes.fill(0x28, 2, 3)))
    assert.deepEqual([...encodeReply(query, { ...reply, code: 4, records: [] }, 512).subarray(2, 4)], [0xa8, 0x84])
  })
})

describe('what is no question', () => {
  it('is an answer, or too short for a header', () => {
    assert.ok(isQuery(PLAIN))
    assert.ok(!isQuery(spoil((bytes) => bytes.fill(0x80, 2, 3))))
    assert.ok(isQuery(PLAIN.subarray(0, 12)))
    assert.ok(!isQuery(PLAIN.subarray(0, 11)))
  })

  it('is answered with its number and why', () => {
    assert.deepEqual([...encodeMalformed(PLAIN)], [0x42, 0x42, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('isResponseTo()', () => {
  const query = decode(PLAIN)
  const response = (edit: (bytes: Uint8Array) => void = () => undefined): Uint8Array => {
    const bytes = concat(PLAIN, [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 5])
    bytes.set([0x11, 0x22, 0x81, 0x80], 0)
    edit(bytes)
    return bytes
  }

  const cases: [why: string, bytes: Uint8Array][] = [
    ['another number', response((bytes) => bytes.fill(9, 0, 1))],
    ['a question', response((bytes) => bytes.fill(1, 2, 3))],
    ['another name', response((bytes) => bytes.fill(0x78, 13, 14))],
    ['another type', response((bytes) => bytes.fill(2, 30, 31))],
    ['no question in it', response((bytes) => bytes.fill(0, 5, 6))],
    ['half a question', response().subarray(0, 30)],
    ['nothing', new Uint8Array(0)],
  ]
  it('takes the answer', () => assert.ok(isResponseTo(response(), query, 0x1122)))
  for (const [why, bytes] of cases) {
    it(`does not take ${why}`, () => assert.ok(!isResponseTo(bytes, query, 0x1122)))
  }
})
