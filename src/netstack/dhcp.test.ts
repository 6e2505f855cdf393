import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { BROADCAST_MAC, concat, ip, ipv4, udp } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { dhcpHeader } from './sample-messages.ts'

const DISCOVER = 1
const REQUEST = 3
const DECLINE = 4
const RELEASE = 7
const INFORM = 8
const OFFER = 2
const ACKNOWLEDGE = 5
const REFUSE = 6

const option = (code: number, ...value: readonly number[]): Uint8Array => concat([code, value.length], value)
const wanted = (address: string): Uint8Array => option(50, ...ip(address))
const fromServer = (address = '10.0.0.1'): Uint8Array => option(54, ...ip(address))
const text = (bytes: readonly number[] | undefined): string => String.fromCharCode(...(bytes ?? []))

function guestOf(subnet = '10.0.0.0/24', name = 'web') {
  const { network, world } = sampleNetwork(subnet)
  return { network, world, guest: new SampleGuest(network, name, '10.0.0.2', { mtu: 1400 }) }
}

describe('Dhcp', () => {
  it('offers and gives a lease with all that a guest needs', () => {
    const { guest } = guestOf()
    guest.sendDhcp(DISCOVER)
    const offer = guest.dhcpReply()
    assert.deepEqual([offer.type, offer.yourAddress, offer.toPort], [OFFER, '10.0.0.2', 68])
    assert.deepEqual([...offer.transaction], [0x12, 0x34, 0x56, 0x78])
    assert.deepEqual(offer.hardware, guest.mac)
    guest.sendDhcp(REQUEST, concat(wanted('10.0.0.2'), fromServer()))
    const lease = guest.dhcpReply()
    assert.deepEqual([lease.type, lease.yourAddress], [ACKNOWLEDGE, '10.0.0.2'])
    assert.deepEqual(lease.option(1), [255, 255, 255, 0])
    assert.deepEqual(lease.option(3), [10, 0, 0, 1])
    assert.deepEqual(lease.option(6), [10, 0, 0, 1])
    assert.equal(text(lease.option(12)), 'web')
    assert.equal(text(lease.option(15)), 'slipway.internal')
    assert.deepEqual(lease.option(26), [1400 >> 8, 1400 & 255])
    assert.deepEqual(lease.option(28), [10, 0, 0, 255])
    assert.deepEqual(lease.option(51), [0, 1, 0x51, 0x80])
    assert.deepEqual(lease.option(54), [10, 0, 0, 1])
    assert.deepEqual(lease.option(58), [0, 0, 0xa8, 0xc0])
    assert.deepEqual(lease.option(59), [0, 1, 0x27, 0x50])
    assert.equal(guest.port.address, 0x0a000002)
  })

  it('gives those options that are asked for, and the essential ones', () => {
    const { guest } = guestOf()
    guest.sendDhcp(DISCOVER, option(55, 1, 26, 77))
    assert.deepEqual(guest.dhcpReply().codes, [53, 54, 51, 1, 3, 6, 26])
    guest.sendDhcp(DISCOVER)
    assert.deepEqual(guest.dhcpReply().codes, [53, 54, 51, 58, 59, 1, 3, 6, 15, 26, 28, 12])
  })

  it('says the client’s identifier again', () => {
    const { guest } = guestOf()
    guest.sendDhcp(DISCOVER, option(61, 1, 2, 3))
    assert.deepEqual(guest.dhcpReply().option(61), [1, 2, 3])
  })

  it('tells no host name that none could be', () => {
    const { guest } = guestOf('10.0.0.0/24', 'we b')
    guest.sendDhcp(DISCOVER)
    assert.equal(guest.dhcpReply().option(12), undefined)
  })

  it('answers to the address that is to be, or to everybody where the flag says so', () => {
    const { guest } = guestOf()
    guest.sendDhcp(DISCOVER)
    const [offer] = guest.take()
    assert.deepEqual([offer?.ip?.to, offer?.to], ['10.0.0.2', '02:01:77:65:62:00'])
    guest.sendDhcp(DISCOVER, undefined, (message) => message.set([0x80], 10))
    const [other] = guest.take()
    assert.deepEqual([other?.ip?.to, other?.to, other?.ip?.from], ['255.255.255.255', 'ff:ff:ff:ff:ff:ff', '10.0.0.1'])
    assert.equal(other?.payload[28 + 10], 0x80)
  })

  it('renews, to the gateway and to everybody', () => {
    const { guest } = guestOf()
    guest.lease()
    const renewal = concat(dhcpHeader(guest.mac), [53, 1, REQUEST, 255])
    renewal.set(ip('10.0.0.2'), 12)
    guest.sendUdp('10.0.0.1', 67, renewal, 68)
    const reply = guest.dhcpReply()
    assert.deepEqual(
      [reply.type, reply.to, reply.yourAddress, reply.clientAddress],
      [ACKNOWLEDGE, '10.0.0.2', '10.0.0.2', '10.0.0.2'],
    )
    guest.sendDhcp(REQUEST, undefined, (message) => message.set(ip('10.0.0.2'), 12), '10.0.0.2')
    assert.equal(guest.dhcpReply().type, ACKNOWLEDGE)
  })

  it('gives a guest that comes back what it had, or another free address that it asks for', () => {
    const { guest } = guestOf()
    guest.sendDhcp(REQUEST, wanted('10.0.0.2'))
    assert.deepEqual([guest.dhcpReply().type, guest.port.address], [ACKNOWLEDGE, 0x0a000002])
    guest.sendDhcp(DISCOVER, wanted('10.0.0.77'))
    assert.equal(guest.dhcpReply().yourAddress, '10.0.0.77')
    guest.sendDhcp(REQUEST, wanted('10.0.0.99'))
    assert.deepEqual([guest.dhcpReply().type, guest.port.address], [ACKNOWLEDGE, 0x0a000063])
  })

  const refused: [why: string, address: string][] = [
    ['of another network', '192.168.1.2'],
    ['of the gateway', '10.0.0.1'],
    ['of the machine’s name', '10.0.0.254'],
    ['of everybody', '10.0.0.255'],
    ['of the network itself', '10.0.0.0'],
    ['of nobody', '0.0.0.0'],
  ]
  for (const [why, address] of refused) {
    it(`refuses to lease an address ${why}, and tells everybody`, () => {
      const { guest } = guestOf()
      guest.sendDhcp(REQUEST, wanted(address))
      const reply = guest.dhcpReply()
      assert.deepEqual([reply.type, reply.to, reply.yourAddress], [REFUSE, '255.255.255.255', '0.0.0.0'])
      assert.equal(reply.option(51), undefined)
      assert.equal(guest.port.address, undefined)
      guest.sendDhcp(DISCOVER, wanted(address))
      assert.equal(guest.dhcpReply().yourAddress, '10.0.0.2')
    })
  }

  it('does not answer a guest that has taken another server’s offer', () => {
    const { guest } = guestOf()
    guest.sendDhcp(REQUEST, concat(wanted('10.0.0.2'), fromServer('10.0.0.9')))
    assert.deepEqual(guest.take(), [])
  })

  it('tells a guest with an address of its own what else there is', () => {
    const { guest } = guestOf()
    guest.sendDhcp(INFORM, undefined, (message) => message.set(ip('10.0.0.50'), 12), '10.0.0.50')
    const reply = guest.dhcpReply()
    assert.deepEqual([reply.type, reply.to, reply.yourAddress], [ACKNOWLEDGE, '10.0.0.50', '0.0.0.0'])
    assert.deepEqual([reply.option(51), reply.option(6)], [undefined, [10, 0, 0, 1]])
  })

  it('gives another address to a guest that has seen the first in use, but does not believe it for ever', () => {
    const { world, guest } = guestOf()
    const given = new Set<string>()
    for (let i = 0; i < 12; i++) {
      const { yourAddress } = guest.lease()
      given.add(yourAddress)
      guest.sendDhcp(DECLINE, concat(wanted(yourAddress), fromServer()))
      assert.deepEqual(guest.take(), [])
    }
    assert.equal(given.size, 9)
    assert.equal(world.lines.length, 2)
    assert.match(world.lines[0] ?? '', /10\.0\.0\.2 is in use by another/)
    assert.match(world.lines[1] ?? '', /no longer believed/)
  })

  it('lets go of an address that is given back', () => {
    const { network, guest } = guestOf()
    guest.lease()
    const release = concat(dhcpHeader(guest.mac), [53, 1, RELEASE, 255])
    release.set(ip('10.0.0.2'), 12)
    guest.sendUdp('10.0.0.1', 67, release, 68)
    assert.deepEqual([guest.take(), guest.port.address], [[], undefined])
    const other = new SampleGuest(network, 'other', '10.0.0.2')
    other.sendArp('10.0.0.1')
    assert.equal(other.port.address, 0x0a000002)
  })

  const lies: [why: string, reason: 'bad packet' | 'foreign hardware address', edit: (message: Uint8Array) => void][] =
    [
      ['another guest’s hardware address', 'foreign hardware address', (message) => message.fill(9, 30, 31)],
      ['a relay', 'bad packet', (message) => message.set([10, 0, 0, 9], 24)],
      ['an unknown type', 'bad packet', (message) => message.fill(99, 242, 243)],
      ['a server’s type', 'bad packet', (message) => message.fill(OFFER, 242, 243)],
      ['no magic number', 'bad packet', (message) => message.fill(0, 236, 240)],
    ]
  for (const [why, reason, edit] of lies) {
    it(`does not answer a message with ${why}`, () => {
      const { guest } = guestOf()
      guest.sendDhcp(DISCOVER, undefined, edit)
      assert.deepEqual([guest.take(), guest.port.statistics.dropped[reason]], [[], 1])
    })
  }

  it('hears from a guest without an address nothing else', () => {
    const { network, guest } = guestOf()
    const other = new SampleGuest(network, 'other')
    const ends = { from: '0.0.0.0', to: '255.255.255.255' }
    for (const [protocol, payload] of [
      [17, udp(ends, 68, 53, Uint8Array.of(1))],
      [1, Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0)],
    ] as const) {
      guest.send(ipv4(ends, protocol, payload), 0x0800, BROADCAST_MAC)
    }
    assert.equal(guest.port.statistics.dropped['foreign source address'], 2)
    assert.deepEqual([guest.take(), other.take()], [[], []])
  })
})

