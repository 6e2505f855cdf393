import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseCidr, parseIpv4 } from '../base/ipv4.ts'
import { DEFAULT_POLICY, decide, describeRefusal, type Policy, type Refusal } from './policy.ts'

const OWN = ['192.0.2.7', '172.17.0.1', '2001:db8::7', '198.51.100.0/24']
const HOST = '10.0.0.254'

function decision(destination: string, policy: Partial<Policy> = {}, own: readonly string[] = OWN): string {
  const around = { host: parseIpv4(HOST) as number, own }
  const found = decide(parseIpv4(destination) as number, around, { ...DEFAULT_POLICY, ...policy })
  return found.kind === 'connect' ? `-> ${found.address}` : found.why
}

const allow = (...networks: string[]): Partial<Policy> => ({ allow: networks.map((text) => parseCidr(text, 'allow')) })
const OFFLINE = { internet: false }
const LOOPBACK = { allowHostLoopback: true }

describe('decide()', () => {
  const rows: [destination: string, policy: Partial<Policy>, decision: string][] = [
    // By default the outside, and nothing of the machine or around it.
    ['93.184.216.34', {}, '-> 93.184.216.34'],
    ['192.168.1.1', {}, '-> 192.168.1.1'],
    ['10.0.0.0', {}, '-> 10.0.0.0'],
    ['126.255.255.255', {}, '-> 126.255.255.255'],
    ['128.0.0.0', {}, '-> 128.0.0.0'],
    ['169.253.255.255', {}, '-> 169.253.255.255'],
    ['169.255.0.0', {}, '-> 169.255.0.0'],
    ['223.255.255.255', {}, '-> 223.255.255.255'],
    ['0.0.0.0', {}, 'no station'],
    ['0.255.255.255', {}, 'no station'],
    ['127.0.0.1', {}, 'loopback'],
    ['127.0.0.0', {}, 'loopback'],
    ['127.1.2.3', {}, 'loopback'],
    ['127.255.255.255', {}, 'loopback'],
    ['169.254.169.254', {}, 'link-local'],
    ['169.254.0.0', {}, 'link-local'],
    ['169.254.255.255', {}, 'link-local'],
    ['168.63.129.16', {}, 'metadata'],
    ['100.100.100.200', {}, 'metadata'],
    ['192.0.0.192', {}, 'metadata'],
    ['192.0.2.7', {}, 'own address'],
    ['172.17.0.1', {}, 'own address'],
    ['198.51.100.0', {}, 'own address'],
    ['198.51.100.255', {}, 'own address'],
    ['198.51.101.0', {}, '-> 198.51.101.0'],
    ['198.51.99.255', {}, '-> 198.51.99.255'],
    ['224.0.0.0', {}, 'no station'],
    ['239.255.255.250', {}, 'no station'],
    ['240.0.0.0', {}, 'no station'],
    ['255.255.255.255', {}, 'no station'],
    // The machine by its name.
    [HOST, {}, '-> 192.0.2.7'],
    [HOST, LOOPBACK, '-> 127.0.0.1'],
    [HOST, { host: false }, 'no-host'],
    [HOST, { host: false, ...LOOPBACK }, 'no-host'],
    [HOST, OFFLINE, '-> 192.0.2.7'],
    [HOST, { ...OFFLINE, ...LOOPBACK }, '-> 127.0.0.1'],
    // allow-host-loopback opens the loopback, and nothing else.
    ['127.0.0.1', LOOPBACK, '-> 127.0.0.1'],
    ['127.1.2.3', LOOPBACK, '-> 127.1.2.3'],
    ['127.0.0.1', { ...LOOPBACK, ...OFFLINE }, '-> 127.0.0.1'],
    ['0.0.0.0', LOOPBACK, 'no station'],
    ['192.0.2.7', LOOPBACK, 'own address'],
    ['169.254.169.254', LOOPBACK, 'link-local'],
    // allow= opens what it names, whatever refuses it, but for what is nobody's.
    ['127.0.0.1', allow('127.0.0.1'), '-> 127.0.0.1'],
    ['127.0.0.2', allow('127.0.0.1'), 'loopback'],
    ['169.254.169.254', allow('169.254.169.254'), '-> 169.254.169.254'],
    ['169.254.169.253', allow('169.254.169.254'), 'link-local'],
    ['168.63.129.16', allow('168.63.129.0/24'), '-> 168.63.129.16'],
    ['192.0.2.7', allow('10.9.0.0/16', '192.0.2.0/24'), '-> 192.0.2.7'],
    ['0.0.0.0', allow('0.0.0.0/0'), 'no station'],
    ['255.255.255.255', allow('0.0.0.0/0'), 'no station'],
    // no-internet leaves the machine, the guests, and what is allowed.
    ['93.184.216.34', OFFLINE, 'no-internet'],
    ['192.168.1.1', OFFLINE, 'no-internet'],
    ['192.168.1.1', { ...OFFLINE, ...allow('192.168.0.0/16') }, '-> 192.168.1.1'],
    ['127.0.0.1', OFFLINE, 'loopback'],
  ]
  for (const [destination, policy, expected] of rows) {
    it(`${destination} with ${JSON.stringify(policy)}: ${expected}`, () => {
      assert.equal(decision(destination, policy), expected)
    })
  }

  it('takes the machine’s IPv6 address where it has no other, and its loopback never by itself', () => {
    assert.equal(decision(HOST, {}, ['2001:db8::7']), '-> 2001:db8::7')
    assert.equal(decision(HOST, {}, ['2001:db8::7', '192.0.2.7']), '-> 192.0.2.7')
    assert.equal(decision(HOST, {}, []), 'loopback')
  })
})

describe('describeRefusal()', () => {
  const advised: [why: Refusal, option: RegExp][] = [
    ['loopback', /,allow-host-loopback/],
    ['link-local', /,allow=192\.0\.2\.1/],
    ['metadata', /,allow=192\.0\.2\.1/],
    ['own address', /host\.slipway\.internal.*,allow=192\.0\.2\.1/],
    ['no-host', /no-host is set/],
    ['no-internet', /,allow=192\.0\.2\.1/],
    ['no station', /^192\.0\.2\.1 is no address/],
  ]
  for (const [why, option] of advised) {
    it(`names what opens ${why}`, () => assert.match(describeRefusal(0xc0000201, why), option))
  }
})
