// Whatever a guest sends: nothing is thrown, memory and answers stay within their limits, and another guest notices nothing.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { GUEST_SEND_MEMORY, MAX_RANGES, RECEIVE_WINDOW } from './limits.ts'
import { encodeSegment, type Harness, makeHarness, type World } from './sample-flows.ts'
import { type Heard, Script } from './sample-script.ts'
import { randomFrom } from './sample-wire.ts'
import { ACK, SYN } from './segment.ts'

type Move = {
  readonly flags: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly window: number
  readonly length: number
  readonly options: Uint8Array
  readonly other: boolean
  readonly time: number
}

/** Near to where a connection is, or anywhere. */
const offset = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -5000, max: 5000 }),
  fc.constantFrom(RECEIVE_WINDOW - 1, RECEIVE_WINDOW, 0x7fffffff, -0x80000000),
  fc.integer(),
)

const move: fc.Arbitrary<Move> = fc.record({
  flags: fc.oneof(fc.constantFrom(ACK, ACK, ACK, SYN), fc.nat(63)),
  sequence: offset,
  acknowledgement: offset,
  window: fc.oneof(fc.constantFrom(0, 1, 0xffff), fc.nat(0xffff)),
  length: fc.constantFrom(0, 0, 1, 3, 100, 1460),
  options: fc.oneof(
    fc.constant(new Uint8Array(0)),
    fc.uint8Array({ minLength: 4, maxLength: 40 }),
    fc.tuple(offset, offset).map(([a, b]) => Uint8Array.from([1, 1, 5, 10, ...word(a), ...word(b)])),
  ),
  other: fc.nat(9).map((n) => n === 0),
  time: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(3000)),
})

function word(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
}

/** The hostile guest's segment; its numbers count from those of a connection of its own, which stands at first. */
function encode(m: Move, ours: number, theirs: number): Uint8Array {
  const options = m.options.subarray(0, m.options.length & ~3)
  const plain = encodeSegment({
    port: m.other ? 1001 : 1000,
    worldPort: 80,
    flags: m.flags,
    sequence: theirs + m.sequence,
    acknowledgement: ours + m.acknowledgement,
    window: m.window,
  })
  const bytes = new Uint8Array(20 + options.length + m.length)
  bytes.set(plain)
  bytes.set(options, 20)
  bytes[12] = (5 + options.length / 4) << 4
  return bytes
}

function connect(harness: Harness): { ours: number; theirs: number } {
  const [answer] = harness.say(harness.guest, { port: 1000, worldPort: 80, flags: SYN, sequence: 5000 })
  const [ours, theirs] = [((answer?.sequence ?? 0) + 1) | 0, 5001]
  harness.say(harness.guest, { port: 1000, worldPort: 80, flags: ACK, sequence: theirs, acknowledgement: ours })
  return { ours, theirs }
}

/** The transfer of a guest that behaves. */
function transfer(harness: Harness): { isWhole: () => boolean } {
  const random = randomFrom(1)
  const [out, back] = [300_000, 200_000].map((length) => new Uint8Array(length).map(() => random(256)))
  const neighbour = harness.addGuest('two')
  const endpoint = harness.addEndpoint(neighbour, { data: out! }, 2000, 80)
  const before = harness.worlds.length
  endpoint.open(7)
  while (harness.worlds.length === before) harness.simulation.step()
  const world = harness.worlds.at(-1) as World
  world.act(() => world.send(back!))
  return {
    isWhole: () =>
      Buffer.concat(world.received).equals(out!) &&
      Buffer.concat(endpoint.received).equals(back!) &&
      !world.events.includes('abort'),
  }
}

