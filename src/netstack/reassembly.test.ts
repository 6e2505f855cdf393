import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { emptyPacket, type Packet, readPacket } from './packet.ts'
import { Reassembly } from './reassembly.ts'
import { icmp, ipv4 } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'
import { Timers } from './timers.ts'

const ENDS = { from: '10.0.0.2', to: '10.0.0.1' }
const WHOLE = Uint8Array.from({ length: 4000 }, (_, i) => i * 7)

type Piece = { readonly at: number; readonly end: number; readonly last?: boolean; readonly id?: number }

function packetOf({ at, end, last = end === WHOLE.length, id = 5 }: Piece, payload: Uint8Array = WHOLE): Packet {
  const packet = emptyPacket()
  const bytes = ipv4(ENDS, 17, payload.subarray(at, end), { id, fragment: (at / 8) | (last ? 0 : 0x2000) })
  assert.equal(readPacket(packet, bytes, 0, bytes.length), undefined)
  return packet
}

function reassembly() {
  const timers = new Timers()
  const gaveUp: number[] = []
  return { timers, gaveUp, parts: new Reassembly(timers, (_, first) => void gaveUp.push(first.length)) }
}

const payloadOf = ({ bytes, at, length }: Packet): Uint8Array => bytes.slice(at, at + length)

