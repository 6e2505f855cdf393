import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { DEFAULT_POLICY } from './policy.ts'
import { concat, ip, ipv4, type ReadPacket, udp, word } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'

const HELLO = new TextEncoder().encode('hello')
const OUT = '203.0.113.5'
const CLIENT = { address: '198.51.100.20', port: 40_000 }

const text = ({ payload }: ReadPacket): string => new TextDecoder().decode(payload.subarray(8))
const ends = ({ from, to, payload }: ReadPacket): string => `${from}:${word(payload, 0)} > ${to}:${word(payload, 2)}`

function guestOf(policy = DEFAULT_POLICY, mtu = 1500) {
  const { network, world } = sampleNetwork()
  world.udpServers.set(`${OUT}:7`, (datagram) => datagram)
  const guest = new SampleGuest(network, 'web', '10.0.0.2', { policy, mtu })
  guest.sendArp('10.0.0.1')
  guest.take()
  return { network, world, guest, dropped: guest.port.statistics.dropped }
}

describe('UDP to the outside', () => {
  it('has a flow for each pair of ends, by which answers come back', () => {
    const { world, guest } = guestOf()
    world.udpServers.set(`${OUT}:9`, () => undefined)
    guest.sendUdp(OUT, 7, HELLO, 4000)
    guest.sendUdp(OUT, 7, HELLO, 4001)
    guest.sendUdp(OUT, 9, HELLO, 4000)
    guest.sendUdp(OUT, 7, HELLO, 4000)
    assert.deepEqual(
      guest.packets().map(ends),
      ['4000', '4001', '4000'].map((port) => `${OUT}:7 > 10.0.0.2:${port}`),
    )
    assert.deepEqual(world.asked, [`${OUT}:7`, `${OUT}:7`, `${OUT}:9`])
    for (const inside of world.flows.keys()) inside.datagram(HELLO)
    assert.deepEqual(guest.packets().map(text), ['hello', 'hello', 'hello'])
  })

  it('tells two addresses of one guest apart', () => {
    const { world, guest } = guestOf()
    guest.sendUdp(OUT, 7, HELLO, 4000)
    guest.sendUdp(OUT, 7, HELLO, 4000, { from: '192.168.9.9' })
    assert.deepEqual(guest.packets().map(ends), [`${OUT}:7 > 10.0.0.2:4000`, `${OUT}:7 > 192.168.9.9:4000`])
    assert.equal(world.flows.size, 2)
  })

  it('takes datagrams of no bytes, of all that a packet holds, and without a checksum', () => {
    const { guest } = guestOf()
    guest.sendUdp(OUT, 7, new Uint8Array(0))
    const unsummed = udp({ from: '10.0.0.2', to: OUT }, 4000, 7, HELLO).fill(0, 6, 8)
    guest.sendIp(OUT, 17, unsummed)
    assert.deepEqual(guest.packets().map(text), ['', 'hello'])
    const large = Uint8Array.from({ length: 65_507 }, (_, i) => i)
    const datagram = udp({ from: '10.0.0.2', to: OUT }, 4000, 7, large)
    for (let at = 0; at < datagram.length; at += 1480) {
      const more = at + 1480 < datagram.length ? 0x2000 : 0
      guest.sendIp(OUT, 17, datagram.subarray(at, at + 1480), { id: 9, fragment: more | (at / 8) })
    }
    const parts = guest.packets()
    assert.equal(parts.length, 45)
    const whole = concat(...parts.map(({ payload }) => payload))
    assert.deepEqual(readWhole(whole), large)
  })

  /** Of the echo, with the checksum over all of it looked at. */
  function readWhole(datagram: Uint8Array): Uint8Array {
    const again = udp({ from: OUT, to: '10.0.0.2' }, 7, 4000, datagram.subarray(8))
    assert.deepEqual(datagram.subarray(0, 8), again.subarray(0, 8))
    return datagram.slice(8)
  }

  it('writes a checksum that comes out as 0 as 0xffff', () => {
    const { guest } = guestOf()
    // Two bytes make the sum what it has to be.
    const fit = (value: number): Uint8Array =>
      udp({ from: OUT, to: '10.0.0.2' }, 7, 4000, Uint8Array.of(value >>> 8, value & 255))
    const value = word(fit(0), 6)
    assert.equal(word(fit(value), 6), 0xffff)
    guest.sendUdp(OUT, 7, Uint8Array.of(value >>> 8, value & 255))
    assert.equal(word(guest.packets()[0]?.payload ?? new Uint8Array(8), 6), 0xffff)
  })

  const spoiled: [
    why: string,
    reason: 'shorter than its headers' | 'bad packet' | 'bad checksum',
    edit: (datagram: Uint8Array) => Uint8Array,
  ][] = [
    ['7 bytes', 'shorter than its headers', (datagram) => datagram.subarray(0, 7)],
    ['a length below its header', 'bad packet', (datagram) => datagram.fill(7, 5, 6)],
    ['a length beyond the packet', 'bad packet', (datagram) => datagram.fill(14, 5, 6)],
    ['no port to come from', 'bad packet', (datagram) => datagram.fill(0, 0, 2)],
    ['no port to go to', 'bad packet', (datagram) => datagram.fill(0, 2, 4)],
    ['a wrong checksum', 'bad checksum', (datagram) => datagram.fill(1, 9, 10)],
  ]
  for (const [why, reason, edit] of spoiled) {
    it(`drops a datagram with ${why}`, () => {
      const { world, guest, dropped } = guestOf()
      for (const to of [OUT, '10.0.0.1']) guest.sendIp(to, 17, edit(udp({ from: '10.0.0.2', to }, 4000, 7, HELLO)))
      assert.deepEqual([dropped[reason], guest.take(), world.asked], [2, [], []])
    })
  }

  it('takes padding behind the datagram for what it is', () => {
    const { guest } = guestOf()
    const padded = concat(udp({ from: '10.0.0.2', to: OUT }, 4000, 7, HELLO), [1, 2, 3])
    guest.send(ipv4({ from: '10.0.0.2', to: OUT }, 17, padded), 0x0800)
    assert.deepEqual(guest.packets().map(text), ['hello'])
  })

  it('gives a flow up that was not used for two minutes', () => {
    const { network, world, guest } = guestOf()
    guest.sendUdp(OUT, 7, HELLO)
    for (let now = 10_000; now <= 110_000; now += 10_000) network.advance(now)
    const [inside] = world.flows.keys()
    inside?.datagram(HELLO)
    for (let now = 120_000; now <= 220_000; now += 10_000) network.advance(now)
    assert.equal(world.flows.size, 1)
    network.advance(230_000)
    assert.equal(world.flows.size, 0)
    assert.equal(network.deadline, undefined)
    inside?.datagram(HELLO)
    guest.take()
    guest.sendUdp(OUT, 7, HELLO)
    assert.deepEqual([guest.packets().length, world.asked.length], [1, 2])
  })

  it('has 256 flows of a guest; the one not used for longest makes room', () => {
    const { network, world, guest } = guestOf()
    for (let i = 0; i < 256; i++) guest.sendUdp(OUT, 7, HELLO, 1000 + i)
    network.advance(1)
    guest.sendUdp(OUT, 7, HELLO, 1000)
    guest.sendUdp(OUT, 7, HELLO, 3000)
    assert.equal(world.flows.size, 256)
    assert.equal(world.asked.length, 257)
    guest.sendUdp(OUT, 7, HELLO, 1000)
    assert.equal(world.asked.length, 257)
    guest.sendUdp(OUT, 7, HELLO, 1001)
    assert.equal(world.asked.length, 258)
    assert.deepEqual(world.lines, [
      'guest "web": has more than 256 UDP conversations; those not used for longest are given up',
    ])
  })

  it('has 2048 flows of all guests; nobody loses one to another', () => {
    const { network, world, guest } = guestOf()
    const guests = [
      guest,
      ...Array.from({ length: 8 }, (_, i) => new SampleGuest(network, `g${i}`, `10.0.0.${10 + i}`)),
    ]
    for (const each of guests) for (let i = 0; i < 256; i++) each.sendUdp(OUT, 7, HELLO, 1000 + i)
    assert.equal(world.flows.size, 2048)
    assert.equal(guests[8]?.port.statistics.dropped['too many at once'], 256)
    world.asked.length = 0
    guest.sendUdp(OUT, 7, HELLO, 1000)
    assert.deepEqual(world.asked, [])
  })

  it('is over with the guest', () => {
    const { network, world, guest } = guestOf()
    guest.sendUdp(OUT, 7, HELLO)
    const [inside] = world.flows.keys()
    guest.take()
    guest.port.detach()
    inside?.datagram(HELLO)
    inside?.failed('refused')
    assert.deepEqual([world.flows.size, guest.take()], [0, []])
    network.advance(1_000_000)
    assert.equal(network.deadline, undefined)
  })

  it('is refused without a flow where the policy refuses', () => {
    const { world, guest, dropped } = guestOf({ ...DEFAULT_POLICY, internet: false })
    for (let i = 0; i < 3; i++) guest.sendUdp(OUT, 7, HELLO)
    assert.deepEqual([world.asked, dropped['forbidden by policy']], [[], 3])
    assert.deepEqual(world.lines, [`guest "web": ${OUT} is outside, and no-internet is set: ,allow=${OUT} opens it`])
  })

  it('leads to the machine by its name', () => {
    const { world, guest } = guestOf()
    world.udpServers.set('192.0.2.7:7', (datagram) => datagram)
    guest.sendUdp('10.0.0.254', 7, HELLO)
    assert.deepEqual(guest.packets().map(ends), ['10.0.0.254:7 > 10.0.0.2:4000'])
  })

  it('asks for the machine’s own addresses once a second, and believes what they are now', () => {
    const { network, world, guest } = guestOf()
    world.udpServers.set('192.0.2.9:7', (datagram) => datagram)
    guest.sendUdp('192.0.2.9', 7, HELLO)
    assert.equal(guest.packets().length, 1)
    world.own = ['192.0.2.9']
    network.advance(999)
    guest.sendUdp('192.0.2.9', 7, HELLO, 4001)
    assert.equal(guest.packets()[0]?.protocol, 17)
    network.advance(1000)
    guest.sendUdp('192.0.2.9', 7, HELLO, 4002)
    assert.equal(guest.packets()[0]?.protocol, 1)
  })

  it('says so when the machine has no sockets left, and tries again', () => {
    const { world, guest, dropped } = guestOf()
    world.udpServers.set(`${OUT}:8`, () => undefined)
    guest.sendUdp(OUT, 8, HELLO)
    const [inside] = world.flows.keys()
    inside?.failed('exhausted')
    guest.sendUdp(OUT, 8, HELLO)
    assert.deepEqual([guest.take(), world.asked.length, dropped['too many at once']], [[], 2, 1])
    assert.match(world.lines.join(), /^guest "web": this machine has no sockets left/)
  })
})

