import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Cidr, contains, formatCidr, isSubnet, maskOf, overlap, parseCidr } from '../base/ipv4.ts'
import { WiringError } from '../base/errors.ts'
import { planSubnets, type SubnetWish } from './subnets.ts'

const cidr = (text: string): Cidr => parseCidr(text, 'test')

function wish(device: string, subnet: string | undefined, routes: readonly string[] = [], joins?: string): SubnetWish {
  const facts = { kind: 'user', socket: 'seqpacket', maxMtu: 65535 } as const
  return {
    device,
    subnet: subnet === undefined ? undefined : cidr(subnet),
    facts: { ...facts, routes: routes.map(cidr), joins: joins === undefined ? undefined : cidr(joins) },
  }
}

const plan = (...wishes: readonly SubnetWish[]) =>
  planSubnets(wishes).map(({ subnet, chosenBy, hides }) => [
    formatCidr(subnet),
    chosenBy,
    ...(hides === undefined ? [] : [formatCidr(hides)]),
  ])

describe('planSubnets()', () => {
  it('takes what the operator says, and names a route that it hides', () => {
    assert.deepEqual(plan(wish('a', '10.9.0.0/16')), [['10.9.0.0/16', 'wire']])
    assert.deepEqual(plan(wish('a', '10.9.0.0/16', ['10.9.7.0/24'])), [['10.9.0.0/16', 'wire', '10.9.7.0/24']])
    assert.deepEqual(plan(wish('a', '10.9.0.0/16', ['10.0.0.0/8'])), [['10.9.0.0/16', 'wire', '10.0.0.0/8']])
  })

  const chosen: readonly (readonly [why: string, routes: readonly string[], subnet: string])[] = [
    ['what people know', [], '10.0.2.0/24'],
    ['the next where that is taken', ['10.0.2.0/24'], '10.0.3.0/24'],
    ['one beside a part of it', ['10.0.2.128/25'], '10.0.3.0/24'],
    ['one behind a wide route', ['10.0.0.0/12'], '10.16.0.0/24'],
    ['another pool where a route takes all of the first', ['10.0.0.0/8'], '172.16.0.0/24'],
    ['the third', ['10.0.0.0/8', '172.16.0.0/12'], '192.168.0.0/24'],
    ['what is for benchmarks at last', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], '198.18.0.0/24'],
    ['what people know, whatever a tunnel takes all of', ['0.0.0.0/1', '128.0.0.0/1'], '10.0.2.0/24'],
  ]
  for (const [why, routes, subnet] of chosen) {
    it(`chooses ${why}`, () => assert.deepEqual(plan(wish('a', undefined, routes)), [[subnet, 'slipway']]))
  }

  it('chooses another for each device, and none that a later one has asked for', () => {
    assert.deepEqual(plan(wish('a', undefined), wish('b', undefined), wish('c', '10.0.3.0/24')), [
      ['10.0.2.0/24', 'slipway'],
      ['10.0.4.0/24', 'slipway'],
      ['10.0.3.0/24', 'wire'],
    ])
  })

  it('puts devices that join a network on the same one', () => {
    const joins = [wish('a', undefined, ['10.7.0.0/24'], '10.7.0.0/24'), wish('b', undefined, [], '10.7.0.0/24')]
    assert.deepEqual(plan(...joins), [
      ['10.7.0.0/24', 'network'],
      ['10.7.0.0/24', 'network'],
    ])
  })

  it('refuses a subnet for a device that joins another', () => {
    const error = { name: 'WiringError', code: 'UNSUITED', message: /"a": it joins a network with the subnet 10.7.0.0/ }
    assert.throws(() => plan(wish('a', '10.8.0.0/24', [], '10.7.0.0/24')), error)
  })

  it('refuses two that overlap', () => {
    const error = { name: 'WiringError', code: 'CONFLICT', message: /"a" and "b" have networks that overlap/ }
    assert.throws(() => plan(wish('a', '10.8.0.0/16'), wish('b', '10.8.7.0/24')), error)
  })

  it('says so where nothing is free', () => {
    const all = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15']
    const error = { name: 'WiringError', code: 'UNSUITED', advice: /--net a=user,subnet=/ }
    assert.throws(() => plan(wish('a', undefined, all)), error)
  })

  it('never chooses what overlaps with a route or another choice, whatever the routes are', () => {
    const private_ = fc.constantFrom('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16').map(cidr)
    const route = fc
      .tuple(private_, fc.nat(0xffffffff), fc.integer({ min: 0, max: 22 }))
      .map(([pool, bits, more]): Cidr => {
        const prefix = Math.min(32, pool.prefix + more)
        const address = ((pool.address | (bits & ~maskOf(pool.prefix))) & maskOf(prefix)) >>> 0
        return { address, prefix }
      })
    fc.assert(
      fc.property(fc.array(route, { maxLength: 40 }), (routes) => {
        const facts = { ...wish('a', undefined).facts, routes }
        const wishes = ['a', 'b'].map((device) => ({ device, subnet: undefined, facts }))
        try {
          const found = planSubnets(wishes).map(({ subnet }) => subnet)
          for (const subnet of found) {
            assert.ok(isSubnet(subnet) && contains(subnet, subnet.address))
            assert.ok(!routes.some((each) => overlap(each, subnet)), formatCidr(subnet))
          }
          assert.ok(!overlap(found[0] as Cidr, found[1] as Cidr))
        } catch (error) {
          assert.ok(error instanceof WiringError, String(error))
        }
      }),
    )
  })
})
