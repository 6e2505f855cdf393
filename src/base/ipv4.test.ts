import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import {
  type Cidr,
  contains,
  formatCidr,
  formatIpv4,
  maskOf,
  overlap,
  parseCidr,
  parseIpv4,
  parseSubnet,
} from './ipv4.ts'

const address = fc.nat(0xffffffff)
const cidr = fc
  .tuple(address, fc.nat(32))
  .map(([bits, prefix]): Cidr => ({ address: (bits & maskOf(prefix)) >>> 0, prefix }))

describe('parseIpv4()', () => {
  it('reads what formatIpv4() writes', () => {
    fc.assert(fc.property(address, (bits) => assert.equal(parseIpv4(formatIpv4(bits)), bits)))
    assert.equal(parseIpv4('255.255.255.255'), 0xffffffff)
    assert.equal(formatIpv4(0x0a000002), '10.0.0.2')
  })

  const others = [
    '',
    '10',
    '10.0.0',
    '10.0.0.0.1',
    '10.0.0.256',
    '10.0.0.01',
    '0x0a.0.0.1',
    '10.0.0.1 ',
    '10.0.0.',
    '1.2.3.-4',
  ]
  for (const text of others) {
    it(`gives nothing for ${JSON.stringify(text)}`, () => assert.equal(parseIpv4(text), undefined))
  }
})

describe('parseCidr()', () => {
  it('reads what formatCidr() writes', () => {
    fc.assert(fc.property(cidr, (network) => assert.deepEqual(parseCidr(formatCidr(network), 'allow'), network)))
  })

  it('takes one address as a network of one', () => {
    assert.deepEqual(parseCidr('10.0.0.2', 'allow'), { address: 0x0a000002, prefix: 32 })
  })

  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/08', '10/8', '::/0', '/8']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseCidr(text, 'allow'), {
        name: 'UsageError',
        code: 'BAD_ARGUMENT',
        message: /no IPv4 network/,
      })
    })
  }

  it('refuses bits behind the prefix, and names both that may be meant', () => {
    assert.throws(() => parseCidr('10.1.2.3/8', 'allow'), {
      code: 'BAD_ARGUMENT',
      message: /allow "10.1.2.3\/8" has bits/,
      advice: 'write 10.0.0.0/8, or 10.1.2.3 for one address',
    })
  })
})

describe('contains() and overlap()', () => {
  it('agree with comparing the leading bits one by one', () => {
    const leading = (bits: number, length: number) => bits.toString(2).padStart(32, '0').slice(0, length)
    fc.assert(
      fc.property(cidr, address, (network, bits) => {
        const inside = leading(bits, network.prefix) === leading(network.address, network.prefix)
        assert.equal(contains(network, bits), inside)
      }),
    )
    fc.assert(
      fc.property(cidr, cidr, (a, b) => {
        assert.equal(overlap(a, b), contains(a, b.address) || contains(b, a.address))
      }),
    )
  })

  it('know the whole of IPv4 and a single address', () => {
    assert.ok(contains({ address: 0, prefix: 0 }, 0xffffffff))
    assert.ok(contains({ address: 0xffffffff, prefix: 32 }, 0xffffffff))
    assert.ok(!contains({ address: 0xffffffff, prefix: 32 }, 0xfffffffe))
  })
})

describe('parseSubnet()', () => {
  it('takes networks from a /29 to a /16', () => {
    assert.deepEqual(parseSubnet('10.0.0.8/29', 'subnet'), { address: 0x0a000008, prefix: 29 })
    assert.deepEqual(parseSubnet('172.16.0.0/16', 'subnet'), { address: 0xac100000, prefix: 16 })
  })

  for (const text of ['10.0.0.0/15', '10.0.0.0/30', '10.0.0.1']) {
    it(`refuses the size of ${text}`, () => {
      const error = { name: 'UsageError', code: 'BAD_ARGUMENT', message: /between a \/29 and a \/16/ }
      assert.throws(() => parseSubnet(text, 'subnet'), error)
    })
  }

  for (const text of [
    '0.1.0.0/24',
    '127.0.1.0/24',
    '169.254.0.0/16',
    '224.0.0.0/24',
    '240.0.0.0/24',
    '255.255.255.0/24',
  ]) {
    it(`refuses ${text}, where no host can be`, () => {
      const error = { name: 'UsageError', code: 'BAD_ARGUMENT', message: /no network that hosts can have/ }
      assert.throws(() => parseSubnet(text, 'subnet'), error)
    })
  }
})