describe('UDP from clients of a published port', () => {
  it('is not taken from a client without a port, to which no answer could go', () => {
    const { network, guest, dropped } = guestOf()
    const reply = (): void => assert.fail('answered')
    // The second one would be given another number, under which the guest could answer.
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      network.acceptUdp(guest.port, 53, { address, port: 0 }, HELLO, reply)
    }
    assert.deepEqual([guest.take(), dropped['bad packet']], [[], 2])
    guest.sendUdp('10.0.0.1', 1, HELLO, 53)
  })

  it('comes from the client’s own address, and the answer goes back to it', () => {
    const { network, guest, world } = guestOf()
    const replies: string[] = []
    const reply = (datagram: Uint8Array): void => void replies.push(new TextDecoder().decode(datagram))
    network.acceptUdp(guest.port, 53, CLIENT, HELLO, reply)
    assert.deepEqual(
      guest.packets().map((packet) => `${ends(packet)} ${text(packet)}`),
      ['198.51.100.20:40000 > 10.0.0.2:53 hello'],
    )
    guest.sendUdp('198.51.100.20', 40_000, new TextEncoder().encode('answer'), 53)
    assert.deepEqual([replies, world.asked], [['answer'], []])
    // From another port of the guest it is another conversation.
    guest.sendUdp('198.51.100.20', 40_000, HELLO, 54)
    assert.deepEqual(world.asked, ['198.51.100.20:40000'])
  })

  const clients: [why: string, address: string, source: string][] = [
    ['on the loopback', '127.0.0.1', '10.0.0.1'],
    ['on the loopback of IPv6', '::1', '10.0.0.1'],
    ['with IPv6', '2001:db8::1', '10.0.0.1'],
    ['with IPv4 in IPv6', '::ffff:198.51.100.20', '198.51.100.20'],
    ['with a link-local address', '169.254.3.4', '10.0.0.1'],
    ['with an address of the network itself', '10.0.0.9', '10.0.0.1'],
    ['with an address that the guest calls its own', '192.168.5.5', '10.0.0.1'],
    ['with an address that another guest calls its own', '192.168.9.9', '192.168.9.9'],
    ['of the machine itself', '192.0.2.7', '192.0.2.7'],
  ]
  for (const [why, address, source] of clients) {
    it(`comes from ${source} for a client ${why}`, () => {
      const { network, guest } = guestOf()
      new SampleGuest(network, 'other', '192.168.9.9').sendArp('192.168.9.1')
      guest.sendArp('192.168.5.1', '192.168.5.5')
      guest.sendArp('10.0.0.1')
      guest.take()
      network.acceptUdp(guest.port, 53, { address, port: 40_000 }, HELLO, () => undefined)
      assert.deepEqual(
        guest.packets().map(({ from }) => from),
        [source],
      )
    })
  }

  it('comes from another port where two clients would look the same', () => {
    const { network, guest } = guestOf()
    const replies: string[] = []
    for (const address of ['127.0.0.1', '::1']) {
      network.acceptUdp(guest.port, 53, { address, port: 65_535 }, HELLO, () => void replies.push(address))
    }
    assert.deepEqual(guest.packets().map(ends), ['10.0.0.1:65535 > 10.0.0.2:53', '10.0.0.1:1 > 10.0.0.2:53'])
    guest.sendUdp('10.0.0.1', 1, HELLO, 53)
    guest.sendUdp('10.0.0.1', 65_535, HELLO, 53)
    assert.deepEqual(replies, ['::1', '127.0.0.1'])
  })

  /** Other addresses of the network are asked for as well. */
  const asksForLikely = ({ payload }: { payload: Uint8Array }): boolean =>
    [...payload.subarray(24, 28)].join() === [...ip('10.0.0.2')].join()

  it('waits for a guest that has not told its address, a little, and asks for it', () => {
    const { network, world } = sampleNetwork()
    const guest = new SampleGuest(network, 'web')
    for (let i = 0; i < 20; i++) network.acceptUdp(guest.port, 53, CLIENT, Uint8Array.of(i), () => undefined)
    const [asked] = guest.take()
    assert.deepEqual([...(asked?.payload.subarray(24, 28) ?? [])], ip('10.0.0.2'))
    assert.equal(guest.port.statistics.dropped['too many at once'], 4)
    network.advance(250)
    assert.equal(guest.take().filter(asksForLikely).length, 1)
    guest.sendArp('10.0.0.1', '10.0.0.2', 2, Uint8Array.of(2, 0, 0x53, 0x6c, 0x69, 0x70))
    assert.deepEqual(
      guest.packets().map(({ to, payload }) => [to, payload[8]]),
      Array.from({ length: 16 }, (_, i) => ['10.0.0.2', i]),
    )
    network.advance(500)
    assert.deepEqual([guest.take(), world.lines], [[], []])
  })

  it('is asked for for half a minute and no longer', () => {
    const { network } = sampleNetwork()
    const guest = new SampleGuest(network, 'web')
    network.acceptUdp(guest.port, 53, CLIENT, HELLO, () => undefined)
    for (let now = 0; now <= 60_000; now += 250) network.advance(now)
    assert.deepEqual([guest.take().filter(asksForLikely).length, network.deadline], [120, undefined])
  })

  it('goes to the address that the guest has now', () => {
    const { network, guest } = guestOf()
    network.acceptUdp(guest.port, 53, CLIENT, HELLO, () => undefined)
    guest.sendArp('10.0.0.1', '10.0.0.50')
    guest.take()
    network.acceptUdp(guest.port, 53, CLIENT, HELLO, () => undefined)
    assert.deepEqual(
      guest.packets().map(({ to }) => to),
      ['10.0.0.50'],
    )
  })

  it('comes in fragments where it is longer than the guest’s MTU', () => {
    const { network, guest } = guestOf(DEFAULT_POLICY, 576)
    network.acceptUdp(guest.port, 53, CLIENT, new Uint8Array(1200).fill(7), () => undefined)
    const parts = guest.packets()
    assert.deepEqual(
      parts.map(({ fragment, payload }) => [fragment, payload.length]),
      [
        [0x2000, 552],
        [0x2000 | 69, 552],
        [138, 104],
      ],
    )
    assert.deepEqual(new Set(parts.map(({ id }) => id)).size, 1)
  })

  it('loses what is longer than any datagram', () => {
    const { network, guest, dropped } = guestOf()
    network.acceptUdp(guest.port, 53, CLIENT, new Uint8Array(65_508), () => undefined)
    assert.deepEqual([guest.take(), dropped['longer than the MTU']], [[], 1])
  })
})
