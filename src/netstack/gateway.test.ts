import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { parseCidr } from '../base/ipv4.ts'
import { DEFAULT_POLICY } from './policy.ts'
import {
  arp,
  BROADCAST_MAC,
  be16,
  concat,
  GATEWAY_MAC,
  icmp,
  ip,
  ipv4,
  type ReadPacket,
  readFrame,
  tcp,
  udp,
  word,
} from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'

const HELLO = new TextEncoder().encode('hello')
const OUT = '203.0.113.5'

/** Type, code and who says it, of ICMP messages. */
const errors = (packets: readonly ReadPacket[]) =>
  packets.flatMap(({ from, protocol, payload }) => (protocol === 1 ? [`${from}: ${payload[0]}/${payload[1]}`] : []))

function guestOf(policy = DEFAULT_POLICY) {
  const { network, world } = sampleNetwork()
  const guest = new SampleGuest(network, 'web', '10.0.0.2', { policy })
  guest.sendArp('10.0.0.1')
  guest.take()
  return { network, world, guest, dropped: guest.port.statistics.dropped }
}

describe('ARP at the gateway', () => {
  const asked: [target: string, sender: string, answered: boolean, why: string][] = [
    ['10.0.0.1', '10.0.0.2', true, 'the gateway'],
    ['10.0.0.254', '10.0.0.2', true, 'the machine’s name'],
    ['10.0.0.1', '0.0.0.0', true, 'a probe for the gateway’s address'],
    ['10.0.0.3', '10.0.0.2', false, 'another guest, that may be there'],
    ['10.0.0.2', '10.0.0.2', false, 'its own address'],
    ['192.168.7.1', '192.168.7.2', true, 'the gateway of a guest with settings of its own'],
    ['192.168.7.2', '192.168.7.2', false, 'an announcement of such a guest'],
    ['192.168.7.2', '0.0.0.0', false, 'a probe of such a guest'],
    ['169.254.1.1', '10.0.0.2', false, 'a link-local address'],
    ['127.0.0.1', '10.0.0.2', false, 'the loopback'],
    ['0.0.0.0', '10.0.0.2', false, 'no address'],
    ['224.0.0.1', '10.0.0.2', false, 'a group'],
  ]
  for (const [target, sender, answered, why] of asked) {
    it(`${answered ? 'answers' : 'does not answer'} for ${why}`, () => {
      const { guest } = guestOf()
      guest.sendArp(target, sender)
      const [reply] = guest.take()
      if (!answered) assert.equal(reply, undefined)
      else {
        assert.deepEqual([reply?.type, reply?.from], [0x0806, '02:00:53:6c:69:70'])
        const expected = concat([0, 1, 8, 0, 6, 4, 0, 2], GATEWAY_MAC, ip(target), guest.mac, ip(sender))
        assert.deepEqual([...(reply?.payload ?? [])], [...expected])
      }
    })
  }

  it('answers for a link-local address that the operator has opened', () => {
    const { guest } = guestOf({ ...DEFAULT_POLICY, allow: [parseCidr('169.254.169.254', 'allow')] })
    guest.sendArp('169.254.169.254')
    guest.sendArp('169.254.169.253')
    assert.equal(guest.take().length, 1)
  })

  it('lets no guest speak for an address outside, whatever it calls its own', () => {
    const { network, guest } = guestOf()
    const liar = new SampleGuest(network, 'liar', '192.168.7.1')
    liar.sendArp('192.168.7.1')
    liar.sendArp('192.168.7.2', '192.168.7.1', 2, guest.mac)
    liar.sendArp('10.0.0.2', '192.168.7.1', 2, guest.mac)
    assert.deepEqual(guest.take(), [])
    guest.sendArp('192.168.7.1', '192.168.7.2')
    assert.deepEqual(
      guest.take().map(({ from }) => from),
      ['02:00:53:6c:69:70'],
    )
    assert.deepEqual(
      liar.take().map(({ from }) => from),
      [],
    )
  })

  it('lets guests that know nothing of each other have one address outside', () => {
    const { network, world, guest } = guestOf()
    world.udpServers.set(`${OUT}:7`, (datagram) => datagram)
    const other = new SampleGuest(network, 'other', '192.168.7.2')
    for (const each of [guest, other]) {
      each.sendArp('192.168.7.1', '192.168.7.2')
      each.take()
      each.sendUdp(OUT, 7, HELLO, 4000, { from: '192.168.7.2' })
    }
    assert.deepEqual(
      [guest, other].map((each) => each.packets().map(({ to }) => to)),
      [['192.168.7.2'], ['192.168.7.2']],
    )
    guest.sendArp('192.168.7.2', '10.0.0.2')
    assert.deepEqual(guest.take(), [])
  })

  const spoiled: [why: string, edit: (packet: Uint8Array) => Uint8Array][] = [
    ['27 bytes', (packet) => packet.subarray(0, 27)],
    ['another hardware than Ethernet', (packet) => packet.fill(6, 1, 2)],
    ['another protocol than IPv4', (packet) => packet.fill(9, 2, 3)],
    ['addresses of another length', (packet) => packet.fill(8, 4, 5)],
    ['an unknown operation', (packet) => packet.fill(3, 7, 8)],
  ]
  for (const [why, edit] of spoiled) {
    it(`drops a packet with ${why}`, () => {
      const { guest, dropped } = guestOf()
      guest.send(edit(arp(1, '10.0.0.2', '10.0.0.1', guest.mac)), 0x0806, BROADCAST_MAC)
      assert.deepEqual([dropped['bad ARP packet'], guest.take()], [1, []])
    })
  }
})

