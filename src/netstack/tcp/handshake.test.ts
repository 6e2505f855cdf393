import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { CLOSED, ESTABLISHED, FIN_WAIT_1, SYN_RECEIVED, SYN_SENT } from './control-block.ts'
import { HANDSHAKE_GIVE_UP } from './limits.ts'
import { Script } from './sample-script.ts'

function opened(): Script {
  const script = new Script()
  script.open()
  return script
}

describe('open()', () => {
  it('sends a SYN with everything that it can', () => {
    const [syn] = opened().take()
    assert.deepEqual(syn, {
      flags: 'S',
      seq: 0,
      ack: 0,
      window: 65_535,
      length: 0,
      mss: 1000,
      scale: 5,
      sackPermitted: true,
      sack: [],
    })
  })

  it('stands once the peer has answered, and acknowledges that', () => {
    const script = opened()
    script.take()
    script.hear({ flags: 'SA', seq: 0, ack: 1, mss: 900, scale: 7, window: 1000 })
    assert.deepEqual(script.words(), ['A 1+0 1'])
    assert.deepEqual(script.events, ['established'])
    const { state, sndMss, sndWnd, sndShift, sackPermitted } = script.block
    // The window of a SYN is never scaled.
    assert.deepEqual([state, sndMss, sndWnd, sndShift, sackPermitted], [ESTABLISHED, 900, 1000, 7, false])
  })

  it('lets both sides call at once', () => {
    const script = opened()
    script.take()
    script.hear({ flags: 'S', seq: 0, window: 500, scale: 3 })
    assert.equal(script.block.state, SYN_RECEIVED)
    assert.deepEqual(script.words(), ['SA 0+0 1'])
    script.hear({ flags: 'SA', seq: 0, ack: 1, window: 500, scale: 3 })
    assert.deepEqual([script.block.state, script.block.sndWnd], [ESTABLISHED, 500])
    assert.deepEqual(script.events, ['established'])
  })

  it('is refused by a reset that acknowledges the SYN', () => {
    const script = opened()
    script.hear({ flags: 'RA', seq: 0, ack: 1 })
    assert.deepEqual([script.block.state, script.events], [CLOSED, ['refused']])
  })

  const others: [why: string, heard: Parameters<Script['hear']>[0], strays: number][] = [
    ['a reset that acknowledges nothing', { flags: 'R', seq: 0 }, 0],
    ['a reset that acknowledges something else', { flags: 'RA', seq: 0, ack: 2 }, 0],
    ['an answer to something else', { flags: 'SA', seq: 0, ack: 2 }, 1],
    ['an answer to something older', { flags: 'A', seq: 0, ack: 0 }, 1],
    ['an acknowledgement without a SYN', { flags: 'A', seq: 0, ack: 1 }, 0],
    ['a segment without any of them', { flags: 'P', seq: 0, data: 4 }, 0],
  ]
  for (const [why, heard, strays] of others) {
    it(`is not moved by ${why}`, () => {
      const script = opened()
      script.take()
      script.hear(heard)
      assert.deepEqual([script.block.state, script.strays, script.events, script.words()], [SYN_SENT, strays, [], []])
    })
  }

  it('asks again, ever later, and gives up', () => {
    const script = opened()
    script.wait(HANDSHAKE_GIVE_UP - 1)
    assert.deepEqual(
      script.words(),
      Array.from({ length: 6 }, () => 'S 0+0 0'),
    )
    assert.deepEqual(script.events, [])
    script.wait(60_000)
    assert.deepEqual([script.words(), script.events], [[], ['timed out']])
  })

  it('measures no SYN that was sent twice', () => {
    const script = opened()
    script.wait(1500)
    script.hear({ flags: 'SA', seq: 0, ack: 1 })
    assert.equal(script.block.roundTrip.smoothed, -1)
    const other = opened()
    other.wait(500)
    other.hear({ flags: 'SA', seq: 0, ack: 1 })
    assert.equal(other.block.roundTrip.smoothed, 500)
  })

  it('waits for room in the queue', () => {
    const script = new Script()
    script.full = true
    script.open()
    assert.deepEqual([script.words(), script.events], [[], ['stalled']])
    script.makeRoom()
    assert.deepEqual(script.words(), ['S 0+0 0'])
  })
})

describe('answer()', () => {
  it('offers what the peer has offered', () => {
    const script = new Script()
    script.acceptSyn({ scale: 2, sackPermitted: true })
    const [first] = script.take()
    assert.deepEqual([first?.flags, first?.ack, first?.scale, first?.sackPermitted], ['SA', 1, 5, true])
    const other = new Script()
    other.acceptSyn()
    const [second] = other.take()
    assert.deepEqual([second?.scale, second?.sackPermitted, second?.window], [-1, false, 65_535])
  })

  it('takes 536 bytes where no MSS is named, and nothing below 64 or above its own', () => {
    for (const [named, used] of [
      [0, 536],
      [1, 64],
      [64, 64],
      [900, 900],
      [9000, 1000],
    ] as const) {
      const script = new Script()
      script.acceptSyn({ mss: named })
      assert.equal(script.block.sndMss, used)
    }
  })

  it('takes no shift above 14', () => {
    const script = new Script()
    script.acceptSyn({ scale: 200 })
    assert.equal(script.block.sndShift, 14)
  })

  it('answers a SYN that comes again once more', () => {
    const script = new Script()
    script.acceptSyn()
    script.take()
    script.hear({ flags: 'S', seq: 0 })
    assert.deepEqual([script.words(), script.block.state], [['SA 0+0 1'], SYN_RECEIVED])
  })

  it('wants its SYN acknowledged, and nothing else', () => {
    for (const ack of [0, 2]) {
      const script = new Script()
      script.acceptSyn()
      script.hear({ flags: 'A', seq: 1, ack })
      assert.deepEqual([script.strays, script.block.state], [1, SYN_RECEIVED])
    }
  })

  it('takes the data that comes with the acknowledgement', () => {
    const script = new Script()
    script.acceptSyn()
    script.take()
    script.hear({ flags: 'PA', seq: 1, ack: 1, data: Uint8Array.of(1, 2) })
    assert.deepEqual([script.received, script.words()], [[1, 2], ['A 1+0 3']])
  })

  it('sends what was queued before it stood, and its end', () => {
    const script = new Script()
    script.acceptSyn()
    script.send(10)
    script.finish()
    script.take()
    script.hear({ flags: 'A', seq: 1, ack: 1 })
    assert.deepEqual([script.words(), script.block.state], [['FPA 1+10 1'], FIN_WAIT_1])
  })

  it('is given up when the peer resets it', () => {
    const script = new Script()
    script.acceptSyn()
    script.hear({ flags: 'R', seq: 1 })
    assert.deepEqual([script.block.state, script.events], [CLOSED, ['refused']])
  })

  it('is said again while nobody acknowledges it, and given up', () => {
    const script = new Script()
    script.acceptSyn()
    script.wait(HANDSHAKE_GIVE_UP * 2)
    assert.deepEqual(script.words(), [...Array.from({ length: 6 }, () => 'SA 0+0 1'), 'RA 1+0 1'])
    assert.deepEqual(script.events, ['timed out'])
  })

  it('is scaled from the first segment after it', () => {
    const script = new Script()
    script.acceptSyn({ scale: 3, window: 100 })
    script.hear({ flags: 'A', seq: 1, ack: 1, window: 100 })
    assert.equal(script.block.sndWnd, 800)
  })
})
