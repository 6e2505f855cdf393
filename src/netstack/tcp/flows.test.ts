import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Failure } from '../outside.ts'
import { GUEST_FLOWS, GUEST_HALF_OPEN, GUEST_TIME_WAIT, HANDSHAKE_GIVE_UP, TIME_WAIT_TIME } from './limits.ts'
import { decodePacket, encodeSegment, GUEST_ADDRESS, type Harness, makeHarness, WORLD_ADDRESS } from './sample-flows.ts'
import { GOOD_WIRE, randomFrom } from './sample-wire.ts'
import { ACK, FIN, PSH, RST, type Segment, SYN } from './segment.ts'

function bytesFrom(seed: number, length: number): Uint8Array {
  const random = randomFrom(seed)
  return new Uint8Array(length).map(() => random(256))
}

function assertReceived(end: { received: Uint8Array[]; receivedBytes: number }, data: Uint8Array): void {
  assert.ok(Buffer.concat(end.received).equals(data), `${end.receivedBytes} of ${data.length} bytes`)
}

const summary = (s: Segment | undefined): unknown[] => [s?.flags, s?.sequence, s?.acknowledgement, s?.payloadLength]

/** A connection of a guest that stands, as both sides number it. */
function connect(harness: Harness, port = 1000, guest = harness.guest): { ours: number; theirs: number } {
  const [answer] = harness.say(guest, { port, worldPort: 80, flags: SYN, sequence: 5000 })
  assert.equal(answer?.flags, SYN | ACK)
  const [ours, theirs] = [((answer?.sequence ?? 0) + 1) | 0, 5001]
  harness.say(guest, { port, worldPort: 80, flags: ACK, sequence: theirs, acknowledgement: ours })
  return { ours, theirs }
}