describe('Reassembly', () => {
  it('puts parts together in whatever order they come, also twice', () => {
    const cuts = fc
      .uniqueArray(fc.integer({ min: 1, max: 499 }), { maxLength: 30 })
      .map((units) => [0, ...units.map((unit) => unit * 8), 4000].sort((a, b) => a - b))
    const pieces = cuts.chain((ends) => {
      const all = ends.slice(1).map((end, i): Piece => ({ at: ends[i] as number, end }))
      return fc.tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all))
    })
    fc.assert(
      fc.property(pieces, ([order, twice]) => {
        const { parts, timers } = reassembly()
        const all = order.flatMap((piece) => (twice.includes(piece) ? [piece, piece] : [piece]))
        const done = all.flatMap((piece) => {
          const packet = packetOf(piece)
          return parts.add(packet, 0) === 'complete' ? [payloadOf(packet)] : []
        })
        assert.deepEqual(done[0], WHOLE)
        // The last part's repetition begins another datagram, that never gets its others.
        assert.ok(done.length === 1 || order.length === 1)
        parts.clear()
        assert.equal(timers.deadline, undefined)
      }),
    )
  })

  it('keeps the header of the first part in front of the whole', () => {
    const { parts } = reassembly()
    parts.add(packetOf({ at: 8, end: 4000 }), 0)
    const packet = packetOf({ at: 0, end: 8 })
    assert.equal(parts.add(packet, 0), 'complete')
    assert.deepEqual([packet.header, packet.at, packet.bytes.length, packet.fragment], [0, 20, 4020, 0])
    assert.deepEqual([...packet.bytes.subarray(12, 16)], [10, 0, 0, 2])
  })

  it('keeps datagrams apart', () => {
    const { parts } = reassembly()
    parts.add(packetOf({ at: 0, end: 800, id: 5 }), 0)
    assert.equal(parts.add(packetOf({ at: 800, end: 4000, id: 6 }), 0), 'incomplete')
    assert.equal(parts.add(packetOf({ at: 800, end: 4000, id: 5 }), 0), 'complete')
  })

  const contradictions: [why: string, pieces: readonly Piece[]][] = [
    [
      'parts that overlap at their ends',
      [
        { at: 0, end: 808 },
        { at: 800, end: 1600 },
      ],
    ],
    [
      'a part within another',
      [
        { at: 0, end: 1600 },
        { at: 800, end: 1200 },
      ],
    ],
    [
      'a part around another',
      [
        { at: 800, end: 1200 },
        { at: 0, end: 1600 },
      ],
    ],
    [
      'a part with the place of another, but longer',
      [
        { at: 800, end: 1200 },
        { at: 800, end: 1600 },
      ],
    ],
    [
      'two ends',
      [
        { at: 3200, end: 4000 },
        { at: 1600, end: 2400, last: true },
      ],
    ],
    [
      'a part behind the end',
      [
        { at: 800, end: 1600, last: true },
        { at: 1600, end: 2400 },
      ],
    ],
    [
      'an end in front of a part',
      [
        { at: 1600, end: 2400 },
        { at: 800, end: 1600, last: true },
      ],
    ],
  ]
  for (const [why, pieces] of contradictions) {
    it(`refuses ${why}, and forgets what came before`, () => {
      const { parts, timers } = reassembly()
      assert.deepEqual(
        pieces.map((piece) => parts.add(packetOf(piece), 0)),
        ['incomplete', 'refused'],
      )
      assert.equal(timers.deadline, undefined)
    })
  }

  const impossible: [why: string, piece: Piece, payload?: Uint8Array][] = [
    ['a part that is no whole number of units', { at: 0, end: 12 }],
    ['a part of no bytes', { at: 8, end: 8 }],
    ['a part beyond the longest packet', { at: 65_512, end: 65_520, last: true }, new Uint8Array(65_600)],
  ]
  for (const [why, piece, payload] of impossible) {
    it(`refuses ${why}`, () => {
      const { parts, timers } = reassembly()
      assert.equal(parts.add(packetOf(piece, payload), 0), 'refused')
      assert.equal(timers.deadline, undefined)
    })
  }

  it('gives up after fifteen seconds, and tells of those whose beginning it has', () => {
    const { parts, timers, gaveUp } = reassembly()
    parts.add(packetOf({ at: 0, end: 800, id: 1 }), 0)
    parts.add(packetOf({ at: 800, end: 1600, id: 2 }), 1000)
    parts.add(packetOf({ at: 0, end: 80, id: 3 }), 2000)
    assert.equal(timers.deadline, 15_000)
    timers.advance(15_000)
    assert.deepEqual([gaveUp, timers.deadline], [[820], 16_000])
    timers.advance(17_000)
    assert.deepEqual([gaveUp, timers.deadline], [[820, 100], undefined])
    assert.equal(parts.add(packetOf({ at: 800, end: 4000, id: 1 }), 17_000), 'incomplete')
  })

  it('keeps sixteen datagrams, the latest', () => {
    const { parts } = reassembly()
    for (let id = 1; id <= 17; id++) parts.add(packetOf({ at: 0, end: 800, id }), 0)
    const state = (id: number): string => parts.add(packetOf({ at: 800, end: 4000, id }), 0)
    assert.equal(state(2), 'complete')
    assert.equal(state(17), 'complete')
    assert.equal(state(1), 'incomplete')
  })

  it('keeps a megabyte, what each part costs beside its bytes with it', () => {
    const { parts } = reassembly()
    const all = new Uint8Array(65_504)
    // 1365 parts of 48 bytes cost 240 KB, so that four datagrams of them fit.
    for (let id = 1; id <= 5; id++) {
      for (let at = 0; at + 48 < all.length; at += 48) parts.add(packetOf({ at, end: at + 48, id }, all), 0)
    }
    const end = Math.floor((all.length - 1) / 48) * 48
    const state = (id: number): string => parts.add(packetOf({ at: end, end: end + 8, id, last: true }, all), 0)
    assert.deepEqual([state(5), state(4), state(3), state(2)], ['complete', 'complete', 'complete', 'complete'])
    assert.equal(state(1), 'incomplete')
  })

  it('takes no more parts of one datagram than the longest needs', () => {
    const { parts } = reassembly()
    const all = new Uint8Array(65_504)
    const part = (i: number): Packet => packetOf({ at: i * 8, end: i * 8 + 8, last: false }, all)
    const states = Array.from({ length: 1367 }, (_, i) => parts.add(part(i), 0))
    assert.deepEqual([states.indexOf('refused'), states.length], [1366, 1367])
  })
})

describe('fragments that never become a packet', () => {
  it('are told to the guest by ICMP', () => {
    const { network } = sampleNetwork()
    const guest = new SampleGuest(network, 'web', '10.0.0.2')
    const message = icmp(8, 0, new Uint8Array(2000))
    guest.sendIp('10.0.0.1', 1, message.subarray(0, 1480), { id: 77, fragment: 0x2000 })
    assert.deepEqual([guest.take(), network.deadline], [[], 15_000])
    network.advance(15_000)
    const [packet] = guest.packets()
    assert.deepEqual([packet?.from, packet?.payload[0], packet?.payload[1]], ['10.0.0.1', 11, 1])
    assert.deepEqual(packet?.payload.subarray(8 + 4, 8 + 6), Uint8Array.of(0, 77))
  })
})
