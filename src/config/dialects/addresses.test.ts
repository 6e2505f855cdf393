import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { dottedMask, isOnLink, prefixOfMask, splitAddress } from './addresses.ts'

describe('splitAddress()', () => {
  it('takes an address with its prefix apart', () => {
    assert.deepEqual(splitAddress('inet', '10.0.0.2/24'), { address: '10.0.0.2', prefix: 24 })
    assert.deepEqual(splitAddress('inet6', 'fd00::2/128'), { address: 'fd00::2', prefix: 128 })
  })
  for (const text of [
    '10.0.0.2',
    '10.0.0.2/33',
    '10.0.0.2/024',
    '10.0.0.2/-1',
    '10.0.0/24',
    'fd00::2/64',
    '10.0.0.2/24/',
  ]) {
    it(`refuses ${text}`, () => assert.equal(splitAddress('inet', text), undefined))
  }
})

describe('dottedMask() and prefixOfMask()', () => {
  it('undo each other', () => {
    assert.equal(dottedMask(20), '255.255.240.0')
    for (let prefix = 0; prefix <= 32; prefix++) assert.equal(prefixOfMask(dottedMask(prefix)), prefix)
  })
  for (const mask of ['', '255.0.255.0', '0.0.0.1', '254.255.0.0', '24', '255.255.255']) {
    it(`finds no prefix in ${JSON.stringify(mask)}`, () => assert.equal(prefixOfMask(mask), undefined))
  }
})

describe('isOnLink()', () => {
  const cases = [
    ['inet', fc.ipV4(), 32, 'ipv4'],
    ['inet6', fc.ipV6(), 128, 'ipv6'],
  ] as const
  for (const [family, address, bits, name] of cases) {
    it(`agrees with Node.js about networks of ${name}`, () => {
      fc.assert(
        fc.property(
          address,
          address,
          fc.integer({ min: 0, max: bits }),
          fc.boolean(),
          (network, other, prefix, same) => {
            const list = new BlockList()
            list.addSubnet(network, prefix, name)
            const asked = same ? network : other
            assert.equal(isOnLink(family, `${network}/${prefix}`, asked), list.check(asked, name))
          },
        ),
        { numRuns: 500 },
      )
    })
  }
  it('finds neighbours at the last bit', () => {
    assert.ok(isOnLink('inet', '10.0.0.2/31', '10.0.0.3'))
    assert.ok(!isOnLink('inet', '10.0.0.2/31', '10.0.0.4'))
    assert.ok(isOnLink('inet6', 'fd00::2/127', 'fd00::3'))
    assert.ok(!isOnLink('inet6', 'fd00::2/127', 'fd00::4'))
  })
  it('knows nothing of the other family', () => assert.ok(!isOnLink('inet', '10.0.0.2/24', 'fd00::1')))
})
