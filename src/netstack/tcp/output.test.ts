import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { GIVE_UP, RECEIVE_WINDOW, RTO_MIN, SEND_BUFFER_FIRST, SEND_BUFFER_MAX, ZERO_WINDOW_GIVE_UP } from './limits.ts'
import { makeMemory } from './sample-endpoint.ts'
import { Script } from './sample-script.ts'

const MSS = 1000
const OPEN = { scale: 0, sackPermitted: true, window: 65_535 }

describe('output()', () => {
  it('sends whole segments, the end of it pushed', () => {
    const script = Script.established()
    script.send(1500)
    assert.deepEqual(script.words(), ['A 1+1000 1', 'PA 1001+500 1'])
  })

  it('begins with ten segments, and with each acknowledgement has two more', () => {
    const script = Script.established()
    script.send(60_000)
    assert.equal(script.take().length, 10)
    script.hear({ ack: 1 + 2 * MSS })
    assert.equal(script.take().length, 4)
    script.hear({ ack: 1 + 4 * MSS })
    assert.equal(script.take().length, 4)
  })

  it('sends nothing that the window does not let through', () => {
    const script = Script.established()
    script.hear({ window: 2500 })
    script.send(5000)
    assert.deepEqual(script.words(), ['A 1+1000 1', 'A 1001+1000 1'])
    script.hear({ ack: 2001, window: 2500 })
    assert.deepEqual(script.words(), ['A 2001+1000 1', 'A 3001+1000 1'])
  })

  it('waits for a larger window rather than to send a little (RFC 9293, 3.8.6.2.1)', () => {
    const script = Script.established()
    script.hear({ window: 2400 })
    script.send(3000)
    script.hear({ ack: 2001, window: 400 })
    assert.deepEqual(script.words(), ['A 1+1000 1', 'A 1001+1000 1'])
    script.wait(RTO_MIN)
    assert.deepEqual(script.words(), ['A 2001+400 1'], 'but not for ever')
  })

  it('sends to a peer whose window is always smaller than a segment', () => {
    const script = new Script()
    script.acceptSyn({ ...OPEN, window: 300 })
    script.hear({ ack: 1, window: 300 })
    script.take()
    script.send(900)
    assert.deepEqual(script.words(), ['A 1+300 1'])
    script.hear({ ack: 301, window: 300 })
    assert.deepEqual(script.words(), ['A 301+300 1'])
  })

  it('holds a small end back while segments are out that must be acknowledged at once', () => {
    const script = Script.established()
    script.send(2300)
    assert.deepEqual(script.words(), ['A 1+1000 1', 'A 1001+1000 1'])
    script.send(400)
    assert.deepEqual(script.words(), [])
    script.hear({ ack: 2001 })
    assert.deepEqual(script.words(), ['PA 2001+700 1'])
    script.send(10) // there is no Nagle: this is sent although 700 bytes are out
    assert.deepEqual(script.words(), ['PA 2701+10 1'])
  })

  it('never holds back the end of all', () => {
    const script = Script.established()
    script.send(2300)
    script.finish()
    assert.deepEqual(script.words(), ['A 1+1000 1', 'A 1001+1000 1', 'FPA 2001+300 1'])
  })

  it('sends the FIN alone where the window ends before it', () => {
    const script = Script.established()
    script.hear({ window: 1000 })
    script.send(1000)
    script.finish()
    assert.deepEqual(script.words(), ['PA 1+1000 1'])
    script.hear({ ack: 1001, window: 0 })
    assert.deepEqual(script.words(), [])
    script.hear({ ack: 1001, window: 1 })
    assert.deepEqual(script.words(), ['FA 1001+0 1'])
  })

  it('does not believe in a window that shrinks', () => {
    const script = Script.established()
    script.send(5000)
    script.take()
    script.hear({ ack: 1001, window: 1000 })
    script.send(1000)
    assert.deepEqual(script.words(), [])
    script.hear({ ack: 5001, window: 1000 })
    assert.deepEqual(script.words(), ['PA 5001+1000 1'])
  })

  it('learns nothing of the window from a segment of the past', () => {
    const script = Script.established()
    script.hear({ seq: 1, data: 10, window: 5000 })
    script.hear({ seq: 11, window: 6000 })
    assert.equal(script.block.sndWnd, 6000)
    script.hear({ seq: 1, data: 11, window: 100 })
    assert.equal(script.block.sndWnd, 6000)
  })

  it('begins again with a small window after a pause', () => {
    const script = Script.established()
    for (let ack = 1; ack < 100_000; ack += 2 * MSS) {
      while (script.block.sendBuffer.length < 30_000) script.send(30_000)
      script.hear({ ack })
    }
    script.hear({ ack: (script.block.sndMax - script.block.iss) | 0 })
    while (script.block.sendBuffer.length > 0) script.hear({ ack: (script.block.sndMax - script.block.iss) | 0 })
    script.take()
    assert.ok(script.block.congestion.window > 50 * MSS)
    script.wait(script.block.roundTrip.timeout + 1)
    script.send(60_000)
    assert.equal(script.take().length, 10)
  })

  it('goes on where it was when the queue has room again', () => {
    const script = Script.established()
    script.full = true
    script.send(3000)
    script.hear({ seq: 1, data: 5 })
    script.hear({ seq: 6, data: 5 })
    assert.deepEqual([script.words(), script.events], [[], ['stalled']])
    script.makeRoom()
    assert.deepEqual(script.words(), ['A 1+1000 11', 'A 1001+1000 11', 'PA 2001+1000 11'])
    script.full = true
    script.hear({ seq: 11, ack: 3001, data: 5 })
    script.hear({ seq: 16, ack: 3001, data: 5 })
    script.makeRoom()
    assert.deepEqual(script.words(), ['A 3001+0 21'])
  })

  it('counts nothing as lost while the queue is full', () => {
    const script = Script.established()
    script.send(1000)
    script.full = true
    script.send(5000)
    const { window } = script.block.congestion
    script.take()
    script.wait(5000)
    assert.equal(script.block.congestion.window, window)
    script.makeRoom()
    assert.equal(script.words()[0], 'A 1001+1000 1')
  })
})

