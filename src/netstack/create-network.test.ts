import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { formatIpv4, parseIpv4 } from '../base/ipv4.ts'
import type { Endpoint, TcpInside } from './outside.ts'
import { ip, word } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { echo } from './sample-world.ts'

const text = (bytes: Uint8Array | readonly number[]): string => String.fromCharCode(...bytes)
const bytes = (string: string): Uint8Array => new TextEncoder().encode(string)
const CLIENT = { address: '198.51.100.20', port: 40_000 }

function guestOf(address = '10.0.0.2', name = 'web') {
  const { network, world } = sampleNetwork()
  const guest = new SampleGuest(network, name, address)
  return { network, world, guest }
}

/** A client's end of a published connection, with what it has heard of the guest. */
function client() {
  const heard: string[] = []
  const outside = {
    write: (data: Uint8Array) => void heard.push(text(data)),
    end: () => void heard.push('end'),
    abort: () => void heard.push('abort'),
    resume: () => void heard.push('resume'),
  }
  return { heard, outside }
}

describe('createNetwork()', () => {
  it('gives a guest a lease, a gateway that answers, a name, and a way out', () => {
    const { world, guest } = guestOf()
    world.names.set('www.example.org A', { kind: 'addresses', addresses: ['203.0.113.5'] })
    world.tcpServers.set('203.0.113.5:80', echo)
    world.udpServers.set('203.0.113.5:7', (datagram) => datagram)

    assert.equal(guest.lease().yourAddress, '10.0.0.2')
    guest.sendArp('10.0.0.1')
    assert.deepEqual([...(guest.take()[0]?.payload.subarray(8, 14) ?? [])], [0x02, 0, 0x53, 0x6c, 0x69, 0x70])
    assert.deepEqual(guest.ask('www.example.org').answers, ['203.0.113.5'])
    guest.ping('203.0.113.5')
    assert.deepEqual(
      guest.packets().map(({ from, payload }) => [from, payload[0]]),
      [['203.0.113.5', 0]],
    )
    guest.sendUdp('203.0.113.5', 7, bytes('hello'))
    assert.deepEqual(
      guest.packets().map(({ payload }) => text(payload.subarray(8))),
      ['hello'],
    )

    const connection = guest.connect('203.0.113.5', 80).open()
    assert.ok(connection.established)
    assert.equal(text(connection.write(bytes('GET /')).received), 'GET /')
    assert.ok(connection.close().ended)
    assert.deepEqual(world.asked, ['203.0.113.5', '203.0.113.5:7', '203.0.113.5:80'])
  })

  it('lets no guest have more connections than the machine has room for, so that others have some', () => {
    const { network, world } = sampleNetwork(undefined, undefined, { maxConnections: 3 })
    world.tcpServers.set('203.0.113.5:80', echo)
    const [greedy, other] = [new SampleGuest(network, 'greedy'), new SampleGuest(network, 'other', '10.0.0.3')]
    const stand = (guest: SampleGuest, count: number): boolean[] => {
      const connections = Array.from({ length: count }, (_, i) => guest.connect('203.0.113.5', 80, 5000 + i))
      return connections.map((connection) => connection.open().established)
    }
    assert.deepEqual(stand(greedy, 5), [true, true, true, false, false])
    assert.deepEqual(stand(other, 1), [true])
  })

  it('serves a guest with settings of its own as well, whatever they are', () => {
    const { world, guest } = guestOf('192.168.77.5')
    world.tcpServers.set('203.0.113.5:80', echo)
    guest.sendArp('192.168.77.1')
    assert.equal(guest.take()[0]?.type, 0x0806)
    assert.equal(text(guest.connect('203.0.113.5', 80).open().write(bytes('hi')).received), 'hi')
    assert.equal(guest.port.address, parseIpv4('192.168.77.5'))
  })

  it('lets guests find each other by name and talk directly', () => {
    const { network, guest } = guestOf()
    const backend = new SampleGuest(network, 'backend')
    for (const each of [guest, backend]) each.lease()
    const [address] = guest.ask('backend').answers
    assert.equal(address, backend.address)
    guest.sendUdp(backend.address, 9, bytes('direct'), 4000, { via: backend.mac })
    const [frame] = backend.take()
    assert.deepEqual([frame?.from, text(frame?.ip?.payload.subarray(8) ?? [])], ['02:01:77:65:62:00', 'direct'])
  })

  it('leads to the machine by its name, and to its loopback where that is allowed', () => {
    const { network, world, guest } = guestOf()
    world.tcpServers.set('192.0.2.7:80', echo).set('127.0.0.1:80', echo)
    const policy = { allowHostLoopback: true, allow: [], internet: false, host: true }
    const trusted = new SampleGuest(network, 'trusted', '10.0.0.3', { policy })
    for (const each of [guest, trusted]) assert.ok(each.connect('10.0.0.254', 80).open().established)
    assert.ok(trusted.connect('127.0.0.1', 80, 49_153).open().established)
    assert.deepEqual(world.asked, ['192.0.2.7:80', '127.0.0.1:80', '127.0.0.1:80'])
  })

  it('wants to be called when something is due, and not else', () => {
    const { network, guest } = guestOf()
    assert.equal(network.deadline, undefined)
    guest.lease()
    assert.equal(network.deadline, undefined)
    // Time does not go back, whatever a caller says.
    network.advance(1000)
    network.advance(500)
    guest.sendIp('10.0.0.1', 1, new Uint8Array(8), { fragment: 0x2000 })
    assert.equal(network.deadline, 16_000)
  })

  it('knows its own ports alone', () => {
    const { network, guest } = guestOf()
    const other = guestOf()
    const { outside } = client()
    assert.throws(() => other.network.acceptTcp(guest.port, 80, CLIENT, outside), TypeError)
    guest.port.detach()
    assert.throws(() => network.acceptUdp(guest.port, 80, CLIENT, bytes('x'), () => undefined), TypeError)
  })
})