describe('TcpFlows, for a guest that asks for the outside', () => {
  it('carries bytes both ways, and an end from each side', () => {
    const harness = makeHarness()
    const [out, back] = [bytesFrom(1, 500_000), bytesFrom(2, 300_000)]
    const endpoint = harness.addEndpoint(harness.guest, { data: out }, 1234, 80)
    endpoint.open(7)
    while (harness.worlds.length === 0) harness.simulation.step()
    const world = harness.worlds[0]!
    world.act(() => world.send(back))
    harness.run()
    assert.deepEqual(harness.asked, [{ address: 'world', port: 80 }])
    assertReceived(world, out)
    assertReceived(endpoint, back)
    assert.deepEqual(
      world.events.filter((event) => event !== 'resume'),
      ['end'],
    )
    assert.deepEqual([harness.flows.describe(harness.guest), harness.flows.deadline], [[], undefined])
    assert.equal(harness.flows.counters.retransmitted, 0)
    assert.equal(harness.guest.paths, 1)
  })

  it('keeps the guest’s bytes within the window while the world takes none', () => {
    const harness = makeHarness()
    const endpoint = harness.addEndpoint(harness.guest, { data: bytesFrom(1, 5_000_000) }, 1234, 80)
    endpoint.open(7)
    while (harness.worlds.length === 0) harness.simulation.step()
    const world = harness.worlds[0]!
    world.takes = 100_000
    while (harness.simulation.now < 5000) harness.simulation.step()
    assert.ok(world.receivedBytes > 1_000_000 && world.receivedBytes < 1_100_000, `${world.receivedBytes}`)
  })

  it('holds the SYN until the outside has connected, also one that comes again', () => {
    const harness = makeHarness('silent')
    const syn = { port: 1000, worldPort: 80, flags: SYN, sequence: 5000 }
    assert.deepEqual([harness.say(harness.guest, syn), harness.say(harness.guest, syn)], [[], []])
    assert.equal(harness.asked.length, 1)
    harness.worlds[0]?.act((inside) => inside.connected())
    const heard: Segment[] = harness.say(harness.guest, syn)
    assert.deepEqual(
      heard.map((s) => [s.flags, s.acknowledgement]),
      [
        [SYN | ACK, 5001],
        [SYN | ACK, 5001],
      ],
    )
  })

  it('lets the guest change its mind before that', () => {
    const harness = makeHarness('silent')
    harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: 5000 })
    harness.say(harness.guest, { port: 1000, worldPort: 80, flags: RST, sequence: 5001 })
    const world = harness.worlds[0]!
    assert.deepEqual([world.events, harness.flows.describe(harness.guest)], [['abort'], []])
    assert.deepEqual(harness.say(harness.guest, { port: 1, worldPort: 2, flags: RST }), [])
    world.act((inside) => {
      inside.connected()
      inside.taken(5)
      inside.end()
      inside.abort()
      inside.failed('refused')
      assert.equal(inside.data(new Uint8Array(7)), 7)
    })
    assert.deepEqual(world.events, ['abort'])
  })

  const failures: [why: Failure, answers: unknown[][], told: boolean][] = [
    ['refused', [[RST | ACK, 0, 5001, 0]], false],
    ['unreachable', [], true],
    ['timed out', [], true],
    ['exhausted', [], false],
  ]
  for (const [why, answers, told] of failures) {
    it(`answers as a host would when the outside is ${why}`, () => {
      const harness = makeHarness(why)
      const heard = harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: 5000 })
      assert.deepEqual(heard.map(summary), answers)
      const syn = {
        guest: harness.guest,
        source: GUEST_ADDRESS,
        sourcePort: 1000,
        destination: WORLD_ADDRESS,
        destinationPort: 80,
        sequence: 5000,
      }
      assert.deepEqual(harness.unreachable, told ? [[syn, why]] : [])
      assert.deepEqual([harness.flows.describe(harness.guest), harness.worlds[0]?.events], [[], []])
      assert.equal(harness.log.length, why === 'exhausted' ? 1 : 0)
    })
  }

  const denied: [route: 'refused' | 'forbidden' | 'unreachable', resets: number, told: number][] = [
    ['refused', 1, 0],
    ['forbidden', 1, 1],
    ['unreachable', 0, 1],
  ]
  for (const [route, resets, told] of denied) {
    it(`asks nobody for what is ${route}`, () => {
      const harness = makeHarness()
      harness.route = () => route
      const heard = harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: -1 })
      assert.deepEqual([heard.length, harness.unreachable.length, harness.asked.length], [resets, told, 0])
      if (resets > 0) assert.deepEqual(summary(heard[0]), [RST | ACK, 0, 0, 0])
      if (told > 0) assert.equal(harness.unreachable[0]?.[0].sequence, 0xffffffff)
    })
  }

  it('may be answered by a service before it has returned', () => {
    const harness = makeHarness()
    harness.route = () => (inside) => {
      const world = harness.addWorld()
      world.inside = inside
      inside.connected()
      inside.data(Uint8Array.of(1, 2, 3))
      inside.end()
      return world
    }
    const { ours } = connect(harness)
    const heard = harness.say(harness.guest, {
      port: 1000,
      worldPort: 80,
      flags: ACK,
      sequence: 5001,
      acknowledgement: ours,
    })
    assert.deepEqual(heard, [])
    assert.match(harness.flows.describe(harness.guest)[0] ?? '', /FIN-WAIT-1/)
    harness.route = () => (inside) => {
      inside.failed('refused')
      return harness.addWorld()
    }
    assert.equal(harness.say(harness.guest, { port: 1001, worldPort: 80, flags: SYN }).length, 1)
  })

  it('ends both halves when either is reset', () => {
    const harness = makeHarness()
    const { ours, theirs } = connect(harness)
    harness.worlds[0]?.act((inside) => inside.abort())
    const heard = harness.say(harness.guest, {
      port: 1000,
      worldPort: 80,
      flags: ACK,
      sequence: theirs,
      acknowledgement: ours,
    })
    assert.deepEqual(heard.map(summary), [
      [RST | ACK, ours, theirs, 0],
      [RST, ours, 0, 0],
    ])
    connect(harness, 1001)
    harness.say(harness.guest, { port: 1001, worldPort: 80, flags: RST, sequence: theirs })
    assert.deepEqual([harness.worlds[0]?.events, harness.worlds[1]?.events], [[], ['abort']])
    assert.deepEqual(harness.flows.describe(harness.guest), [])
  })

  it('does not reset a world that has heard everything and said everything', () => {
    const harness = makeHarness()
    const { ours, theirs } = connect(harness)
    const fin = { port: 1000, worldPort: 80, flags: FIN | ACK, sequence: theirs, acknowledgement: ours }
    harness.say(harness.guest, fin)
    harness.worlds[0]?.act((inside) => inside.end())
    harness.say(harness.guest, { ...fin, flags: RST, sequence: theirs + 1 })
    assert.deepEqual(harness.worlds[0]?.events, ['end'])
    assert.deepEqual(harness.flows.describe(harness.guest), [])
  })
})

