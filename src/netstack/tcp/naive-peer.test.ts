import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { describe as describeBlock } from './connection.ts'
import { CLOSED } from './control-block.ts'
import { Endpoint } from './sample-endpoint.ts'
import { NaivePeer } from './sample-naive-peer.ts'
import { randomFrom, Simulation, WireEnd } from './sample-wire.ts'

function bytesFrom(seed: number, length: number): Uint8Array {
  const random = randomFrom(seed)
  return new Uint8Array(length).map(() => random(256))
}

describe('a connection with another TCP', () => {
  it('carries everything both ways, whoever asks, whatever the wire does', () => {
    const wire = fc.record({
      loss: fc.nat(150),
      repeat: fc.nat(200),
      reorder: fc.nat(200),
      delay: fc.integer({ min: 1, max: 20 }),
      jitter: fc.nat(20),
      queue: fc.integer({ min: 2, max: 50 }),
      pace: fc.constantFrom(0, 0.1),
    })
    const lengths = fc.tuple(fc.nat(30_000), fc.nat(30_000))
    const whims = fc.record({ weAsk: fc.boolean(), theyAnswer: fc.boolean(), weAnswer: fc.boolean() })
    fc.assert(
      fc.property(
        wire,
        lengths,
        whims,
        fc.constantFrom(0, 100, 3000),
        fc.integer(),
        (faults, [l, m], whim, shuts, seed) => {
          const random = randomFrom(seed)
          const simulation = new Simulation()
          const there = new WireEnd(simulation, faults, random, 1480)
          const back = new WireEnd(simulation, faults, random, 1480)
          const [out, answer] = [bytesFrom(seed, l), bytesFrom(seed + 1, m)]
          const answers = whim.weAnswer && !whim.theyAnswer
          const options = { data: out, chunk: 10_000, takes: 0, answers }
          const us = new Endpoint(simulation, there, options, 80, 4000)
          const naive = { data: answer, answers: whim.theyAnswer, shuts }
          const them = new NaivePeer(simulation, back, naive, [4000, 80], random(2 ** 32))
          const iss = random(2 ** 32) | 0
          there.arrive = (packet) => them.arrive(packet)
          back.arrive = (packet) => us.arrive(packet, iss)
          if (whim.weAsk) us.open(iss)
          else them.open()
          for (let left = 300_000; simulation.next < 3_600_000; left--) {
            if (left === 0) assert.fail(`no end at ${simulation.now}: ${describeBlock(us.block)}`)
            if (them.isDone && us.block.state === CLOSED) break
            simulation.step()
          }
          assert.ok(Buffer.from(them.received).equals(out), `${them.received.length} of ${out.length} bytes`)
          assert.ok(Buffer.concat(us.received).equals(answer), `${us.receivedBytes} of ${answer.length} bytes`)
          assert.equal(us.block.state, CLOSED)
          assert.ok(us.events.includes('ended'))
        },
      ),
      { numRuns: 100 },
    )
  })
})