describe('Network.attach()', () => {
  for (const mtu of [67, 65_536, Number.NaN]) {
    it(`takes no MTU of ${mtu}`, () => {
      const { network } = sampleNetwork()
      assert.throws(() => new SampleGuest(network, 'web', '10.0.0.2', { mtu }), TypeError)
    })
  }

  it('serves the smallest and the largest MTU', () => {
    for (const mtu of [68, 65_535]) {
      const { network } = sampleNetwork()
      const guest = new SampleGuest(network, 'web', '10.0.0.2', { mtu })
      network.acceptUdp(guest.port, 9, CLIENT, new Uint8Array(100), () => undefined)
      guest.sendArp('10.0.0.1')
      const packets = guest.packets()
      assert.equal(
        packets.reduce((sum, { payload }) => sum + payload.length, 0),
        108,
      )
      assert.ok(packets.every(({ payload }) => payload.length <= mtu - 20))
    }
  })
})

describe('Network.acceptTcp()', () => {
  /** The guest answers the first SYN that has come. */
  function serve(guest: SampleGuest) {
    const syn = guest.packets().find(({ protocol, payload }) => protocol === 6 && payload[13] === 2)
    assert.ok(syn !== undefined, 'no SYN has come')
    const connection = guest.connect(syn.from, word(syn.payload, 0), word(syn.payload, 2)).accept(syn)
    return { syn, connection }
  }

  const clients: [why: string, client: Endpoint, source: string][] = [
    ['elsewhere', CLIENT, '198.51.100.20:40000'],
    ['on the loopback', { address: '127.0.0.1', port: 40_000 }, '10.0.0.1:40000'],
    ['on the loopback of IPv6', { address: '::1', port: 40_000 }, '10.0.0.1:40000'],
  ]
  for (const [why, endpoint, source] of clients) {
    it(`asks the guest as ${source} for a client ${why}, and carries both ways`, () => {
      const { network, guest } = guestOf()
      guest.lease()
      const { heard, outside } = client()
      const inside: TcpInside = network.acceptTcp(guest.port, 80, endpoint, outside)
      const { syn, connection } = serve(guest)
      assert.equal(`${syn.from}:${word(syn.payload, 0)} ${word(syn.payload, 2)}`, `${source} 80`)
      inside.data(bytes('GET /'))
      assert.equal(text(connection.run().received), 'GET /')
      connection.write(bytes('200'))
      assert.deepEqual(
        heard.filter((word) => word !== 'resume'),
        ['200'],
      )
    })
  }

  it('asks a guest that has not said anything whether it has the address that it is likely to have', () => {
    const { network, guest } = guestOf()
    const { heard, outside } = client()
    const inside = network.acceptTcp(guest.port, 80, CLIENT, outside)
    const [request] = guest.take()
    assert.deepEqual([request?.type, [...(request?.payload.subarray(24, 28) ?? [])]], [0x0806, ip('10.0.0.2')])
    guest.sendArp('10.0.0.1', '10.0.0.2', 2, Uint8Array.of(2, 0, 0x53, 0x6c, 0x69, 0x70))
    const { connection } = serve(guest)
    inside.data(bytes('GET /'))
    assert.deepEqual([text(connection.run().received), heard.includes('abort')], ['GET /', false])
  })

  it('finds a guest that has any other address of the network, and has not said anything', () => {
    const { network, guest } = guestOf()
    const { heard, outside } = client()
    const inside = network.acceptTcp(guest.port, 80, CLIENT, outside)
    const wanted = ip('10.0.0.77')
    let asked = false
    for (let now = 0; now <= 5000 && !asked; now += 250) {
      network.advance(now)
      asked = guest.take().some(({ payload }) => [...payload.subarray(24, 28)].join() === [...wanted].join())
    }
    assert.ok(asked, 'nobody has asked for 10.0.0.77')
    guest.sendArp('10.0.0.1', '10.0.0.77', 2, Uint8Array.of(2, 0, 0x53, 0x6c, 0x69, 0x70))
    guest.address = '10.0.0.77'
    const { connection } = serve(guest)
    inside.data(bytes('GET /'))
    assert.deepEqual([text(connection.run().received), heard.includes('abort')], ['GET /', false])
  })

  it('asks no more for a guest that is gone', () => {
    const { network, guest } = guestOf()
    network.acceptTcp(guest.port, 80, CLIENT, client().outside)
    guest.port.detach()
    guest.take()
    network.advance(60_000)
    assert.deepEqual([guest.take(), network.deadline], [[], undefined])
  })

  it('ends with the guest', () => {
    const { network, guest } = guestOf()
    guest.lease()
    const { heard, outside } = client()
    network.acceptTcp(guest.port, 80, CLIENT, outside)
    serve(guest)
    guest.port.detach()
    assert.equal(heard.at(-1), 'abort')
    network.advance(1_000_000)
    assert.equal(network.deadline, undefined)
  })

  it('tells two clients apart that would look the same', () => {
    const { network, guest } = guestOf()
    guest.lease()
    const all = ['127.0.0.1', '::1'].map((address) => {
      const { heard, outside } = client()
      network.acceptTcp(guest.port, 80, { address, port: 40_000 }, outside)
      return { heard, ...serve(guest) }
    })
    assert.notEqual(
      word(all[0]?.syn.payload ?? new Uint8Array(2), 0),
      word(all[1]?.syn.payload ?? new Uint8Array(2), 0),
    )
    all.forEach(({ connection }, i) => void connection.write(bytes(`to ${i}`)))
    assert.deepEqual(
      all.map(({ heard }) => heard.filter((word) => word.startsWith('to'))),
      [['to 0'], ['to 1']],
    )
  })
})