describe('the IPv4 header', () => {
  const ends = { from: '10.0.0.2', to: '10.0.0.1' }
  const ping = icmp(8, 0, concat([0, 7, 0, 1], HELLO))
  const resum = (packet: Uint8Array): Uint8Array => {
    packet.set([0, 0], 10)
    const length = Math.max(20, ((packet[0] as number) & 15) * 4)
    let sum = 0
    for (let i = 0; i < length; i += 2) sum += word(packet, i)
    packet.set(be16(~((sum & 0xffff) + (sum >>> 16)) & 0xffff), 10)
    return packet
  }

  const spoiled: [
    why: string,
    reason: 'shorter than its headers' | 'bad IP header' | 'bad checksum',
    edit: (packet: Uint8Array) => Uint8Array,
  ][] = [
    ['19 bytes', 'shorter than its headers', (packet) => packet.subarray(0, 19)],
    ['version 5', 'bad IP header', (packet) => resum(packet.fill(0x55, 0, 1))],
    ['a header of 16 bytes', 'bad IP header', (packet) => resum(packet.fill(0x44, 0, 1))],
    ['a header longer than the packet', 'bad IP header', (packet) => resum(packet.fill(0x4f, 0, 1))],
    ['a total length below its header', 'bad IP header', (packet) => resum(packet.fill(19, 3, 4))],
    ['a total length beyond the frame', 'bad IP header', (packet) => resum(packet.fill(packet.length + 1, 3, 4))],
    ['a wrong checksum', 'bad checksum', (packet) => packet.fill(1, 5, 6).fill(2, 4, 5)],
  ]
  for (const [why, reason, edit] of spoiled) {
    it(`is refused with ${why}`, () => {
      const { guest, dropped } = guestOf()
      guest.send(edit(ipv4(ends, 1, ping)), 0x0800)
      assert.deepEqual([dropped[reason], guest.take()], [1, []])
    })
  }

  it('may have options, which are skipped, and padding behind the packet', () => {
    const { guest } = guestOf()
    guest.send(concat(ipv4(ends, 1, ping, { options: [1, 1, 1, 0] }), new Uint8Array(20)), 0x0800)
    assert.deepEqual(
      guest.packets().map(({ payload }) => payload),
      [icmp(0, 0, concat([0, 7, 0, 1], HELLO))],
    )
  })
})

