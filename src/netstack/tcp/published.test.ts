import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { FIRST_MOMENTS, HANDSHAKE_GIVE_UP, KNOCK_MAX, RTO_FIRST } from './limits.ts'
import {
  decodePacket,
  encodeSegment,
  GUEST_ADDRESS,
  type Harness,
  makeHarness,
  type World,
  WORLD_ADDRESS,
} from './sample-flows.ts'
import { ACK, RST, type Segment, SYN } from './segment.ts'

function accept(harness: Harness, port = 5555, guestPort = 80): World {
  const world = harness.addWorld()
  harness.turn()
  world.inside = harness.flows.accept(harness.guest, guestPort, WORLD_ADDRESS, port, world)
  return world
}

/** The guest answers each SYN like that, and what it heard is returned. */
function listen(harness: Harness, flags: number | (() => number)): Segment[] {
  const heard: Segment[] = []
  harness.guest.hear = (packet) => {
    const s = decodePacket(packet)
    heard.push(s)
    const answer = typeof flags === 'number' ? flags : flags()
    if (s.flags !== SYN || answer === 0) return
    const names = { port: s.destinationPort, worldPort: s.sourcePort, sequence: 99, acknowledgement: s.sequence + 1 }
    harness.receive(harness.guest, encodeSegment({ ...names, flags: answer }))
  }
  return heard
}

function runFor(harness: Harness, time: number): void {
  const end = harness.simulation.now + time
  while (harness.simulation.next <= end) harness.simulation.step()
  harness.simulation.at(end, () => {})
  harness.simulation.step()
}