describe('TcpFlows, for segments that belong to nothing', () => {
  const strays: [why: string, flags: number, data: number, answer: unknown[] | undefined][] = [
    ['an acknowledgement', ACK, 3, [RST, 77, 0, 0]],
    ['an answer to a SYN', SYN | ACK, 0, [RST, 77, 0, 0]],
    ['bytes without an acknowledgement', PSH, 3, [RST | ACK, 0, 903, 0]],
    ['a FIN without an acknowledgement', FIN, 3, [RST | ACK, 0, 904, 0]],
    ['a reset', RST, 0, undefined],
    ['a reset with an acknowledgement', RST | ACK, 0, undefined],
    ['a SYN that is a reset', SYN | RST, 0, undefined],
  ]
  for (const [why, flags, data, answer] of strays) {
    it(`answers ${why} as RFC 9293, 3.10.7.1 has it`, () => {
      const harness = makeHarness()
      const segment = { port: 1000, worldPort: 80, flags, sequence: 900, acknowledgement: 77 }
      const heard = harness.say(harness.guest, { ...segment, data: new Uint8Array(data) })
      assert.deepEqual(heard.map(summary), answer === undefined ? [] : [answer])
      assert.equal(harness.flows.counters.resets, answer === undefined ? 0 : 1)
    })
  }

  it('counts those that are no segments', () => {
    const harness = makeHarness()
    harness.receive(harness.guest, new Uint8Array(19))
    assert.deepEqual([harness.flows.counters.malformed, harness.flows.counters.received], [1, 1])
  })

  it('resets what acknowledges another SYN than ours', () => {
    const harness = makeHarness()
    const [answer] = harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: 5000 })
    const acknowledgement = (answer?.sequence ?? 0) + 5
    const segment = { port: 1000, worldPort: 80, flags: ACK, sequence: 5001, acknowledgement }
    assert.deepEqual(harness.say(harness.guest, segment).map(summary), [[RST, acknowledgement | 0, 0, 0]])
  })
})

describe('TcpFlows, with names that are used again', () => {
  /** A connection whose end the world has begun, so that it lingers here. */
  function lingering(harness: Harness): { ours: number; theirs: number } {
    const { ours, theirs } = connect(harness)
    harness.worlds[0]?.act((inside) => inside.end())
    const fin = { port: 1000, worldPort: 80, flags: FIN | ACK, sequence: theirs, acknowledgement: ours + 1 }
    harness.say(harness.guest, fin)
    assert.match(harness.flows.describe(harness.guest)[0] ?? '', /TIME-WAIT/)
    return { ours: ours + 1, theirs: theirs + 1 }
  }

  it('begins a new connection for a SYN that comes later than all of the old one', () => {
    const harness = makeHarness()
    const { theirs } = lingering(harness)
    const heard = harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: theirs })
    assert.deepEqual([heard[0]?.flags, heard[0]?.acknowledgement], [SYN | ACK, theirs + 1])
    assert.equal(harness.asked.length, 2)
  })

  it('answers one that may be old with where it is', () => {
    const harness = makeHarness()
    const { ours, theirs } = lingering(harness)
    const heard = harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: theirs - 1 })
    assert.deepEqual(heard.map(summary), [[ACK, ours, theirs, 0]])
    assert.equal(harness.asked.length, 1)
  })

  it('forgets it after a while', () => {
    const harness = makeHarness()
    lingering(harness)
    harness.run()
    assert.ok(harness.simulation.now >= TIME_WAIT_TIME)
    assert.deepEqual([harness.flows.describe(harness.guest), harness.worlds[0]?.events], [[], ['end']])
  })

  it('uses sequence numbers that go on from those before', () => {
    const harness = makeHarness()
    const first = lingering(harness).ours
    harness.run()
    const second = connect(harness).ours
    const step = (second - first) | 0
    assert.ok(step > 0 && step < 2 ** 30, `${step}`)
  })
})

