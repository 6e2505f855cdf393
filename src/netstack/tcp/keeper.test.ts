import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Neighbour } from '../packets.ts'
import { ESTABLISHED } from './control-block.ts'
import { Flow } from './flow.ts'
import { FlowKeeper } from './keeper.ts'
import { GUEST_FLOWS } from './limits.ts'
import { GUEST_ADDRESS, WORLD_ADDRESS } from './sample-flows.ts'

/** A guest that never looks at its queue. */
const DEAF: Neighbour = {
  id: 1,
  name: 'deaf',
  path: () => ({ maxTransport: 1480, reserve: () => undefined, commit: () => assert.fail('nothing was reserved') }),
}

function makeKeeper(): FlowKeeper {
  return new FlowKeeper({
    random: () => 4,
    route: () => 'refused',
    addressOf: () => GUEST_ADDRESS,
    unreachable: () => {},
    log: () => {},
  })
}

function welcome(keeper: FlowKeeper, port: number): Flow {
  const names = { localAddress: WORLD_ADDRESS, localPort: port, remoteAddress: 0, remotePort: 80 }
  const flow = new Flow(keeper, keeper.guestOf(DEAF), names, true)
  flow.outside = { write: () => {}, end: () => {}, abort: () => {}, resume: () => {} }
  keeper.welcome(flow)
  return flow
}

describe('FlowKeeper', () => {
  it('gets the memory back of what it drops', () => {
    const keeper = makeKeeper()
    const flow = welcome(keeper, 1)
    flow.established()
    flow.block!.state = ESTABLISHED
    flow.data(new Uint8Array(1000))
    const { memory, flows } = keeper.guestOf(DEAF)
    assert.ok(memory.send.used > 0)
    flow.dismiss()
    assert.deepEqual([memory.send.used, flows.size, flow.data(new Uint8Array(10))], [0, 0, 10])
    keeper.removeGuest(DEAF)
    keeper.removeGuest(DEAF)
  })

  it('forgets connections that have waited for room in a queue', () => {
    const keeper = makeKeeper()
    for (let port = 1; port <= 10; port++) welcome(keeper, port).abort()
    const { stalled, flows, knocking } = keeper.guestOf(DEAF)
    assert.deepEqual([stalled.size, flows.size, knocking.size, keeper.deadline], [0, 0, 0, undefined])
  })

  it('keeps resets that wait for it, but no more than it keeps connections', () => {
    const keeper = makeKeeper()
    for (let i = 1; i <= GUEST_FLOWS + 10; i++) {
      const flow = welcome(keeper, 1 + (i % 60_000))
      flow.block!.state = ESTABLISHED
      flow.abort()
    }
    const { stalled, flows } = keeper.guestOf(DEAF)
    assert.deepEqual([stalled.size, flows.size], [GUEST_FLOWS, 0])
  })
})
