import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { describe as describeBlock } from './connection.ts'
import { CLOSED } from './control-block.ts'
import { Endpoint, type EndpointOptions } from './sample-endpoint.ts'
import { GOOD_WIRE, randomFrom, Simulation, WireEnd, type WireFaults } from './sample-wire.ts'

const PLAIN: EndpointOptions = { data: new Uint8Array(0), chunk: 65_536, takes: 0, answers: false }

type Pair = { simulation: Simulation; client: Endpoint; server: Endpoint; there: WireEnd; back: WireEnd }

function makePair(
  client: Partial<EndpointOptions>,
  server: Partial<EndpointOptions>,
  faults: WireFaults = GOOD_WIRE,
  seed = 1,
  maxTransport = 1480,
): Pair {
  const random = randomFrom(seed)
  const simulation = new Simulation()
  const there = new WireEnd(simulation, faults, random, maxTransport)
  const back = new WireEnd(simulation, faults, random, maxTransport)
  const a = new Endpoint(simulation, there, { ...PLAIN, ...client }, 4000, 80)
  const b = new Endpoint(simulation, back, { ...PLAIN, ...server }, 80, 4000)
  const [iss, irs] = [random(2 ** 32) | 0, random(2 ** 32) | 0]
  there.arrive = (packet) => b.arrive(packet, irs)
  back.arrive = (packet) => a.arrive(packet, iss)
  a.open(iss)
  return { simulation, client: a, server: b, there, back }
}

/** Until nothing happens any more. */
function run({ simulation, client, server }: Pair, events = 1_000_000): void {
  let left = events
  while (simulation.next < Number.POSITIVE_INFINITY) {
    if (left-- === 0) {
      assert.fail(`no end at ${simulation.now}: ${describeBlock(client.block)}; ${describeBlock(server.block)}`)
    }
    simulation.step()
  }
}

function bytesFrom(seed: number, length: number): Uint8Array {
  const random = randomFrom(seed)
  return Uint8Array.from({ length }, () => random(256))
}

function assertReceived(endpoint: Endpoint, data: Uint8Array): void {
  assert.ok(Buffer.concat(endpoint.received).equals(data), `${endpoint.receivedBytes} of ${data.length} bytes`)
}

describe('two connections', () => {
  it('carry everything both ways over a good wire without sending anything twice', () => {
    const [out, back] = [bytesFrom(1, 3_000_000), bytesFrom(2, 2_000_000)]
    const pair = makePair({ data: out }, { data: back })
    run(pair)
    assertReceived(pair.server, out)
    assertReceived(pair.client, back)
    assert.deepEqual([pair.client.around.retransmitted, pair.server.around.retransmitted], [0, 0])
    assert.ok(pair.simulation.now < 15_000)
  })

  it('carry everything over a wire that loses, repeats, delays and reorders', () => {
    const wire = fc.record({
      loss: fc.nat(200),
      repeat: fc.nat(200),
      reorder: fc.nat(300),
      delay: fc.nat(50),
      jitter: fc.nat(20),
      queue: fc.integer({ min: 1, max: 100 }),
      pace: fc.constantFrom(0, 0.01, 1),
    })
    const owner = fc.record({
      length: fc.nat(100_000),
      chunk: fc.integer({ min: 1, max: 20_000 }),
      takes: fc.constantFrom(0, 1, 300),
      answers: fc.boolean(),
    })
    fc.assert(
      fc.property(
        wire,
        owner,
        owner,
        fc.integer(),
        fc.constantFrom(100, 576, 1480, 65_500),
        (faults, a, b, seed, max) => {
          const [out, back] = [bytesFrom(seed, a.length), bytesFrom(seed + 1, b.length)]
          const answers = a.answers && !b.answers
          const pair = makePair({ ...a, answers, data: out }, { ...b, data: back }, faults, seed, max)
          run(pair)
          assertReceived(pair.server, out)
          assertReceived(pair.client, back)
          for (const { block, events, memory } of [pair.client, pair.server]) {
            assert.equal(block.state, CLOSED)
            // The last acknowledgement of all may be lost until the other side no longer knows of it.
            const last = events.includes('lingers')
              ? ['lingers', 'done']
              : [events.includes('done') ? 'done' : 'timed out']
            assert.deepEqual(
              events.filter((event) => event !== 'lingers'),
              ['established', 'ended', last.at(-1)],
            )
            assert.deepEqual([memory.send.used, memory.receive.used, memory.reorder.used], [0, 0, 0])
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})