describe('ICMP echo', () => {
  it('is answered by the gateway and by the machine’s name, and goes out to others', () => {
    const { world, guest } = guestOf()
    for (const to of ['10.0.0.1', '10.0.0.254', OUT]) guest.ping(to, HELLO, 77, 5)
    const replies = guest.packets()
    assert.deepEqual(
      replies.map(({ from }) => from),
      ['10.0.0.1', '10.0.0.254', OUT],
    )
    for (const { payload } of replies) assert.deepEqual(payload, icmp(0, 0, concat([0, 77, 0, 5], HELLO)))
    assert.deepEqual(world.asked, [OUT])
  })

  it('is answered in fragments where it came in some', () => {
    const { guest } = guestOf()
    const message = icmp(8, 0, concat([0, 7, 0, 1], new Uint8Array(2992).fill(9)))
    guest.sendIp('10.0.0.1', 1, message.subarray(0, 1480), { id: 5, fragment: 0x2000 })
    guest.sendIp('10.0.0.1', 1, message.subarray(2960), { id: 5, fragment: 370 })
    guest.sendIp('10.0.0.1', 1, message.subarray(1480, 2960), { id: 5, fragment: 0x2000 | 185 })
    const replies = guest.packets()
    assert.deepEqual(
      replies.map(({ fragment, payload }) => [fragment, payload.length]),
      [
        [0x2000, 1480],
        [0x2000 | 185, 1480],
        [370, 40],
      ],
    )
    assert.equal(new Set(replies.map(({ id }) => id)).size, 1)
    const whole = concat(...replies.map(({ payload }) => payload))
    assert.deepEqual(whole, icmp(0, 0, concat([0, 7, 0, 1], new Uint8Array(2992).fill(9))))
  })

  it('leads nowhere where this machine lets nobody ping, and one line says so', () => {
    const { world, guest } = guestOf()
    world.pings = false
    guest.ping(OUT)
    guest.ping(OUT)
    assert.deepEqual(errors(guest.packets()), ['10.0.0.1: 3/1', '10.0.0.1: 3/1'])
    assert.equal(world.lines.length, 1)
    assert.match(world.lines[0] ?? '', /guest "web": cannot ping 203\.0\.113\.5: ping sockets are not permitted/)
  })

  it('is refused where the policy refuses', () => {
    const { world, guest } = guestOf({ ...DEFAULT_POLICY, internet: false })
    guest.ping(OUT)
    guest.ping('127.0.0.1')
    assert.deepEqual(errors(guest.packets()), ['10.0.0.1: 3/13', '10.0.0.1: 3/13'])
    assert.deepEqual(world.asked, [])
  })

  it('leaves the machine a hundred times a second at most', () => {
    const { network, world, guest } = guestOf()
    for (let i = 0; i < 150; i++) guest.ping(OUT)
    assert.equal(world.asked.length, 100)
    network.advance(50)
    for (let i = 0; i < 150; i++) guest.ping(OUT)
    assert.equal(world.asked.length, 105)
  })

  it('is dropped with a wrong checksum, without a header, and when it is a reply', () => {
    const { guest, dropped } = guestOf()
    guest.sendIp('10.0.0.1', 1, icmp(8, 0, [0, 7, 0, 1]).fill(9, 3, 4))
    guest.sendIp('10.0.0.1', 1, icmp(8, 0, [0, 7, 0]))
    guest.sendIp('10.0.0.1', 1, icmp(0, 0, [0, 7, 0, 1]))
    assert.deepEqual(
      [dropped['bad checksum'], dropped['shorter than its headers'], dropped['nobody listens']],
      [1, 1, 1],
    )
    assert.deepEqual(guest.take(), [])
  })
})

