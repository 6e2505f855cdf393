import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { DUPLICATE_ACKS, GIVE_UP, RTO_MIN } from './limits.ts'
import { Script } from './sample-script.ts'

const SACK = { scale: 0, sackPermitted: true }
const PLAIN = { scale: 0 }

/** Ten segments of 1000 bytes are out, the first one with sequence number 1; more wait. */
function tenOut(syn: typeof SACK | typeof PLAIN): Script {
  const script = Script.established(syn)
  script.send(30_000)
  assert.equal(script.take().length, 10)
  return script
}

describe('recovery', () => {
  it('sends a segment again after three duplicates, and new ones for those that have arrived', () => {
    const script = tenOut(PLAIN)
    script.hear({ ack: 1 })
    script.hear({ ack: 1 })
    assert.deepEqual(script.words(), ['A 10001+1000 1', 'A 11001+1000 1'], 'RFC 3042')
    script.hear({ ack: 1 })
    assert.deepEqual(script.words(), ['A 1+1000 1'])
    assert.equal(script.block.congestion.threshold, 6000)
    for (let i = 0; i < 5; i++) script.hear({ ack: 1 })
    assert.deepEqual(script.words(), ['A 12001+1000 1', 'A 13001+1000 1'])
    script.hear({ ack: 12_001 })
    assert.equal(script.block.recovering, false)
    assert.ok(script.block.congestion.window <= 6000)
  })

  it('sends one segment for each partial acknowledgement (RFC 6582)', () => {
    const script = tenOut(PLAIN)
    for (let i = 0; i < DUPLICATE_ACKS; i++) script.hear({ ack: 1 })
    script.take()
    script.hear({ ack: 3001 })
    assert.equal(script.words()[0], 'A 3001+1000 1')
    assert.equal(script.block.recovering, true)
    script.hear({ ack: 5001 })
    assert.equal(script.words()[0], 'A 5001+1000 1')
  })

  const none: [why: string, heard: Parameters<Script['hear']>[0]][] = [
    ['with bytes', { ack: 1, data: 3 }],
    ['with another window', { ack: 1, window: 100_000 }],
    ['of the past', { ack: 0 }],
  ]
  for (const [why, heard] of none) {
    it(`takes an acknowledgement ${why} for no duplicate`, () => {
      const script = tenOut(PLAIN)
      for (let i = 0; i < 5; i++) script.hear({ ...heard, window: (heard.window ?? 65_535) - (heard.window ? i : 0) })
      assert.deepEqual([script.block.duplicateAcks, script.block.recovering], [0, false])
    })
  }

  it('takes no acknowledgement for a duplicate while nothing is out', () => {
    const script = Script.established()
    for (let i = 0; i < 5; i++) script.hear({ ack: 1 })
    assert.equal(script.block.duplicateAcks, 0)
  })

  it('fills the holes that the peer tells of, each once (RFC 6675)', () => {
    const script = tenOut(SACK)
    script.hear({ ack: 1, sack: [[1001, 2001]] })
    script.hear({ ack: 1, sack: [[1001, 2001], [3001, 4001]] }) // biome-ignore format: as they are
    script.take()
    script.hear({ ack: 1, sack: [[1001, 2001], [3001, 4001], [5001, 9001]] }) // biome-ignore format: as they are
    assert.deepEqual(script.words(), ['A 1+1000 1', 'A 2001+1000 1', 'A 4001+1000 1'])
    script.hear({ ack: 1, sack: [[1001, 2001], [3001, 4001], [5001, 10_001]] }) // biome-ignore format: as they are
    for (const { seq } of script.take()) assert.ok(seq > 10_000)
    script.hear({ ack: 4001, sack: [[5001, 10_001]] })
    for (const { seq } of script.take()) assert.ok(seq > 10_000)
    assert.equal(script.block.sacked.total, 5000)
  })

  it('needs no third duplicate where enough has arrived behind the hole', () => {
    const script = tenOut(SACK)
    script.hear({ ack: 1, sack: [[1001, 5001]] })
    assert.equal(script.words()[0], 'A 1+1000 1')
  })

  it('goes on with the next hole after a partial acknowledgement', () => {
    const script = tenOut(SACK)
    for (let i = 0; i < 3; i++) script.hear({ ack: 1, sack: [[1001, 2001 + 1000 * i]] })
    script.take()
    script.hear({ ack: 4001 })
    assert.equal(script.words()[0], 'A 4001+1000 1')
  })

  const lies: [why: string, block: [number, number]][] = [
    ['what is acknowledged', [0, 1]],
    ['what was not sent', [9001, 10_002]],
    ['nothing', [2001, 2001]],
    ['less than nothing', [3001, 2001]],
    ['half of all numbers', [2001, 0x7fffffff]],
  ]
  for (const [why, block] of lies) {
    it(`does not believe in blocks of ${why}`, () => {
      const script = tenOut(SACK)
      for (let i = 0; i < 5; i++) script.hear({ ack: 1, sack: [block] })
      assert.deepEqual([script.block.sacked.total, script.block.recovering], [0, false])
    })
  }

  it('does not listen to blocks that were not agreed upon', () => {
    const script = tenOut(PLAIN)
    script.hear({ ack: 1, sack: [[1001, 9001]] })
    assert.equal(script.block.sacked.total, 0)
  })

  it('halves once for all losses of a flight', () => {
    const script = tenOut(SACK)
    script.hear({ ack: 1, sack: [[3001, 10_001]] })
    assert.equal(script.block.congestion.threshold, 5000)
    script.hear({ ack: 1001, sack: [[3001, 10_001]] })
    script.hear({ ack: 10_001 })
    assert.equal(script.block.congestion.threshold, 5000)
  })

  it('lets the oldest hole be followed by bytes and the FIN', () => {
    const script = Script.established(SACK)
    script.send(4500)
    script.finish()
    script.take()
    script.hear({ ack: 1001, sack: [[1001 + 0, 1001]] })
    script.hear({ ack: 4001 })
    script.wait(RTO_MIN)
    assert.deepEqual(script.words(), ['FPA 4001+500 1'])
  })
})

