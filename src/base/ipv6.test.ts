import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { parseIpv6 } from './ipv6.ts'

describe('parseIpv6()', () => {
  it('returns the eight groups', () => {
    assert.deepEqual(parseIpv6('fd00::2'), [0xfd00, 0, 0, 0, 0, 0, 0, 2])
    assert.deepEqual(parseIpv6('::'), [0, 0, 0, 0, 0, 0, 0, 0])
    assert.deepEqual(parseIpv6('1:2:3:4:5:6:7:ABCD'), [1, 2, 3, 4, 5, 6, 7, 0xabcd])
    assert.deepEqual(parseIpv6('1::'), [1, 0, 0, 0, 0, 0, 0, 0])
    assert.deepEqual(parseIpv6('::ffff:10.0.0.1'), [0, 0, 0, 0, 0, 0xffff, 0x0a00, 1])
    assert.deepEqual(parseIpv6('1:2:3:4:5:6:7::'), [1, 2, 3, 4, 5, 6, 7, 0])
  })

  const refused = [
    '',
    ':',
    ':::',
    '1:2:3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1::',
    '12345::',
    'g::',
    '1:',
    ':1',
  ]
  for (const text of [...refused, '10.0.0.1', '10.0.0.1::', '::10.0.0', '::1%eth0', '::1 ', '1:2:3:4:5:6:7:10.0.0.1']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseIpv6(text), undefined))
  }

  it('agrees with Node.js about what is an address', () => {
    const part = fc.constantFrom(':', '::', '1', 'fd00', '10.0.0.1', 'g', '%', '256.0.0.1', 'ABCDE', '0')
    const text = fc.oneof(
      fc.ipV6(),
      fc.array(part, { maxLength: 17 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (address) => {
        fc.pre(!address.includes('%'))
        assert.equal(parseIpv6(address)?.length === 8, isIPv6(address), address)
      }),
    )
  })
})