describe('the addresses of leases', () => {
  const leases = (names: readonly string[], subnet = '10.0.0.0/24'): string[] => {
    const { network } = sampleNetwork(subnet)
    return names.map((name) => new SampleGuest(network, name)).map((guest) => guest.lease().yourAddress)
  }

  it('are the first of the network for a guest that is alone, whichever it is', () => {
    assert.deepEqual(
      [leases(['web']), leases(['db']), leases(['web'], '172.20.3.8/29')],
      [['10.0.0.2'], ['10.0.0.2'], ['172.20.3.10']],
    )
  })

  it('are decided by the hardware address for those that follow, so that they stay from run to run', () => {
    const [, db, cache] = leases(['web', 'db', 'cache'])
    assert.deepEqual(leases(['web', 'cache', 'db']), ['10.0.0.2', cache, db])
    assert.equal(new Set(['10.0.0.2', db, cache]).size, 3)
  })

  it('are all of the network, and then there are none', () => {
    const { network, world } = sampleNetwork('10.0.0.0/29')
    const guests = ['a', 'b', 'c', 'd'].map((name) => new SampleGuest(network, name))
    const addresses = guests.map((guest) => guest.lease().yourAddress)
    assert.deepEqual([...addresses].sort(), ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'])
    const late = new SampleGuest(network, 'late')
    late.sendDhcp(DISCOVER)
    assert.deepEqual(
      [late.take(), world.lines],
      [[], ['guest "late": gets no lease: every address of the network is taken']],
    )
    guests[1]?.port.detach()
    assert.equal(late.lease().yourAddress, addresses[1])
  })

  it('are never those that a guest uses without asking', () => {
    const { network } = sampleNetwork()
    const first = new SampleGuest(network, 'first')
    const fixed = new SampleGuest(network, 'fixed', '10.0.0.2')
    fixed.sendArp('10.0.0.1')
    assert.notEqual(first.lease().yourAddress, '10.0.0.2')
    first.sendDhcp(REQUEST, wanted('10.0.0.2'))
    assert.equal(first.dhcpReply().type, REFUSE)
  })

  it('belong to who has them: another guest that takes one is not heard', () => {
    const { network, world } = sampleNetwork()
    const first = new SampleGuest(network, 'first')
    const fixed = new SampleGuest(network, 'fixed', '10.0.0.2')
    first.lease()
    fixed.sendArp('10.0.0.1')
    assert.deepEqual(fixed.take(), [])
    assert.match(world.lines[0] ?? '', /"fixed": sends from 10\.0\.0\.2, which is that of guest "first"/)
  })
})
