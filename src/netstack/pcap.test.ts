import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { pcapHeader, pcapRecord } from './pcap.ts'
import { concat, readFrame } from './sample-frames.ts'
import { SampleGuest, sampleNetwork } from './sample-guest.ts'

const u32 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)

describe('pcapHeader()', () => {
  it('is that of version 2.4, nanoseconds, Ethernet, and the longest frame', () => {
    const expected = [0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0d, 0, 1, 0, 1, 0, 0, 0]
    assert.deepEqual([...pcapHeader()], expected)
  })
})

describe('pcapRecord()', () => {
  it('has the moment, the length twice, and the frame', () => {
    const bytes = pcapRecord(1_790_000_001_250.5, Uint8Array.of(7, 8, 9))
    assert.deepEqual([u32(bytes, 0), u32(bytes, 4), u32(bytes, 8), u32(bytes, 12)], [1_790_000_001, 250_500_000, 3, 3])
    assert.deepEqual([...bytes.subarray(16)], [7, 8, 9])
  })

  it('never says a whole second of nanoseconds', () => {
    assert.ok(u32(pcapRecord(1999.9999999, new Uint8Array(0)), 4) < 1e9)
  })
})

describe('a guest whose wire is recorded', () => {
  it('has what it sends and gets written, with the time at its end of the wire', () => {
    const { network } = sampleNetwork()
    const pieces: Uint8Array[] = []
    const pcap = { write: (bytes: Uint8Array) => void pieces.push(bytes), epoch: 1_790_000_000_000 }
    const guest = new SampleGuest(network, 'web', '10.0.0.2', { pcap, impairments: { delay: 10 } })
    network.advance(5)
    guest.ping('10.0.0.1')
    network.advance(15)
    network.advance(25)
    assert.equal(guest.frames.length, 1)
    assert.deepEqual(pieces[0], pcapHeader())
    const records = pieces.slice(1)
    assert.deepEqual(
      records.map((record) => u32(record, 4)),
      [5_000_000, 25_000_000],
    )
    assert.deepEqual(
      records.map((record) => readFrame(record.subarray(16)).ip?.from),
      ['10.0.0.2', '10.0.0.1'],
    )
    assert.equal(concat(...pieces).length, 24 + 2 * 16 + records.reduce((sum, record) => sum + u32(record, 8), 0))
  })

  it('has those written as well that are dropped', () => {
    const { network } = sampleNetwork()
    let records = -1
    const guest = new SampleGuest(network, 'web', '10.0.0.2', { pcap: { write: () => void records++, epoch: 0 } })
    guest.sendFrame(new Uint8Array(5))
    assert.equal(records, 1)
  })
})