describe('TcpFlows, for clients of published ports', () => {
  it('carries bytes both ways, and an end from each side', () => {
    const harness = makeHarness()
    const [out, back] = [new Uint8Array(500_000).fill(1), new Uint8Array(300_000).fill(2)]
    const endpoint = harness.addEndpoint(harness.guest, { data: out }, 80, 5555)
    const world = accept(harness)
    world.send(back)
    harness.run()
    assert.ok(Buffer.concat(world.received).equals(out) && Buffer.concat(endpoint.received).equals(back))
    assert.equal(world.events[0], 'resume')
    assert.deepEqual(
      world.events.filter((event) => event !== 'resume'),
      ['end'],
    )
    assert.deepEqual(harness.flows.describe(harness.guest), [])
  })

  it('comes from the client’s own address and port', () => {
    const harness = makeHarness()
    const heard = listen(harness, SYN | ACK)
    accept(harness)
    runFor(harness, 100)
    assert.deepEqual([heard[0]?.sourcePort, heard[0]?.destinationPort, heard[0]?.flags], [5555, 80, SYN])
  })

  it('takes another port where two clients have the same one', () => {
    const harness = makeHarness()
    const heard = listen(harness, SYN | ACK)
    const worlds = [accept(harness), accept(harness), accept(harness, 5555, 81)]
    runFor(harness, 100)
    const names = heard.filter(({ flags }) => flags === SYN).map((s) => `${s.sourcePort} ${s.destinationPort}`)
    assert.equal(new Set(names).size, 3)
    assert.deepEqual([names[0], names[2]], ['5555 80', '5555 81'])
    assert.ok(Number(names[1]?.split(' ')[0]) >= 49_152)
    for (const world of worlds) assert.deepEqual(world.events, ['resume'])
  })

  it('wants no bytes before the guest has let the client in', () => {
    const harness = makeHarness()
    const heard = listen(harness, () => (harness.simulation.now > 500 ? SYN | ACK : RST | ACK))
    const world = accept(harness)
    assert.equal(world.inside?.data(new Uint8Array(5)), 0)
    runFor(harness, 400)
    assert.deepEqual([world.events, world.inside?.data(new Uint8Array(5))], [[], 0])
    runFor(harness, 400)
    assert.deepEqual(world.events, ['resume'])
    assert.equal(world.inside?.data(new Uint8Array(5)), 5)
    runFor(harness, 10)
    assert.equal(heard.at(-1)?.payloadLength, 5)
  })

  it('tells the guest of a client that has ended meanwhile', () => {
    const harness = makeHarness()
    const endpoint = harness.addEndpoint(harness.guest, { data: Uint8Array.of(4) }, 80, 5555)
    const world = accept(harness)
    world.inside?.end()
    harness.run()
    assert.deepEqual(
      endpoint.events.filter((event) => event !== 'lingers'),
      ['established', 'ended', 'done'],
    )
    assert.deepEqual([world.receivedBytes, world.events], [1, ['resume', 'end']])
  })

  it('asks a guest in its first moments again and again, not too often, and lets the client in', () => {
    const harness = makeHarness()
    const heard = listen(harness, () => (harness.simulation.now > FIRST_MOMENTS - 1000 ? SYN | ACK : RST | ACK))
    const world = accept(harness)
    runFor(harness, FIRST_MOMENTS)
    assert.deepEqual(world.events, ['resume'])
    const asked = heard.filter(({ flags }) => flags === SYN).length
    assert.ok(asked > FIRST_MOMENTS / KNOCK_MAX / 2 && asked < 10 + (2 * FIRST_MOMENTS) / KNOCK_MAX, `${asked}`)
  })

  it('resets the client when they are over', () => {
    const harness = makeHarness()
    listen(harness, RST | ACK)
    const world = accept(harness)
    runFor(harness, FIRST_MOMENTS - 1000)
    assert.deepEqual(world.events, [])
    runFor(harness, 1000 + KNOCK_MAX + 10)
    assert.deepEqual([world.events, harness.flows.describe(harness.guest)], [['abort'], []])
    const late = accept(harness)
    runFor(harness, 10)
    assert.deepEqual(late.events, ['abort'])
  })

  it('believes a refusal by a port that has let somebody in', () => {
    const harness = makeHarness()
    let answer = SYN | ACK
    listen(harness, () => answer)
    accept(harness)
    runFor(harness, 10)
    answer = RST | ACK
    const [same, other] = [accept(harness, 5556), accept(harness, 5557, 81)]
    runFor(harness, 100)
    assert.deepEqual([same.events, other.events], [['abort'], []])
  })

  it('waits for a guest that has no address, and asks as soon as it has one', () => {
    const harness = makeHarness()
    harness.guestAddress = undefined
    const heard = listen(harness, SYN | ACK)
    const world = accept(harness)
    runFor(harness, 5000)
    assert.deepEqual([heard.length, world.events], [0, []])
    assert.match(harness.flows.describe(harness.guest)[0] ?? '', /waits for the guest/)
    harness.guestAddress = GUEST_ADDRESS
    harness.turn()
    harness.flows.reachable(harness.guest)
    runFor(harness, 5)
    assert.deepEqual(world.events, ['resume'])
  })

  it('asks again soon when the first segment to a new address was not heard', () => {
    const harness = makeHarness()
    runFor(harness, FIRST_MOMENTS)
    const world = accept(harness)
    runFor(harness, 20_000) // by now it is asked every sixteen seconds
    harness.guestAddress = GUEST_ADDRESS + 1
    harness.turn()
    harness.flows.reachable(harness.guest)
    const wanted = harness.flows.deadline ?? Number.POSITIVE_INFINITY
    assert.ok(wanted <= harness.simulation.now + RTO_FIRST, `${wanted - harness.simulation.now}`)
    assert.deepEqual(world.events, [])
  })

  it('waits for one without an address no longer than for others', () => {
    const harness = makeHarness()
    harness.guestAddress = undefined
    const world = accept(harness)
    runFor(harness, FIRST_MOMENTS + KNOCK_MAX + 10)
    assert.deepEqual([world.events, harness.flows.describe(harness.guest)], [['abort'], []])
    const late = accept(harness)
    assert.deepEqual(late.events, [], 'the outside is not called while it calls')
    runFor(harness, 10)
    assert.deepEqual(late.events, ['abort'])
  })

  it('asks one that says nothing more often at first, and gives up in the end', () => {
    const harness = makeHarness()
    const heard = listen(harness, 0)
    const world = accept(harness)
    runFor(harness, 1000)
    assert.ok(heard.length > 5 && heard.length < 20, `${heard.length}`)
    harness.flows.reachable(harness.guest)
    runFor(harness, 5)
    assert.deepEqual(world.events, [])
    runFor(harness, HANDSHAKE_GIVE_UP)
    assert.deepEqual([world.events, harness.flows.describe(harness.guest)], [['abort'], []])
  })

  it('lets the client go before it is let in', () => {
    const harness = makeHarness()
    listen(harness, RST | ACK)
    const world = accept(harness)
    runFor(harness, 100)
    world.act((inside) => inside.abort())
    runFor(harness, FIRST_MOMENTS * 2)
    assert.deepEqual([world.events, harness.flows.describe(harness.guest), harness.flows.deadline], [[], [], undefined])
  })

  it('asks anew where the address turns out to be another one', () => {
    const harness = makeHarness()
    const heard = listen(harness, 0)
    const world = accept(harness)
    harness.guestAddress = GUEST_ADDRESS + 1
    harness.turn()
    harness.flows.reachable(harness.guest)
    runFor(harness, 5)
    assert.deepEqual(
      heard.map(({ flags }) => flags),
      [SYN, SYN],
    )
    assert.notEqual(heard[0]?.sequence, heard[1]?.sequence)
    assert.deepEqual([harness.guest.paths, harness.flows.describe(harness.guest).length, world.events], [2, 1, []])
  })
})
