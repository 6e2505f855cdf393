import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FormatError, type FormatErrorCode } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { decodeDhcp, encodeDhcp } from './dhcp-message.ts'
import { concat, GUEST_MAC } from './sample-frames.ts'
import { dhcpHeader } from './sample-messages.ts'

/** A DHCPDISCOVER as dhclient 4.4 sends it: type, host name, parameter list; padded to 300 bytes. */
const DISCOVER = concat(
  dhcpHeader(GUEST_MAC),
  [53, 1, 1, 12, 3, 0x77, 0x65, 0x62, 55, 13, 1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42, 255],
  new Uint8Array(36),
)
const REQUEST = concat(dhcpHeader(GUEST_MAC), [
  53,
  1,
  3,
  54,
  4,
  10,
  0,
  0,
  1,
  50,
  4,
  10,
  0,
  0,
  2,
  61,
  7,
  1,
  ...GUEST_MAC,
  255,
])

const decode = (bytes: Uint8Array) => decodeDhcp(new ByteReader(bytes))
const spoil = (edit: (bytes: Uint8Array) => void): Uint8Array => {
  const bytes = REQUEST.slice()
  edit(bytes)
  return bytes
}

describe('decodeDhcp()', () => {
  it('reads what a client that knows nothing says', () => {
    assert.deepEqual(decode(DISCOVER), {
      type: 1,
      transaction: 0x12345678,
      wantsBroadcast: false,
      clientAddress: 0,
      relay: 0,
      hardware: { high: 0x0200, low: 0x0000000a },
      requestedAddress: undefined,
      server: undefined,
      clientId: undefined,
      parameters: new Set([1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42]),
    })
  })

  it('reads what a client that has chosen says', () => {
    const request = decode(spoil((bytes) => bytes.set([0x80], 10)))
    assert.equal(request.type, 3)
    assert.equal(request.wantsBroadcast, true)
    assert.deepEqual([request.server, request.requestedAddress], [0x0a000001, 0x0a000002])
    assert.deepEqual(request.clientId, Uint8Array.of(1, ...GUEST_MAC))
    assert.equal(request.parameters, undefined)
  })

  it('reads options out of the fields of names as well, where it is told that they hold some', () => {
    const message = (overload: number): Uint8Array => {
      const bytes = concat(dhcpHeader(GUEST_MAC), [52, 1, overload, 53, 1, 1, 255])
      bytes.set([50, 4, 10, 0, 0, 9, 255], 108) // file
      bytes.set([54, 4, 10, 0, 0, 7, 255], 44) // sname
      return bytes
    }
    const found = [0, 1, 2, 3].map((overload) => decode(message(overload)))
    assert.deepEqual(
      found.map(({ requestedAddress }) => requestedAddress),
      [undefined, 0x0a000009, undefined, 0x0a000009],
    )
    assert.deepEqual(
      found.map(({ server }) => server),
      [undefined, undefined, 0x0a000007, 0x0a000007],
    )
  })

  it('takes options that no END follows', () => {
    assert.equal(decode(REQUEST.subarray(0, -1)).type, 3)
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, bytes: Uint8Array][] = [
    ['a reply', 'BAD_VALUE', 0, spoil((bytes) => bytes.fill(2, 0, 1))],
    ['hardware that is not Ethernet', 'UNSUPPORTED', 1, spoil((bytes) => bytes.fill(6, 1, 2))],
    ['hardware addresses of 16 bytes', 'UNSUPPORTED', 1, spoil((bytes) => bytes.fill(16, 2, 3))],
    ['BOOTP', 'BAD_MAGIC', 236, spoil((bytes) => bytes.fill(0, 236, 240))],
    ['no message type', 'BAD_VALUE', 236, spoil((bytes) => bytes.fill(99, 240, 241))],
    ['a message type of two bytes', 'BAD_VALUE', 236, concat(dhcpHeader(GUEST_MAC), [53, 2, 1, 1, 255])],
    [
      'a requested address of three bytes',
      'BAD_VALUE',
      245,
      concat(dhcpHeader(GUEST_MAC), [53, 1, 3, 50, 3, 10, 0, 0]),
    ],
    ['a server of five bytes', 'BAD_VALUE', 245, concat(dhcpHeader(GUEST_MAC), [53, 1, 3, 54, 5, 10, 0, 0, 1, 1])],
    ['an option that ends after the message', 'TRUNCATED', 245, concat(dhcpHeader(GUEST_MAC), [53, 1, 3, 61, 3, 1, 1])],
    ['an option without a length', 'TRUNCATED', 244, concat(dhcpHeader(GUEST_MAC), [53, 1, 3, 61])],
    ['239 bytes', 'TRUNCATED', 238, REQUEST.subarray(0, 239)],
  ]
  for (const [why, code, offset, bytes] of cases) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => decode(bytes),
        (error: unknown) => {
          assert.ok(error instanceof FormatError)
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
    for (const sample of [DISCOVER, REQUEST]) {
      for (let length = 0; length < sample.length; length++) tryOne(sample.subarray(0, length))
      for (let at = 0; at < sample.length; at++) {
        for (const value of [0, 1, 3, 52, 127, 255]) {
          const bytes = sample.slice()
          bytes[at] = value
          tryOne(bytes)
        }
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (options) => tryOne(concat(dhcpHeader(GUEST_MAC), options))),
    )
  })
})

describe('encodeDhcp()', () => {
  it('writes a reply as RFC 2131 lays it out', () => {
    const bytes = encodeDhcp({
      transaction: 0x12345678,
      wantsBroadcast: true,
      clientAddress: 0x0a000005,
      yourAddress: 0x0a000002,
      hardware: { high: 0x0200, low: 0x0000000a },
      options: [
        [53, Uint8Array.of(2)],
        [1, Uint8Array.of(255, 255, 255, 0)],
      ],
    })
    const expected = new Uint8Array(300)
    expected.set([2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0x80, 0, 10, 0, 0, 5, 10, 0, 0, 2])
    expected.set(GUEST_MAC, 28)
    expected.set([99, 130, 83, 99, 53, 1, 2, 1, 4, 255, 255, 255, 0, 255], 236)
    assert.deepEqual(bytes, expected)
  })

  it('is as long as its options need', () => {
    const options = [1, 2].map((code) => [code, new Uint8Array(100)] as const)
    const reply = {
      transaction: 1,
      wantsBroadcast: false,
      clientAddress: 0,
      yourAddress: 0,
      hardware: { high: 2, low: 2 },
    }
    assert.equal(encodeDhcp({ ...reply, options }).length, 240 + 204 + 1)
  })
})