describe('a retransmission timeout', () => {
  it('sends everything again, from one segment on, ever later', () => {
    const script = tenOut(SACK)
    script.wait(RTO_MIN)
    assert.deepEqual(script.words(), ['A 1+1000 1'])
    script.wait(2 * RTO_MIN - 1)
    assert.deepEqual(script.words(), [])
    script.wait(1)
    assert.deepEqual(script.words(), ['A 1+1000 1'])
    assert.deepEqual([script.block.congestion.threshold, script.block.congestion.window], [5000, 1000])
    script.hear({ ack: 1001 })
    assert.deepEqual(script.words(), ['A 1001+1000 1', 'A 2001+1000 1'])
  })

  it('leaves out what the peer has told of since', () => {
    const script = tenOut(SACK)
    script.hear({ ack: 1, sack: [[2001, 3001]] })
    script.take()
    script.wait(RTO_MIN)
    assert.deepEqual(script.words(), ['A 1+1000 1'])
    script.hear({ ack: 1001, sack: [[2001, 4001]] })
    assert.deepEqual(script.words(), ['A 1001+1000 1', 'A 4001+1000 1'])
  })

  it('is not made of acknowledgements of segments that were sent twice (Karn)', () => {
    const script = tenOut(SACK)
    script.wait(RTO_MIN)
    script.wait(399)
    script.hear({ ack: 10_001 })
    assert.equal(script.block.roundTrip.timeout, RTO_MIN)
  })

  it('is not made of those that recovery has sent twice, either', () => {
    const script = tenOut(SACK)
    script.wait(RTO_MIN - 10)
    script.hear({ ack: 1, sack: [[1001, 10_001]] })
    script.wait(9)
    script.hear({ ack: 10_001 })
    assert.equal(script.block.roundTrip.smoothed, 0, 'as the handshake has it')
  })

  it('believes no block from before it: the peer may have thrown that away (RFC 2018, 8)', () => {
    const script = tenOut(SACK)
    script.hear({ ack: 1, sack: [[2001, 3001]] })
    script.wait(RTO_MIN)
    script.take()
    script.hear({ ack: 1001 })
    assert.deepEqual(script.words(), ['A 1001+1000 1', 'A 2001+1000 1'])
  })

  it('is measured with those that were sent once', () => {
    const script = tenOut(SACK)
    script.wait(150)
    script.hear({ ack: 1001 })
    assert.equal(script.block.roundTrip.smoothed, 150 / 8)
  })

  it('starts anew with each acknowledgement of something new, and with no other', () => {
    const script = tenOut(SACK)
    script.wait(RTO_MIN - 1)
    script.hear({ ack: 1001 })
    script.take()
    script.wait(RTO_MIN - 1)
    assert.deepEqual(script.words(), [])
    script.hear({ ack: 1001, window: 60_000 })
    script.wait(500)
    assert.equal(script.words()[0], 'A 1001+1000 1')
  })

  it('takes duplicates of what it has sent again for no loss', () => {
    const script = tenOut(PLAIN)
    script.wait(RTO_MIN)
    for (let i = 0; i < 6; i++) script.hear({ ack: 1 })
    assert.equal(script.block.recovering, false)
  })

  it('gives up, and says so to the peer', () => {
    const script = tenOut(SACK)
    script.wait(GIVE_UP)
    assert.deepEqual(script.events, [])
    script.take()
    script.wait(GIVE_UP)
    assert.deepEqual([script.events, script.take().at(-1)?.flags], [['timed out'], 'RA'])
  })

  it('does not give up on a peer that acknowledges now and then', () => {
    const script = Script.established(SACK)
    script.send(30_000)
    for (let i = 1; i <= 20; i++) {
      script.wait(GIVE_UP / 3)
      script.hear({ ack: 1 + 1000 * i })
    }
    assert.deepEqual(script.events, [])
  })
})
