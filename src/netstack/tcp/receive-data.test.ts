import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { Budget } from './budget.ts'
import { settleAck, taken } from './connection.ts'
import { DELAYED_ACK, RECEIVE_WINDOW } from './limits.ts'
import { Script } from './sample-script.ts'

const A = Uint8Array.of(1, 2)
const B = Uint8Array.of(3, 4)
const C = Uint8Array.of(5, 6)

describe('receiveData()', () => {
  it('acknowledges every second segment at once, a single one after a while', () => {
    const script = Script.established()
    script.hear({ seq: 1, data: A })
    assert.deepEqual(script.words(), [])
    script.hear({ seq: 3, data: B })
    assert.deepEqual(script.words(), ['A 1+0 5'])
    script.hear({ seq: 5, data: C })
    script.wait(DELAYED_ACK - 1)
    assert.deepEqual(script.words(), [])
    script.wait(1)
    assert.deepEqual([script.words(), script.received], [['A 1+0 7'], [1, 2, 3, 4, 5, 6]])
  })

  it('acknowledges segments that come together with one, or some of many', () => {
    const script = Script.established()
    script.batch = true
    for (let i = 0; i < 40; i++) script.hear({ seq: 1 + 2 * i, data: A })
    assert.deepEqual(script.words(), ['A 1+0 33', 'A 1+0 65'])
    settleAck(script.block)
    settleAck(script.block)
    assert.deepEqual(script.words(), ['A 1+0 81'])
    script.hear({ seq: 81, data: A })
    script.hear({ seq: 83, data: A })
    script.send(3) // carries it
    settleAck(script.block)
    assert.deepEqual(script.words(), ['PA 1+3 85'])
    script.hear({ seq: 85, data: A, ack: 4 })
    settleAck(script.block) // a single one is not due yet
    assert.deepEqual(script.words(), [])
  })

  it('acknowledges a pushed segment at once, unless answers use to carry that', () => {
    const script = Script.established()
    script.hear({ flags: 'PA', seq: 1, data: A })
    assert.deepEqual(script.words(), ['A 1+0 3'])
    script.hear({ seq: 3, data: B })
    script.send(1)
    assert.deepEqual(script.words(), ['PA 1+1 5'])
    script.hear({ flags: 'PA', seq: 5, ack: 2, data: C })
    assert.deepEqual(script.words(), [])
    script.wait(DELAYED_ACK) // no answer: the next one is acknowledged at once again
    script.take()
    script.hear({ flags: 'PA', seq: 7, ack: 2, data: A })
    assert.deepEqual(script.words(), ['A 2+0 9'])
  })

  it('acknowledges what is out of order at once, and says what it has', () => {
    const script = Script.established()
    script.hear({ seq: 3, data: B })
    script.hear({ seq: 9, data: A })
    script.hear({ seq: 5, data: C })
    assert.deepEqual(
      script.take().map(({ ack, sack }) => [ack, sack]),
      [
        [1, [[3, 5]]],
        [
          1,
          [
            [9, 11],
            [3, 5],
          ],
        ],
        [
          1,
          [
            [3, 7],
            [9, 11],
          ],
        ],
      ],
    )
    script.hear({ seq: 1, data: A })
    assert.deepEqual(script.received, [1, 2, 3, 4, 5, 6])
    assert.deepEqual(
      script.take().map(({ ack, sack }) => [ack, sack]),
      [[7, [[9, 11]]]],
    )
    script.hear({ seq: 7, data: B })
    assert.deepEqual([script.received.slice(6), script.block.memory.reorder.used], [[3, 4, 1, 2], 0])
    assert.deepEqual(script.words(), ['A 1+0 11'])
  })

  it('says nothing selective to a peer that has not asked for it', () => {
    const script = Script.established({ scale: 0 })
    script.hear({ seq: 3, data: B })
    assert.deepEqual(script.take()[0]?.sack, [])
  })

  const trimmed: [why: string, seq: number, data: number[], received: number[]][] = [
    ['a segment that came before', 1, [1, 2], []],
    ['its first half', 2, [2, 3], [3]],
    ['a byte of the past, as keep-alives have it', 2, [2], []],
  ]
  for (const [why, seq, data, received] of trimmed) {
    it(`delivers nothing twice: ${why}`, () => {
      const script = Script.established()
      script.hear({ flags: 'PA', seq: 1, data: A })
      script.take()
      script.received.length = 0
      script.hear({ seq, data: Uint8Array.from(data) })
      assert.deepEqual([script.received, script.words()], [received, [`A 1+0 ${3 + received.length}`]])
    })
  }

  it('takes nothing beyond the window that it has shown', () => {
    const script = Script.established()
    const edge = 1 + script.block.rcvAdv - script.block.rcvNxt
    script.hear({ seq: edge - 2, data: Uint8Array.of(1, 2, 3, 4), flags: 'FA' })
    const [ack] = script.take()
    assert.deepEqual(ack?.sack, [[edge - 2, edge]])
    assert.equal(script.events.length, 0)
  })

  it('drops bytes that there is no memory for, and takes them when there is', () => {
    const memory = { send: new Budget(1000), receive: new Budget(3), reorder: new Budget(0) }
    const script = Script.established({ scale: 0, sackPermitted: true }, 1020, memory)
    script.hear({ flags: 'PA', seq: 1, data: A })
    script.hear({ seq: 3, data: B })
    assert.deepEqual(
      [script.received, script.words()],
      [
        [1, 2],
        ['A 1+0 3', 'A 1+0 3'],
      ],
    )
    script.hear({ seq: 5, data: C }) // nor is there any for what is out of order
    assert.deepEqual(script.take()[0]?.sack, [])
    taken(script.block, 2)
    script.hear({ seq: 3, data: B })
    script.hear({ seq: 5, data: C })
    assert.deepEqual(script.received, [1, 2, 3, 4])
  })
})