describe('TcpFlows, within limits', () => {
  it('drops the oldest half-open connections of a guest that asks for too many', () => {
    const harness = makeHarness('silent')
    const neighbour = harness.addGuest('two')
    connectHalf(harness, 0)
    harness.receive(neighbour, encodeSegment({ port: 9, worldPort: 80, flags: SYN }))
    for (let port = 1; port < GUEST_HALF_OPEN + 100; port++) connectHalf(harness, port)
    assert.equal(harness.flows.describe(harness.guest).length, GUEST_HALF_OPEN)
    const aborted = harness.worlds.flatMap(({ events }, i) => (events.includes('abort') ? [i] : []))
    assert.deepEqual([aborted[0], aborted.length, harness.worlds[1]?.events.length], [0, 100, 0])
    assert.deepEqual([harness.flows.counters.dropped, harness.log.length], [100, 1])
    assert.match(harness.log[0] ?? '', /^guest "one": has more than \d+ TCP connections half open/)
  })

  function connectHalf(harness: Harness, port: number): void {
    harness.receive(harness.guest, encodeSegment({ port, worldPort: 80, flags: SYN, sequence: 1 }))
  }

  it('forgets those that nobody answers', () => {
    const harness = makeHarness()
    harness.receive(harness.guest, encodeSegment({ port: 1, worldPort: 80, flags: SYN, sequence: 1 }))
    harness.run()
    assert.ok(harness.simulation.now >= HANDSHAKE_GIVE_UP)
    assert.deepEqual([harness.flows.describe(harness.guest), harness.worlds[0]?.events], [[], ['abort']])
  })

  /** A guest that answers at once: a SYN with an acknowledgement, a FIN with its own. No time goes by. */
  function makeQuick(): { harness: Harness; begin: (port: number) => void; settle: () => void } {
    const harness = makeHarness('connected', { ...GOOD_WIRE, delay: 0 })
    harness.guest.hear = (packet) => {
      const s = decodePacket(packet)
      const answer = { port: s.destinationPort, worldPort: 80, sequence: 2, acknowledgement: s.sequence + s.span }
      if ((s.flags & SYN) !== 0) harness.receive(harness.guest, encodeSegment({ ...answer, flags: ACK }))
      if ((s.flags & FIN) !== 0) harness.receive(harness.guest, encodeSegment({ ...answer, flags: FIN | ACK }))
    }
    const settle = (): void => {
      while (harness.simulation.next <= harness.simulation.now + 1) harness.simulation.step()
    }
    return {
      harness,
      settle,
      begin: (port) => {
        harness.receive(harness.guest, encodeSegment({ port, worldPort: 80, flags: SYN, sequence: 1 }))
        if (port % 1000 === 0) settle()
      },
    }
  }

  it('keeps as many as it promises; finished ones make room, others are not let in', () => {
    const { harness, begin, settle } = makeQuick()
    for (let port = 1; port <= GUEST_FLOWS; port++) begin(port)
    settle()
    const standing = (): number => harness.flows.describe(harness.guest).filter((l) => l.includes('ESTABLISHED')).length
    assert.deepEqual([harness.worlds.length, standing()], [GUEST_FLOWS, GUEST_FLOWS])
    begin(GUEST_FLOWS + 1)
    assert.deepEqual([harness.worlds.length, harness.flows.counters.dropped], [GUEST_FLOWS, 1])
    const client = harness.addWorld()
    client.inside = harness.flows.accept(harness.guest, 80, WORLD_ADDRESS, 5555, client)
    settle()
    assert.equal(harness.flows.describe(harness.guest).filter((line) => line.includes('SYN')).length, 0)
    assert.equal(harness.worlds.filter(({ events }) => events.length > 0).length, 0)
    harness.worlds[7]?.act((inside) => inside.end())
    settle()
    assert.match(harness.flows.describe(harness.guest).find((line) => line.startsWith('8 ')) ?? '', /TIME-WAIT/)
    begin(GUEST_FLOWS + 1)
    settle()
    assert.deepEqual([standing(), harness.worlds.length], [GUEST_FLOWS, GUEST_FLOWS + 2])
    assert.equal(harness.log.length, 1)
  })

  it('lets no more than some linger', () => {
    const { harness, begin, settle } = makeQuick()
    for (let port = 1; port <= GUEST_TIME_WAIT + 5; port++) begin(port)
    settle()
    for (const { inside } of harness.worlds) inside?.end()
    settle()
    assert.equal(harness.flows.describe(harness.guest).length, GUEST_TIME_WAIT)
    assert.ok(harness.worlds.every(({ events }) => events.join() === 'end'))
  })
})