describe('a hostile guest', () => {
  it('harms neither us nor another guest, with segments that nearly fit', () => {
    fc.assert(
      fc.property(
        fc.array(move, { maxLength: 150 }),
        fc.nat(100_000),
        fc.constantFrom(0, 5000),
        (moves, sent, takes) => {
          const harness = makeHarness()
          const { ours, theirs } = connect(harness)
          const { isWhole } = transfer(harness)
          const world = harness.worlds[0]!
          world.takes = takes
          world.act(() => world.send(new Uint8Array(sent)))
          harness.guest.hear = () => {}
          for (const m of moves) {
            const before = harness.guest.toGuest.carried
            harness.receive(harness.guest, encode(m, ours, theirs))
            // One segment lets out what its acknowledgement makes room for, and never more than a window.
            assert.ok(harness.guest.toGuest.carried - before <= 2 + sent / 64)
            const end = harness.simulation.now + m.time
            while (harness.simulation.next <= end) harness.simulation.step()
          }
          assert.ok(world.receivedBytes <= RECEIVE_WINDOW + 150 * 1460)
          assert.ok(harness.flows.describe(harness.guest).length <= 2)
          harness.run()
          assert.deepEqual(harness.flows.describe(harness.guest), [], 'all that it began ends some day')
          assert.ok(isWhole())
        },
      ),
      { numRuns: 50 },
    )
  })

  it('harms nobody with bytes at random', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 300 }), (packets) => {
        const harness = makeHarness()
        connect(harness)
        const { isWhole } = transfer(harness)
        harness.guest.hear = () => {}
        for (const packet of packets) harness.receive(harness.guest, packet)
        assert.ok(harness.guest.toGuest.carried < 10 + 2 * packets.length)
        harness.run()
        assert.ok(isWhole())
      }),
      { numRuns: 15 },
    )
  })

  it('gets no more memory for a million bytes, one by one and out of order', () => {
    const script = Script.established()
    for (let i = 0; i < 100_000; i++) script.hear({ seq: 3 + 2 * ((i * 7919) % 50_000), data: 1 })
    assert.ok(script.block.memory.reorder.used <= RECEIVE_WINDOW)
    assert.equal(script.block.untaken, 0)
    assert.ok((script.block.reassembly?.ready(script.block.rcvNxt) ?? 0) === 0)
    script.said.length = 0
    script.hear({ seq: 1, data: 2 })
    assert.ok(script.received.length >= 3 && script.received.length <= 2 + MAX_RANGES)
  })

  it('is not sent more than the memory of a guest, however wide its window', () => {
    const harness = makeHarness()
    const count = 200
    for (let port = 1; port <= count; port++) {
      const [answer] = harness.say(harness.guest, { port, worldPort: 80, flags: SYN, sequence: 0 })
      const acknowledgement = ((answer?.sequence ?? 0) + 1) | 0
      harness.say(harness.guest, { port, worldPort: 80, flags: ACK, sequence: 1, acknowledgement, window: 0 })
    }
    let held = 0
    for (const world of harness.worlds) world.act((inside) => (held += inside.data(new Uint8Array(4_000_000))))
    assert.ok(held > count * 16_000 && held <= GUEST_SEND_MEMORY + count * 16_384, `${held}`)
  })

  const storms: [why: string, heard: (i: number) => Heard, most: number][] = [
    ['old acknowledgements', () => ({ seq: 0, ack: 1 }), 1],
    ['acknowledgements of nothing', (i) => ({ seq: 1, ack: 1000 + i }), 1],
    ['SYNs', (i) => ({ flags: 'S', seq: 1 + i }), 1],
    ['resets that nearly fit', (i) => ({ flags: 'R', seq: 2 + i }), 1],
    ['acknowledgements beyond the window', (i) => ({ seq: 2_000_000 + i, ack: 1 }), 1],
    ['duplicate acknowledgements', () => ({ seq: 1, ack: 1 }), 0],
  ]
  for (const [why, heard, most] of storms) {
    it(`makes no storm of ${why}`, () => {
      const script = Script.established()
      for (let i = 0; i < 1000; i++) script.hear(heard(i))
      assert.equal(script.take().length, most)
      assert.deepEqual(script.events, [])
    })
  }

  it('is not helped by acknowledgements of what has not arrived', () => {
    const script = Script.established()
    script.send(60_000)
    for (let i = 0; i < 1000; i++) script.hear({ ack: 20_000 + i })
    assert.equal(script.block.sndUna, script.block.iss + 1)
    assert.equal(script.block.congestion.window, 10_000)
  })

  it('is not helped by an acknowledgement for each byte', () => {
    const script = Script.established()
    script.send(60_000)
    for (let i = 1; i <= 1000; i++) script.hear({ ack: 1 + i })
    assert.ok(script.block.congestion.window <= 11_000, 'RFC 3465: bytes count')
  })
})