describe('the window that is shown', () => {
  /** Bytes up to which the peer may send, as it knows. */
  const shown = (script: Script): number => script.block.rcvAdv - script.block.rcvNxt

  it('closes with what nobody has taken, and opens again by itself', () => {
    const script = Script.established({ scale: 0, sackPermitted: true }, 20_020)
    for (let seq = 1; shown(script) > 0; seq += 20_000) script.hear({ seq, data: Math.min(20_000, shown(script)) })
    const { untaken } = script.block
    assert.ok(untaken >= RECEIVE_WINDOW && untaken < RECEIVE_WINDOW + 32)
    script.take()
    taken(script.block, 10_000) // less than two segments: not worth telling
    assert.deepEqual(script.words(), [])
    taken(script.block, 30_000)
    const [update, ...others] = script.take()
    assert.deepEqual([update?.flags, update?.length, others.length], ['A', 0, 0])
    assert.ok((update?.window ?? 0) << 5 > 39_900)
    taken(script.block, 39_000) // less than twice that
    assert.deepEqual(script.words(), [])
    taken(script.block, 2000)
    assert.equal(script.take().length, 1)
    taken(script.block, RECEIVE_WINDOW)
    assert.equal(script.take().length, 1)
    assert.equal(script.block.memory.receive.used, 0)
  })

  it('never takes back what it has shown', () => {
    const script = Script.established()
    let edge = script.block.rcvAdv
    for (let i = 0; i < 5000; i++) {
      script.hear({ seq: 1 + 7 * i, data: 7 })
      if (i % 3 === 0) taken(script.block, 13)
      for (const { ack, window, flags } of script.take()) {
        assert.equal(flags, 'A')
        const now = (script.block.irs + ack + (window << 5)) | 0
        assert.ok(now >= edge, `${now} after ${edge}`)
        edge = now
      }
    }
  })

  it('is told to a peer without scaling as it is', () => {
    const script = Script.established({})
    script.hear({ seq: 1, flags: 'PA', data: 1000 })
    assert.equal(script.take()[0]?.window, 64_535)
    taken(script.block, 1000)
    script.hear({ seq: 1001, flags: 'PA', data: 1000 })
    assert.equal(script.take()[0]?.window, 64_535)
  })
})