describe('TcpFlows, with several guests', () => {
  it('keeps guests of the same names apart', () => {
    const harness = makeHarness()
    const other = harness.addGuest('two')
    connect(harness)
    connect(harness, 1000, other)
    assert.equal(harness.asked.length, 2)
    harness.say(other, { port: 1000, worldPort: 80, flags: RST, sequence: 5001 })
    assert.deepEqual([harness.worlds[0]?.events, harness.worlds[1]?.events], [[], ['abort']])
  })

  it('ends all connections of one that is gone, and nobody else’s', () => {
    const harness = makeHarness()
    const other = harness.addGuest('two')
    connect(harness)
    connect(harness, 1000, other)
    const client = harness.addWorld()
    client.inside = harness.flows.accept(harness.guest, 80, WORLD_ADDRESS, 5555, client)
    harness.flows.detach(harness.guest)
    assert.deepEqual(
      harness.worlds.map(({ events }) => events),
      [['abort'], [], ['abort']],
    )
    assert.equal(harness.worlds[0]?.inside?.data(new Uint8Array(3)), 3)
    harness.flows.detach(harness.guest)
    harness.flows.detach(other)
    assert.equal(harness.flows.deadline, undefined)
  })

  it('sends again what was lost of that which had to wait for room', () => {
    const harness = makeHarness('connected', { ...GOOD_WIRE, queue: 1, pace: 5 })
    connect(harness)
    // The acknowledgement of something fills the queue, so that the byte behind it has to wait, and nothing else wants to be woken.
    harness.receive(harness.guest, encodeSegment({ port: 2000, worldPort: 80, flags: ACK }))
    harness.worlds[0]?.act((inside) => inside.data(Uint8Array.of(1)))
    let heard = 0
    harness.guest.hear = (packet) => {
      if (packet.length === 21) heard++
    }
    const end = harness.simulation.now + 1000
    while (harness.simulation.next < end) harness.simulation.step()
    assert.ok(heard >= 3, `${heard}`)
  })

  it('gives each connection its turn when a queue has room', () => {
    const harness = makeHarness('connected', { ...GOOD_WIRE, queue: 4, pace: 1 })
    const flows = [1, 2, 3].map((port) => ({ port, ...connect(harness, port) }))
    for (const { inside } of harness.worlds) harness.worlds[0]?.act(() => inside?.data(new Uint8Array(50_000)))
    const counts = new Map<number, number>()
    harness.guest.hear = (packet) => {
      const view = new DataView(packet.buffer, packet.byteOffset)
      const port = view.getUint16(2)
      counts.set(port, (counts.get(port) ?? 0) + packet.length - 20)
      const { theirs = 0 } = flows.find((flow) => flow.port === port) ?? {}
      const acknowledgement = view.getInt32(4) + packet.length - 20
      const ack = { port, worldPort: 80, flags: ACK, sequence: theirs, acknowledgement }
      harness.receive(harness.guest, encodeSegment(ack))
    }
    const end = harness.simulation.now + 400
    while (harness.simulation.next < end) harness.simulation.step()
    assert.deepEqual([...counts.values()], [50_000, 50_000, 50_000])
    assert.equal(harness.flows.counters.retransmitted, 0)
  })
})
