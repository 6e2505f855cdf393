import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Network } from './network.ts'
import { arp, BROADCAST_MAC, concat, ethernet, GATEWAY_MAC, icmp, ipv4, udp } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import type { SampleWorld } from './sample-world.ts'
import type { DropReason } from './statistics.ts'

const HELLO = new TextEncoder().encode('hello')

type Two = {
  readonly network: Network
  readonly world: SampleWorld
  readonly web: SampleGuest
  readonly db: SampleGuest
}

/** Two guests that have spoken: each address is known. */
function two(): Two {
  const { network, world } = sampleNetwork()
  const web = new SampleGuest(network, 'web', '10.0.0.2')
  const db = new SampleGuest(network, 'db', '10.0.0.3')
  for (const guest of [web, db]) guest.sendArp('10.0.0.1')
  for (const guest of [web, db]) guest.take()
  return { network, world, web, db }
}

function dropsOf({ port }: SampleGuest): Partial<Record<DropReason, number>> {
  return Object.fromEntries(Object.entries(port.statistics.dropped).filter(([, count]) => count > 0))
}

describe('Switch', () => {
  it('passes a frame to the guest that it is for, and to nobody else', () => {
    const { network, web, db } = two()
    const third = new SampleGuest(network, 'third', '10.0.0.4')
    web.sendUdp('10.0.0.3', 9, HELLO, 4000, { via: db.mac })
    assert.deepEqual(
      db.packets().map(({ from, to }) => [from, to]),
      [['10.0.0.2', '10.0.0.3']],
    )
    assert.deepEqual([web.take(), third.take()], [[], []])
  })

  it('passes a frame for everybody to everybody but its sender', () => {
    const { network, web, db } = two()
    const third = new SampleGuest(network, 'third', '10.0.0.4')
    web.sendUdp('10.0.0.255', 9, HELLO, 4000, { via: BROADCAST_MAC })
    web.sendUdp('224.0.0.251', 9, HELLO, 4000, { via: Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb) })
    const heard = [db, third].map((guest) => guest.packets().map(({ to }) => to))
    assert.deepEqual(heard, [
      ['10.0.0.255', '224.0.0.251'],
      ['10.0.0.255', '224.0.0.251'],
    ])
    assert.deepEqual(web.take(), [])
  })

  it('lets guests find each other by ARP', () => {
    const { web, db } = two()
    web.sendArp('10.0.0.3')
    const [request] = db.take()
    assert.deepEqual([request?.type, request?.to, request?.payload[7]], [0x0806, 'ff:ff:ff:ff:ff:ff', 1])
    db.sendArp('10.0.0.2', '10.0.0.3', 2, web.mac)
    assert.deepEqual([...(web.take()[0]?.payload.subarray(6, 18) ?? [])], [0, 2, ...db.mac, 10, 0, 0, 3])
  })

  const spoiled: [why: string, reason: DropReason, frame: (two: Two) => Uint8Array][] = [
    ['a frame of 13 bytes', 'shorter than its headers', ({ web, db }) => concat(db.mac, web.mac, [8])],
    ['no bytes', 'shorter than its headers', () => new Uint8Array(0)],
    [
      'one byte more than the MTU',
      'longer than the MTU',
      ({ web }) => ethernet(new Uint8Array(1501), 0x0800, GATEWAY_MAC, web.mac),
    ],
    [
      'another guest as its sender',
      'foreign hardware address',
      ({ db }) =>
        ethernet(ipv4({ from: '10.0.0.2', to: '10.0.0.1' }, 1, icmp(8, 0, [0, 0, 0, 0])), 0x0800, GATEWAY_MAC, db.mac),
    ],
    [
      'the gateway as its sender',
      'foreign hardware address',
      () => ethernet(arp(2, '10.0.0.1', '10.0.0.3'), 0x0806, BROADCAST_MAC, GATEWAY_MAC),
    ],
    [
      'a hardware address that nobody has',
      'unknown hardware address',
      ({ web }) =>
        ethernet(
          ipv4({ from: '10.0.0.2', to: '10.0.0.9' }, 1, icmp(8, 0, [0, 0, 0, 0])),
          0x0800,
          Uint8Array.of(2, 9, 9, 9, 9, 9),
          web.mac,
        ),
    ],
    [
      'a frame to itself',
      'unknown hardware address',
      ({ web }) =>
        ethernet(ipv4({ from: '10.0.0.2', to: '10.0.0.2' }, 1, icmp(8, 0, [0, 0, 0, 0])), 0x0800, web.mac, web.mac),
    ],
    ['IPv6', 'unknown protocol', ({ web, db }) => ethernet(new Uint8Array(60), 0x86dd, db.mac, web.mac)],
    ['a VLAN', 'unknown protocol', ({ web, db }) => ethernet(new Uint8Array(60), 0x8100, db.mac, web.mac)],
    [
      'the address of another guest',
      'foreign source address',
      ({ web, db }) =>
        ethernet(
          ipv4({ from: '10.0.0.3', to: '10.0.0.1' }, 17, udp({ from: '10.0.0.3', to: '10.0.0.1' }, 1, 53, HELLO)),
          0x0800,
          db.mac,
          web.mac,
        ),
    ],
    [
      'the address of another guest in ARP',
      'foreign source address',
      ({ web, db }) => ethernet(arp(2, '10.0.0.3', '10.0.0.2', web.mac), 0x0806, db.mac, web.mac),
    ],
    [
      'the gateway’s address in ARP',
      'foreign source address',
      ({ web, db }) => ethernet(arp(2, '10.0.0.1', '10.0.0.3', web.mac), 0x0806, db.mac, web.mac),
    ],
    [
      'another hardware address in ARP than its own',
      'foreign hardware address',
      ({ web, db }) => ethernet(arp(2, '10.0.0.2', '10.0.0.3', db.mac), 0x0806, db.mac, web.mac),
    ],
    [
      'an answer of a DHCP server',
      'foreign server',
      ({ web, db }) =>
        ethernet(
          ipv4({ from: '10.0.0.2', to: '10.0.0.3' }, 17, udp({ from: '10.0.0.2', to: '10.0.0.3' }, 67, 68, HELLO)),
          0x0800,
          db.mac,
          web.mac,
        ),
    ],
    [
      'an answer of a DHCP server to everybody',
      'foreign server',
      ({ web }) =>
        ethernet(
          ipv4(
            { from: '10.0.0.2', to: '255.255.255.255' },
            17,
            udp({ from: '10.0.0.2', to: '255.255.255.255' }, 67, 68, HELLO),
          ),
          0x0800,
          BROADCAST_MAC,
          web.mac,
        ),
    ],
    [
      'a redirect',
      'foreign server',
      ({ web, db }) =>
        ethernet(
          ipv4({ from: '10.0.0.2', to: '10.0.0.3' }, 1, icmp(5, 1, new Uint8Array(32))),
          0x0800,
          db.mac,
          web.mac,
        ),
    ],
  ]
  for (const [why, reason, frame] of spoiled) {
    it(`drops ${why}, and counts it`, () => {
      const sample = two()
      const before = sample.web.port.statistics.received.frames
      sample.web.sendFrame(frame(sample))
      assert.deepEqual(dropsOf(sample.web), { [reason]: 1 })
      assert.equal(sample.web.port.statistics.received.frames, before + 1)
      assert.deepEqual([sample.web.take(), sample.db.take(), dropsOf(sample.db)], [[], [], {}])
    })
  }

  const strange = [
    '0.1.2.3',
    '127.0.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '10.0.0.0',
    '10.0.0.255',
    '10.0.0.1',
    '10.0.0.254',
  ]
  for (const from of strange) {
    it(`drops a packet from ${from}, which no guest can have`, () => {
      const { world, web, db } = two()
      for (const via of [GATEWAY_MAC, db.mac, BROADCAST_MAC]) web.sendUdp('203.0.113.5', 7, HELLO, 4000, { from, via })
      assert.deepEqual(dropsOf(web), { 'foreign source address': 3 })
      assert.deepEqual([db.take(), world.asked], [[], []])
    })
  }

  it('passes on no packet from an address outside, which a guest may call its own', () => {
    const { web, db } = two()
    web.sendUdp('10.0.0.3', 9, HELLO, 53, { from: '203.0.113.53', via: db.mac })
    web.sendUdp('255.255.255.255', 9, HELLO, 53, { from: '203.0.113.53', via: BROADCAST_MAC })
    assert.deepEqual([db.take(), dropsOf(web)], [[], { 'foreign source address': 2 }])
    web.sendUdp('10.0.0.1', 9, HELLO, 53, { from: '203.0.113.53' })
    assert.equal(web.packets()[0]?.to, '203.0.113.53')
  })

  it('takes a frame of exactly the MTU', () => {
    const { web, db } = two()
    web.sendUdp('10.0.0.3', 9, new Uint8Array(1472), 4000, { via: db.mac })
    assert.equal(db.take()[0]?.payload.length, 1500)
  })

  it('loses for a guest of a smaller MTU what is longer than that', () => {
    const { network, web } = two()
    const small = new SampleGuest(network, 'small', '10.0.0.5', { mtu: 576 })
    web.sendUdp('10.0.0.5', 9, new Uint8Array(577 - 28), 4000, { via: small.mac })
    web.sendUdp('10.0.0.5', 9, new Uint8Array(576 - 28), 4000, { via: small.mac })
    assert.deepEqual(
      small.take().map(({ payload }) => payload.length),
      [576],
    )
    assert.deepEqual(dropsOf(small), { 'longer than the MTU': 1 })
  })

  it('loses what a guest has no room for, and harms nobody else', () => {
    const { web, db } = two()
    db.room = 1
    for (let i = 0; i < 3; i++) web.sendUdp('10.0.0.3', 9, HELLO, 4000, { via: db.mac })
    assert.equal(db.take().length, 1)
    assert.deepEqual([dropsOf(db), dropsOf(web)], [{ 'queue full': 2 }, {}])
  })

  it('lets no guest fill the network with frames for everybody', () => {
    const { network, web, db } = two()
    const send = (count: number): number => {
      for (let i = 0; i < count; i++) web.sendUdp('10.0.0.255', 9, HELLO, 4000, { via: BROADCAST_MAC })
      return db.take().length
    }
    const first = send(600)
    assert.ok(first >= 490 && first <= 500, `${first} of 600`)
    assert.equal(send(10), 0)
    network.advance(100)
    assert.equal(send(100), 50)
    web.sendUdp('10.0.0.3', 9, HELLO, 4000, { via: db.mac })
    assert.equal(db.take().length, 1)
  })

  it('tells of each kind of spoofing once, with the names quoted', () => {
    const { world, web, db } = two()
    for (let i = 0; i < 3; i++) {
      web.sendUdp('10.0.0.1', 9, HELLO, 4000, { from: '10.0.0.3' })
      web.sendFrame(ethernet(arp(1, '10.0.0.2', '10.0.0.1'), 0x0806, GATEWAY_MAC, db.mac))
    }
    assert.deepEqual(world.lines, [
      'guest "web": sends from 10.0.0.3, which is that of guest "db"; such packets are dropped',
      'guest "web": sends from 02:01:64:62:00:00, which is not its hardware address; such frames are dropped',
    ])
  })

  it('refuses two guests of one hardware address, and one of the gateway’s', () => {
    const { network, web } = two()
    const conflict = { name: 'WiringError', code: 'CONFLICT' }
    assert.throws(() => new SampleGuest(network, 'other', '10.0.0.9', { mac: web.mac }), {
      ...conflict,
      message: /"web"/,
    })
    assert.throws(() => new SampleGuest(network, 'other', '10.0.0.9', { mac: GATEWAY_MAC }), {
      ...conflict,
      message: /the gateway/,
    })
    web.port.detach()
    assert.doesNotThrow(() => new SampleGuest(network, 'other', '10.0.0.9', { mac: web.mac }))
  })

  it('tells guests apart whose addresses have the same last four bytes', () => {
    const { network, web } = two()
    const first = new SampleGuest(network, 'first', '10.0.0.5', { mac: Uint8Array.of(2, 1, 7, 7, 7, 7) })
    const second = new SampleGuest(network, 'second', '10.0.0.6', { mac: Uint8Array.of(2, 2, 7, 7, 7, 7) })
    web.sendUdp('10.0.0.6', 9, HELLO, 4000, { via: second.mac })
    assert.deepEqual([first.take().length, second.take().length], [0, 1])
    second.port.detach()
    web.sendUdp('10.0.0.5', 9, HELLO, 4000, { via: first.mac })
    assert.deepEqual([first.take().length, second.take().length], [1, 0])
  })

  it('forgets a guest that is gone, and neither sends to it nor hears it', () => {
    const { network, web, db } = two()
    db.port.detach()
    web.sendUdp('10.0.0.3', 9, HELLO, 4000, { via: db.mac })
    web.sendUdp('10.0.0.255', 9, HELLO, 4000, { via: BROADCAST_MAC })
    db.sendUdp('10.0.0.2', 9, HELLO, 4000, { via: web.mac })
    db.port.ready()
    db.port.detach()
    assert.deepEqual([web.take(), db.take()], [[], []])
    // Its address is free again.
    const next = new SampleGuest(network, 'next', '10.0.0.3')
    next.sendUdp('10.0.0.2', 9, HELLO, 4000, { via: web.mac })
    assert.equal(web.take().length, 1)
  })
})
