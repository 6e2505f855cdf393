import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { abort } from './close.ts'
import {
  CLOSED,
  CLOSE_WAIT,
  CLOSING,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  SYN_HELD,
  TIME_WAIT,
} from './control-block.ts'
import { input } from './input.ts'
import { CHALLENGE_INTERVAL, RECEIVE_WINDOW, TIME_WAIT_TIME } from './limits.ts'
import { type Heard, Script } from './sample-script.ts'
import { Segment, SYN } from './segment.ts'

const EDGE = RECEIVE_WINDOW + 1 // the first sequence number that no window lets through

describe('input()', () => {
  const challenged: [why: string, heard: Heard][] = [
    ['a reset within the window', { flags: 'R', seq: 2 }],
    ['a SYN within the window', { flags: 'S', seq: 100 }],
    ['a SYN where one was', { flags: 'S', seq: 0 }],
    ['an answer to a SYN, again', { flags: 'SA', seq: 0, ack: 1 }],
    ['an acknowledgement of what was never sent', { flags: 'A', seq: 1, ack: 2 }],
    ['an acknowledgement from another life', { flags: 'A', seq: 1, ack: -70_000 }],
    ['an acknowledgement without bytes that is old', { flags: 'A', seq: 0, ack: 1 }],
    ['an acknowledgement beyond the window', { flags: 'A', seq: EDGE + 1, ack: 1 }],
  ]
  for (const [why, heard] of challenged) {
    it(`answers ${why} with where it is, and not each time`, () => {
      const script = Script.established()
      script.hear(heard)
      assert.deepEqual(script.words(), ['A 1+0 1'])
      script.hear(heard)
      script.wait(CHALLENGE_INTERVAL - 1)
      script.hear(heard)
      assert.deepEqual(script.words(), [])
      script.wait(1)
      script.hear(heard)
      assert.deepEqual(script.words(), ['A 1+0 1'])
      assert.deepEqual([script.block.state, script.events], [ESTABLISHED, []])
    })
  }

  const ignored: [why: string, heard: Heard][] = [
    ['a reset before the window', { flags: 'R', seq: 0 }],
    ['a reset beyond the window', { flags: 'R', seq: EDGE + 1 }],
    ['bytes without an acknowledgement', { flags: 'P', seq: 1, data: 4 }],
  ]
  for (const [why, heard] of ignored) {
    it(`ignores ${why}`, () => {
      const script = Script.established()
      script.hear(heard)
      assert.deepEqual([script.words(), script.received, script.block.state], [[], [], ESTABLISHED])
    })
  }

  it('is ended by a reset at exactly what is expected', () => {
    const script = Script.established()
    script.send(10)
    script.take()
    script.hear({ flags: 'R', seq: 1 })
    assert.deepEqual([script.block.state, script.events, script.words()], [CLOSED, ['reset'], []])
    script.wait(1_000_000)
    assert.deepEqual(script.words(), [])
  })

  it('looks at nothing once it is closed', () => {
    const script = Script.established()
    abort(script.block)
    assert.deepEqual(script.words(), ['RA 1+0 1'])
    script.hear({ seq: 1, data: 10 })
    assert.deepEqual([script.words(), script.received], [[], []])
  })

  it('hears of a guest that no longer wants what it has asked for', () => {
    for (const seq of [0, 1]) {
      const script = new Script()
      script.block.state = SYN_HELD
      script.block.irs = -700
      script.block.rcvNxt = -699
      script.hear({ flags: 'R', seq: 5 })
      assert.deepEqual(script.events, [])
      script.hear({ flags: 'R', seq })
      assert.deepEqual([script.block.state, script.events], [CLOSED, ['reset']])
    }
  })

  it('takes the newest of SYNs that are not answered yet', () => {
    const script = new Script()
    script.block.state = SYN_HELD
    const s = new Segment()
    s.flags = SYN
    s.sequence = 4711
    input(script.block, s)
    assert.deepEqual([script.block.state, script.block.rcvNxt], [SYN_HELD, 4712])
  })
})