describe('a window that is shut', () => {
  it('is asked for with a byte that it does not let through, ever more seldom', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.send(5000)
    assert.deepEqual(script.words(), [])
    script.wait(15_000)
    const probes = script.take()
    assert.ok(probes.length >= 3 && probes.length < 8, `${probes.length}`)
    for (const { flags, seq, length } of probes) assert.deepEqual([flags, seq, length], ['A', 1, 1])
  })

  it('opens: what waited leaves, the byte with it', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.send(1500)
    script.wait(3000)
    script.take()
    script.hear({ window: 5000 })
    assert.deepEqual(script.words(), ['A 1+1000 1', 'PA 1001+500 1'])
    script.wait(RTO_MIN)
    assert.deepEqual(script.words(), ['A 1+1000 1'], 'the timeout is not that of the probes')
  })

  it('may take the byte', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.send(1500)
    script.wait(3000)
    script.take()
    script.hear({ ack: 2, window: 0 })
    assert.equal(script.block.sendBuffer.length, 1499)
    script.hear({ ack: 2, window: 5000 })
    assert.deepEqual(script.words(), ['A 2+1000 1', 'PA 1002+499 1'])
  })

  it('may not take a byte that was not sent', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.send(1500)
    script.hear({ ack: 2, window: 0 })
    assert.equal(script.block.sendBuffer.length, 1500)
  })

  it('is waited for while the peer answers, but not for ever', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.send(1)
    for (let time = 0; time < ZERO_WINDOW_GIVE_UP - 60_000; time += 30_000) {
      script.wait(30_000)
      script.hear({ window: 0 })
    }
    assert.deepEqual(script.events, [])
    for (let time = 0; time < 180_000; time += 30_000) {
      script.wait(30_000)
      script.hear({ window: 0 })
    }
    assert.deepEqual(script.events, ['timed out'])
  })

  it('is given up where no probe is answered', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.send(1)
    script.wait(GIVE_UP - 1)
    assert.deepEqual(script.events, [])
    script.wait(61_000)
    assert.deepEqual(script.events, ['timed out'])
  })

  it('does not keep a FIN from being asked for', () => {
    const script = Script.established()
    script.hear({ window: 0 })
    script.finish()
    script.wait(1500)
    assert.equal(script.words()[0], 'FA 1+0 1')
    script.hear({ ack: 2, window: 0 })
    assert.equal(script.block.finAcknowledged, true)
  })
})

describe('the send buffer', () => {
  it('takes what there is room for, and tells when there is more', () => {
    const script = Script.established({ scale: 10, sackPermitted: true })
    script.hear({ window: 0 })
    const first = script.send(2_000_000)
    assert.ok(first > 0 && first < 300_000, `${first}`)
    assert.equal(script.send(1), 0)
    script.hear({ window: 60_000 })
    let acked = 0
    for (; !script.events.includes('room'); acked += MSS) script.hear({ ack: 1 + acked, window: 60_000 })
    assert.ok(script.block.sendBuffer.length <= script.block.sendBuffer.capacity / 2)
  })

  it('grows with what the peer takes in, up to its limit', () => {
    const script = Script.established({ scale: 10, sackPermitted: true })
    let most = 0
    for (let i = 0; i < 200; i++) {
      while (script.send(65_536) === 65_536);
      const { sndMax, sndUna, iss } = script.block
      script.hear({ ack: (sndMax - iss - ((sndMax - sndUna) >> 1)) | 0, window: 60_000 })
      most = Math.max(most, script.block.sendBuffer.capacity)
      script.said.length = 0
    }
    assert.equal(most, SEND_BUFFER_MAX)
  })

  it('works with the least, where the guest has no memory left', () => {
    const script = Script.established(OPEN, 1020, makeMemory(0))
    assert.equal(script.send(100_000), SEND_BUFFER_FIRST)
    const other = Script.established(OPEN, 1020, makeMemory(RECEIVE_WINDOW))
    assert.ok(other.send(100_000) > SEND_BUFFER_FIRST)
  })
})
