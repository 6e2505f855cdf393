import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { type Impairments, Line } from './impairment.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { Timers } from './timers.ts'

/** A line at time 0, and what arrives when. `open` says whether its end takes frames. */
function lineOf(impairments: Impairments) {
  const timers = new Timers()
  const state = { now: 0, open: true, drained: 0, random: 0 }
  const arrived: string[] = []
  const dropped: string[] = []
  const line = new Line(impairments, {
    timers,
    now: () => state.now,
    random: () => {
      // Every tenth of what is possible, one after the other.
      state.random = (state.random + 1) % 10
      return state.random * 429_496_729
    },
    deliver: (frame) => {
      if (state.open) arrived.push(`${state.now}: ${frame[0]} ${frame.length}`)
      return state.open
    },
    drained: () => void state.drained++,
    drop: (reason) => void dropped.push(reason),
  })
  const run = (until: number): void => {
    while ((timers.deadline ?? Number.POSITIVE_INFINITY) <= until) {
      state.now = timers.deadline as number
      timers.advance(state.now)
    }
    state.now = until
  }
  const push = (first: number, length: number): void => {
    const bytes = new Uint8Array(length + 2).fill(first, 1)
    line.push(bytes, 1, length)
  }
  return { line, timers, state, arrived, dropped, run, push }
}

describe('Line', () => {
  it('delays each frame, and keeps their order', () => {
    const { push, run, arrived, timers } = lineOf({ delay: 20 })
    push(1, 100)
    run(5)
    push(2, 1500)
    run(100)
    assert.deepEqual([arrived, timers.deadline], [['20: 1 100', '25: 2 1500'], undefined])
  })

  it('sends as many bits a second as it is told', () => {
    // 8000 bits a second are a byte a millisecond.
    const { push, run, arrived } = lineOf({ rate: 8000, delay: 7 })
    push(1, 100)
    push(2, 50)
    run(400)
    push(3, 10)
    run(500)
    assert.deepEqual(arrived, ['107: 1 100', '157: 2 50', '417: 3 10'])
  })

  it('loses the share that it is told, and says so', () => {
    const { push, run, arrived, dropped } = lineOf({ loss: 0.25 })
    for (let i = 0; i < 100; i++) push(i, 10)
    run(1)
    assert.deepEqual([arrived.length, dropped.length, new Set(dropped)], [70, 30, new Set(['lost on purpose'])])
    const none = lineOf({ loss: 0 })
    const all = lineOf({ loss: 1 })
    for (const { push: pushOther, run: runOther } of [none, all]) {
      for (let i = 0; i < 100; i++) pushOther(i, 10)
      runOther(1)
    }
    assert.deepEqual([none.arrived.length, all.arrived.length], [100, 0])
  })

  it('has room for a tenth of a second, and tells when there is some again', () => {
    const { line, push, run, state, dropped } = lineOf({ rate: 80_000_000 })
    let pushed = 0
    for (; line.hasRoom(); pushed++) push(1, 1000)
    assert.equal(pushed, 1001)
    push(2, 1000)
    assert.deepEqual([dropped, state.drained], [['queue full'], 0])
    run(1)
    assert.equal(state.drained, 1)
    assert.ok(line.hasRoom())
    run(1000)
    assert.equal(state.drained, 1)
  })

  it('has room for a few frames, however slow it is', () => {
    const { line, push } = lineOf({ rate: 1000 })
    let pushed = 0
    for (; line.hasRoom(); pushed++) push(1, 1514)
    assert.equal(pushed, 11)
  })

  it('keeps no more than 32 MB on its way', () => {
    const { line, push } = lineOf({ delay: 1000 })
    let pushed = 0
    for (; line.hasRoom(); pushed++) push(1, 65_536)
    assert.equal(pushed, 513)
  })

  it('waits where its end takes nothing, and goes on when that has room', () => {
    const { line, push, run, state, arrived } = lineOf({ delay: 1 })
    state.open = false
    for (let i = 1; i <= 3; i++) push(i, 10)
    run(5)
    assert.deepEqual(arrived, [])
    state.open = true
    line.ready()
    assert.deepEqual(arrived, ['5: 1 10', '5: 2 10', '5: 3 10'])
    push(4, 10)
    run(6)
    assert.equal(arrived.length, 4)
  })

  it('forgets everything when it is closed', () => {
    const { line, push, run, arrived, timers } = lineOf({ delay: 1 })
    push(1, 10)
    line.close()
    run(5)
    assert.deepEqual([arrived, timers.deadline], [[], undefined])
  })
})

describe('a guest on a worse wire', () => {
  it('is heard and answered later, each way', () => {
    const { network } = sampleNetwork()
    const guest = new SampleGuest(network, 'web', '10.0.0.2', { impairments: { delay: 10 } })
    guest.ping('10.0.0.1')
    assert.deepEqual([guest.take(), network.deadline], [[], 10])
    network.advance(10)
    assert.deepEqual([guest.take(), network.deadline], [[], 20])
    network.advance(20)
    assert.equal(guest.packets()[0]?.from, '10.0.0.1')
  })

  it('gets what waits when its device has room again', () => {
    const { network } = sampleNetwork()
    const guest = new SampleGuest(network, 'web', '10.0.0.2', { impairments: { delay: 10 } })
    guest.ping('10.0.0.1')
    network.advance(10)
    guest.room = 0
    network.advance(20)
    assert.deepEqual(guest.take(), [])
    guest.room = 1
    guest.port.ready()
    assert.equal(guest.take().length, 1)
  })

  it('is on no other wire than a good one where nothing makes a difference', () => {
    const { network } = sampleNetwork()
    const guest = new SampleGuest(network, 'web', '10.0.0.2', { impairments: { rate: undefined, delay: 0, loss: 0 } })
    guest.ping('10.0.0.1')
    assert.equal(guest.take().length, 1)
  })

  it('leaves no timer behind', () => {
    const { network } = sampleNetwork()
    const guest = new SampleGuest(network, 'web', '10.0.0.2', { impairments: { delay: 10 } })
    guest.ping('10.0.0.1')
    guest.port.detach()
    assert.equal(network.deadline, undefined)
  })
})