describe('the addresses of a guest', () => {
  const known = (guest: SampleGuest): string => formatIpv4(guest.port.address ?? 0)

  it('are learnt from what it sends; what it announces counts more', () => {
    const { guest } = guestOf()
    guest.ping('10.0.0.1')
    assert.equal(known(guest), '10.0.0.2')
    guest.sendUdp('10.0.0.1', 9, bytes('x'), 1, { from: '10.0.0.3' })
    assert.equal(known(guest), '10.0.0.2')
    guest.sendArp('10.0.0.4', '10.0.0.4')
    assert.equal(known(guest), '10.0.0.4')
    guest.take()
    guest.lease()
    assert.equal(known(guest), '10.0.0.2')
  })

  it('are eight at most: the one learnt first is free for others then, but not the one in use', () => {
    const { network, world, guest } = guestOf()
    const other = new SampleGuest(network, 'other')
    const mayUse = (address: string): boolean => {
      const before = other.port.statistics.dropped['foreign source address']
      other.sendUdp('10.0.0.1', 9, bytes('x'), 1, { from: address })
      return other.port.statistics.dropped['foreign source address'] === before
    }
    guest.sendArp('10.0.0.10', '10.0.0.10')
    for (let i = 11; i <= 17; i++) guest.sendUdp('10.0.0.1', 9, bytes('x'), 1, { from: `10.0.0.${i}` })
    assert.deepEqual(['10.0.0.10', '10.0.0.11', '10.0.0.17'].map(mayUse), [false, false, false])
    guest.sendUdp('10.0.0.1', 9, bytes('x'), 1, { from: '10.0.0.18' })
    assert.deepEqual(['10.0.0.10', '10.0.0.12', '10.0.0.18'].map(mayUse), [false, false, false])
    assert.ok(mayUse('10.0.0.11'))
    assert.match(world.lines.join('\n'), /"web": uses more than 8 addresses; the first, 10\.0\.0\.11, is forgotten/)
  })

  it('are free again when it is gone', () => {
    const { network, guest } = guestOf()
    guest.lease()
    guest.port.detach()
    assert.equal(guest.port.address, undefined)
    assert.equal(new SampleGuest(network, 'next').lease().yourAddress, '10.0.0.2')
  })
})
