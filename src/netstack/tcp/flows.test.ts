import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { makeHarness, WORLD_ADDRESS } from './sample-flows.ts'
import { randomFrom } from './sample-wire.ts'

function bytesFrom(seed: number, length: number): Uint8Array {
  const random = randomFrom(seed)
  return Uint8Array.from({ length }, () => random(256))
}

function assertReceived(end: { received: Uint8Array[]; receivedBytes: number }, data: Uint8Array): void {
  assert.ok(Buffer.concat(end.received).equals(data), `${end.receivedBytes} of ${data.length} bytes`)
}

describe('TcpFlows', () => {
  it('lets a guest reach the outside: bytes both ways, an end from each side', () => {
    const harness = makeHarness()
    const [out, back] = [bytesFrom(1, 500_000), bytesFrom(2, 300_000)]
    const endpoint = harness.addEndpoint(harness.guest, { data: out }, 1234, 80)
    endpoint.open(7)
    while (harness.worlds.length === 0) harness.simulation.step()
    const [world] = harness.worlds
    world!.act(() => world!.send(back))
    harness.run()
    assert.deepEqual(harness.asked, [{ address: 'world', port: 80 }])
    assertReceived(world!, out)
    assertReceived(endpoint, back)
    assert.deepEqual(
      world!.events.filter((event) => event !== 'resume'),
      ['end'],
    )
    assert.deepEqual(harness.flows.describe(harness.guest), [])
    assert.equal(harness.flows.counters.retransmitted, 0)
  })

  it('lets a client reach a published port: bytes both ways, an end from each side', () => {
    const harness = makeHarness()
    const [out, back] = [bytesFrom(1, 500_000), bytesFrom(2, 300_000)]
    const endpoint = harness.addEndpoint(harness.guest, { data: out }, 80, 5555)
    const world = harness.addWorld()
    harness.turn()
    world.inside = harness.flows.accept(harness.guest, 80, WORLD_ADDRESS, 5555, world)
    world.send(back)
    harness.run()
    assertReceived(world, out)
    assertReceived(endpoint, back)
    assert.equal(world.events[0], 'resume')
    assert.deepEqual(
      world.events.filter((event) => event !== 'resume'),
      ['end'],
    )
    assert.deepEqual(harness.flows.describe(harness.guest), [])
  })
})