describe('what leads nowhere', () => {
  const datagram = (to: string, port = 9) => udp({ from: '10.0.0.2', to }, 4000, port, HELLO)
  const rows: [why: string, to: string, protocol: number, payload: Uint8Array, error: string, ttl?: number][] = [
    ['UDP to the gateway where nobody listens', '10.0.0.1', 17, datagram('10.0.0.1'), '10.0.0.1: 3/3'],
    ['UDP to an address of the network that nobody has', '10.0.0.77', 17, datagram('10.0.0.77'), '10.0.0.1: 3/1'],
    ['UDP to where nobody answers outside', OUT, 17, datagram(OUT), `${OUT}: 3/3`],
    ['UDP to the loopback', '127.0.0.1', 17, datagram('127.0.0.1'), '10.0.0.1: 3/13'],
    ['UDP to a metadata service', '169.254.169.254', 17, datagram('169.254.169.254'), '10.0.0.1: 3/13'],
    ['UDP to 0.0.0.0', '0.0.0.0', 17, datagram('0.0.0.0'), '10.0.0.1: 3/1'],
    ['UDP to a reserved address', '240.0.0.1', 17, datagram('240.0.0.1'), '10.0.0.1: 3/1'],
    ['another protocol to the gateway', '10.0.0.1', 132, HELLO, '10.0.0.1: 3/2'],
    ['another protocol to the outside', OUT, 132, HELLO, '10.0.0.1: 3/2'],
    ['a packet with no hop left', OUT, 17, datagram(OUT), '10.0.0.1: 11/0', 1],
    ['UDP to itself by the gateway', '10.0.0.2', 17, datagram('10.0.0.2'), '10.0.0.1: 3/1'],
  ]
  for (const [why, to, protocol, payload, error, ttl = 64] of rows) {
    it(`is answered with ${error}: ${why}`, () => {
      const { guest } = guestOf()
      guest.sendIp(to, protocol, payload, { ttl, id: 99 })
      const packets = guest.packets()
      assert.deepEqual(errors(packets).join(), error)
      const quoted = packets[0]?.payload.subarray(8)
      if (quoted === undefined) return
      // Who has sent it can tell which it was by the addresses, the protocol, and the ports.
      assert.deepEqual([...quoted.subarray(12, 24)], [...ip('10.0.0.2'), ...ip(to), ...payload.subarray(0, 4)])
      assert.equal(quoted[9], protocol)
    })
  }

  it('is not answered for packets to groups, later fragments, or other errors', () => {
    const { guest } = guestOf()
    guest.sendIp('10.0.0.1', 17, datagram('10.0.0.1'), { via: BROADCAST_MAC })
    guest.sendIp('224.0.0.1', 17, datagram('224.0.0.1'), {})
    guest.sendIp('255.255.255.255', 17, datagram('255.255.255.255'), { via: BROADCAST_MAC })
    guest.sendIp('10.0.0.77', 1, icmp(3, 3, new Uint8Array(32)))
    guest.sendIp(OUT, 17, datagram(OUT), { ttl: 1, fragment: 0x2001 })
    assert.deepEqual(guest.take(), [])
  })

  it('is answered a hundred times a second at most', () => {
    const { network, guest } = guestOf()
    const send = (): number => {
      for (let i = 0; i < 150; i++) guest.sendIp('10.0.0.1', 17, datagram('10.0.0.1'))
      return guest.take().length
    }
    assert.equal(send(), 100)
    network.advance(500)
    assert.equal(send(), 50)
  })

  it('is told of TCP as well: reset where nobody listens, and why where the policy refuses', () => {
    const { world, guest } = guestOf()
    assert.ok(guest.connect('10.0.0.1', 80).open().reset)
    assert.ok(guest.connect(OUT, 80).open().reset)
    const syn = { fromPort: 4001, toPort: 80, sequence: 7, acknowledgement: 0, flags: 2 }
    for (const to of ['127.0.0.1', '169.254.169.254', '192.0.2.7']) guest.sendSegment(to, syn)
    const told = errors(guest.packets())
    assert.deepEqual(told, ['10.0.0.1: 3/13', '10.0.0.1: 3/13', '10.0.0.1: 3/13'])
    assert.deepEqual(world.asked, [`${OUT}:80`])
    assert.equal(world.lines.length, 3)
  })

  it('is counted under what it is', () => {
    const { guest, dropped } = guestOf()
    for (const to of ['10.0.0.1', OUT]) guest.sendIp(to, 132, HELLO)
    guest.sendIp('10.0.0.1', 17, datagram('10.0.0.1'))
    guest.sendIp('10.0.0.77', 17, datagram('10.0.0.77'))
    guest.sendIp(OUT, 17, datagram(OUT), { ttl: 1 })
    guest.sendIp('127.0.0.1', 17, datagram('127.0.0.1'))
    const counted = Object.entries(dropped).filter(([, count]) => count > 0)
    assert.deepEqual(Object.fromEntries(counted), {
      'unknown protocol': 2,
      'nobody listens': 1,
      'no host has this address': 1,
      'hop limit reached': 1,
      'forbidden by policy': 1,
    })
  })

  it('is dropped and counted when TCP is broken', () => {
    const { world, guest, dropped } = guestOf()
    const ends = { from: '10.0.0.2', to: OUT }
    const segment = tcp(ends, { fromPort: 1, toPort: 80, sequence: 1, acknowledgement: 0, flags: 2 })
    guest.sendIp(OUT, 6, segment.slice().fill(0x77, 4, 5))
    guest.sendIp(OUT, 6, segment.subarray(0, 19))
    assert.deepEqual([dropped['bad checksum'], dropped['shorter than its headers']], [1, 1])
    assert.deepEqual([guest.take(), world.asked], [[], []])
  })
})