describe('the end of a connection', () => {
  it('from the peer first: CLOSE-WAIT, LAST-ACK', () => {
    const script = Script.established()
    script.hear({ flags: 'FA', seq: 1, data: Uint8Array.of(7) })
    assert.deepEqual([script.block.state, script.received, script.events], [CLOSE_WAIT, [7], ['ended']])
    assert.deepEqual(script.words(), ['A 1+0 3'])
    script.send(5) // half closed: the other direction goes on
    script.hear({ seq: 3, ack: 6 })
    script.finish()
    assert.equal(script.block.state, LAST_ACK)
    assert.deepEqual(script.words(), ['PA 1+5 3', 'FA 6+0 3'])
    script.hear({ seq: 3, ack: 7 })
    assert.deepEqual([script.block.state, script.events], [CLOSED, ['ended', 'done']])
  })

  it('from us first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT', () => {
    const script = Script.established()
    script.finish()
    assert.deepEqual([script.block.state, script.words()], [FIN_WAIT_1, ['FA 1+0 1']])
    script.hear({ seq: 1, ack: 2 })
    assert.equal(script.block.state, FIN_WAIT_2)
    script.hear({ seq: 1, ack: 2, data: Uint8Array.of(1, 2), flags: 'PA' })
    assert.deepEqual(script.received, [1, 2])
    script.hear({ flags: 'FA', seq: 3, ack: 2 })
    assert.deepEqual([script.block.state, script.events], [TIME_WAIT, ['lingers', 'ended']])
    assert.deepEqual(script.words(), ['A 2+0 3', 'A 2+0 4'])
    script.wait(TIME_WAIT_TIME)
    assert.deepEqual([script.block.state, script.events.at(-1)], [CLOSED, 'done'])
  })

  it('from us first, all in one segment of the peer', () => {
    const script = Script.established()
    script.finish()
    script.hear({ flags: 'FA', seq: 1, ack: 2 })
    assert.equal(script.block.state, TIME_WAIT)
  })

  it('from both at once: CLOSING', () => {
    const script = Script.established()
    script.finish()
    script.hear({ flags: 'FA', seq: 1, ack: 1 })
    assert.equal(script.block.state, CLOSING)
    assert.deepEqual(script.words(), ['FA 1+0 1', 'A 2+0 2'])
    script.hear({ seq: 2, ack: 2 })
    assert.deepEqual([script.block.state, script.events], [TIME_WAIT, ['ended', 'lingers']])
  })

  it('answers a FIN that comes again, and waits anew', () => {
    const script = Script.established()
    script.finish()
    script.hear({ flags: 'FA', seq: 1, ack: 2 })
    script.take()
    script.wait(TIME_WAIT_TIME - 1)
    script.hear({ flags: 'FA', seq: 1, ack: 2 })
    assert.deepEqual(script.words(), ['A 2+0 2'])
    script.wait(TIME_WAIT_TIME - 1)
    assert.equal(script.block.state, TIME_WAIT)
    script.wait(1)
    assert.equal(script.block.state, CLOSED)
  })

  it('is not reached before what the FIN follows is there', () => {
    const script = Script.established()
    script.hear({ flags: 'FA', seq: 3, data: Uint8Array.of(3) })
    assert.deepEqual([script.block.state, script.words()], [ESTABLISHED, ['A 1+0 1']])
    script.hear({ seq: 1, data: Uint8Array.of(1, 2) })
    assert.deepEqual([script.block.state, script.received, script.words()], [CLOSE_WAIT, [1, 2, 3], ['A 1+0 5']])
  })

  it('lets nothing come behind the FIN', () => {
    const script = Script.established()
    script.hear({ flags: 'FA', seq: 1 })
    script.take()
    script.hear({ seq: 2, data: Uint8Array.of(9) })
    assert.deepEqual([script.received, script.words()], [[], ['A 1+0 2']])
  })

  it('keeps memory of nobody', () => {
    for (const end of [(s: Script) => abort(s.block), (s: Script) => s.hear({ flags: 'R', seq: 4 })]) {
      const script = Script.established()
      script.send(100_000)
      script.hear({ seq: 1, data: 3 })
      script.hear({ seq: 10, data: 3 })
      const { send, receive, reorder } = script.block.memory
      assert.ok(send.used >= 100_000 && receive.used === 3 && reorder.used > 0)
      end(script)
      assert.deepEqual([send.used, receive.used, reorder.used], [0, 0, 0])
    }
  })

  it('says a reset that found no room as soon as there is some', () => {
    const script = Script.established()
    script.full = true
    abort(script.block)
    assert.deepEqual(script.words(), [])
    script.makeRoom()
    assert.deepEqual(script.words(), ['RA 1+0 1'])
    script.makeRoom()
    assert.deepEqual(script.words(), [])
  })
})
