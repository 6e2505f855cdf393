import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { FIN_WAIT_2 } from './control-block.ts'
import {
  DELAYED_ACK,
  FIN_WAIT_2_GIVE_UP,
  IDLE_RELEASE,
  KEEP_ALIVE_IDLE,
  KEEP_ALIVE_INTERVAL,
  KEEP_ALIVE_PROBES,
} from './limits.ts'
import { Script } from './sample-script.ts'
import { deadlineOf, timeout } from './timeouts.ts'

describe('a connection on which nothing happens', () => {
  it('gives its buffer back, and gets one again', () => {
    const script = Script.established()
    script.send(100)
    script.hear({ ack: 101 })
    assert.ok(script.block.memory.send.used > 0)
    script.wait(IDLE_RELEASE)
    assert.equal(script.block.memory.send.used, 0)
    script.take()
    script.send(100)
    assert.deepEqual(script.words(), ['PA 101+100 1'])
  })

  it('asks whether the peer is still there, with and without a byte of the past, and gives up', () => {
    const script = Script.established()
    script.wait(KEEP_ALIVE_IDLE - 1)
    assert.deepEqual(script.words(), [])
    script.wait(1)
    assert.deepEqual(script.words(), ['A 0+0 1'])
    script.wait(KEEP_ALIVE_INTERVAL)
    assert.deepEqual(script.words(), ['A 0+1 1'])
    script.wait(KEEP_ALIVE_INTERVAL * (KEEP_ALIVE_PROBES - 2))
    assert.deepEqual([script.take().length, script.events], [KEEP_ALIVE_PROBES - 2, []])
    script.wait(KEEP_ALIVE_INTERVAL)
    assert.deepEqual([script.words(), script.events], [['RA 1+0 1'], ['timed out']])
    assert.equal(deadlineOf(script.block), Number.POSITIVE_INFINITY)
  })

  it('lives for as long as the peer answers', () => {
    const script = Script.established()
    for (let i = 0; i < 50; i++) {
      script.wait(KEEP_ALIVE_IDLE)
      script.hear({ ack: 1 })
    }
    assert.deepEqual([script.events, script.take().length], [[], 50])
  })

  it('may be half closed for long, but not for ever', () => {
    const script = Script.established()
    script.finish()
    script.hear({ ack: 2 })
    assert.equal(script.block.state, FIN_WAIT_2)
    const keep = (time: number): void => {
      for (let waited = 0; waited < time; waited += KEEP_ALIVE_IDLE / 4) {
        script.wait(KEEP_ALIVE_IDLE / 4)
        script.hear({ ack: 2 })
      }
    }
    keep(FIN_WAIT_2_GIVE_UP - KEEP_ALIVE_IDLE / 2)
    script.hear({ ack: 2, data: 1 })
    keep(FIN_WAIT_2_GIVE_UP - KEEP_ALIVE_IDLE)
    assert.deepEqual(script.events, [])
    keep(3 * KEEP_ALIVE_IDLE)
    assert.deepEqual(script.events, ['timed out'])
  })

  it('asks nobody while its queue is full', () => {
    const script = Script.established()
    script.full = true
    script.hear({ data: 1 })
    script.hear({ seq: 2, data: 1 })
    script.wait(KEEP_ALIVE_IDLE * 10)
    assert.deepEqual([script.words(), script.events], [[], ['stalled']])
  })

  it('is woken at a time of its own, whatever the clock’s fractions', () => {
    for (let i = 1; i < 2000; i++) {
      const script = Script.established()
      script.around.now = 2 ** 20 - 4000 + i / 7 + Math.sqrt(i) // the sums below are rounded more than these
      script.hear({ ack: 1, data: 1 })
      script.wait(DELAYED_ACK)
      for (let times = 0; times < 3; times++) {
        script.around.now = deadlineOf(script.block)
        timeout(script.block)
        assert.ok(deadlineOf(script.block) > script.around.now)
      }
    }
  })
})