describe('a packet for another guest by the gateway', () => {
  function pair(mtu = 1500) {
    const sample = guestOf()
    const other = new SampleGuest(sample.network, 'db', '10.0.0.3', { mtu })
    other.sendArp('10.0.0.1')
    other.take()
    return { ...sample, other }
  }

  it('is passed on with one hop less', () => {
    const { guest, other } = pair()
    guest.sendUdp('10.0.0.3', 9, HELLO)
    const [frame] = other.take()
    assert.equal(frame?.from, '02:00:53:6c:69:70')
    assert.deepEqual([frame?.ip?.from, frame?.ip?.to, frame?.ip?.ttl], ['10.0.0.2', '10.0.0.3', 63])
    assert.deepEqual(guest.take(), [])
  })

  it('is refused where it is too long for the other, with the length that would do', () => {
    const { guest, other } = pair(576)
    guest.sendUdp('10.0.0.3', 9, new Uint8Array(576 - 28))
    assert.deepEqual([other.take()[0]?.payload.length, guest.take()], [576, []])
    guest.sendUdp('10.0.0.3', 9, new Uint8Array(577 - 28))
    const packets = guest.packets()
    assert.deepEqual(errors(packets), ['10.0.0.1: 3/4'])
    assert.equal(word(packets[0]?.payload ?? new Uint8Array(8), 6), 576)
    assert.deepEqual(other.take(), [])
  })

  it('is refused where it wants to be a DHCP server', () => {
    const { guest, other } = pair()
    guest.sendIp('10.0.0.3', 17, udp({ from: '10.0.0.2', to: '10.0.0.3' }, 67, 68, HELLO))
    assert.equal(guest.port.statistics.dropped['foreign server'], 1)
    assert.deepEqual(other.take(), [])
  })

  it('does not go to a guest that calls an address of the outside its own, nor come from one', () => {
    const { network, world, guest, other } = pair()
    const strange = new SampleGuest(network, 'strange', '203.0.113.5')
    strange.sendArp('10.0.0.1')
    strange.take()
    guest.sendUdp(OUT, 7, HELLO)
    strange.sendUdp('10.0.0.3', 9, HELLO)
    assert.deepEqual(world.asked, [`${OUT}:7`])
    assert.deepEqual(
      strange.packets().map(({ payload }) => payload[0]),
      [3],
    )
    assert.deepEqual(other.take(), [])
  })
})

it('frames of the gateway hold what the guest’s device is told, whatever lay in the room for them', () => {
  const { guest } = guestOf()
  guest.ping('10.0.0.1')
  const [frame] = guest.frames.map(readFrame)
  assert.deepEqual([frame?.to, frame?.from], ['02:01:77:65:62:00', '02:00:53:6c:69:70'])
  assert.deepEqual([frame?.ip?.ttl, frame?.ip?.fragment, frame?.ip?.id], [64, 0x4000, 0])
})
