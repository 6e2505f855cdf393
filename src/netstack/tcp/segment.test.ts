import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { sackOptionSize, SYN_OPTIONS_SIZE, writeSackOption, writeSynOptions } from './options.ts'
import { ACK, decodeSegment, PSH, Segment, type SegmentProblem, SYN, writeHeader } from './segment.ts'

/** A SYN with options and four bytes, two bytes into an array. */
function sample(edit: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(2 + 20 + SYN_OPTIONS_SIZE + 4)
  writeHeader(bytes, 2, 0xabcd, 443, -2, 0x12345678, SYN | ACK | PSH, 0xfedc)
  writeSynOptions(bytes, 22, 1460, 7, true)
  bytes[14] = 8 << 4
  bytes.set([1, 2, 3, 4], 34)
  edit(bytes)
  return bytes
}

function decode(bytes: Uint8Array, length = bytes.length - 2): Segment | SegmentProblem {
  const s = new Segment()
  return decodeSegment(s, bytes, 2, length) ?? s
}

describe('decodeSegment()', () => {
  it('reads what writeHeader() and writeSynOptions() write', () => {
    const s = decode(sample())
    assert.ok(s instanceof Segment)
    assert.deepEqual([s.sourcePort, s.destinationPort, s.sequence, s.acknowledgement], [0xabcd, 443, -2, 0x12345678])
    assert.deepEqual([s.flags, s.window, s.payloadAt, s.payloadLength, s.span], [SYN | ACK | PSH, 0xfedc, 34, 4, 5])
    assert.deepEqual([s.mss, s.windowScale, s.sackPermitted, s.sackCount], [1460, 7, true, 0])
  })

  it('reads what writeSackOption() writes', () => {
    for (let blocks = 1; blocks <= 4; blocks++) {
      const size = sackOptionSize(blocks)
      const bytes = new Uint8Array(22 + size)
      writeHeader(bytes, 2, 1, 2, 3, 4, ACK, 5)
      bytes[14] = ((20 + size) / 4) << 4
      const edges = Int32Array.of(-1, 10, 20, 30, 40, 50, 0x7fffffff, -0x80000000)
      writeSackOption(bytes, 22, edges, blocks)
      const s = decode(bytes)
      assert.ok(s instanceof Segment)
      assert.equal(s.sackCount, blocks)
      assert.deepEqual([...s.sackEdges.subarray(0, 2 * blocks)], [...edges.subarray(0, 2 * blocks)])
    }
    assert.equal(sackOptionSize(0), 0)
  })

  it('leaves out of an answer what was not offered', () => {
    const s = decode(sample((bytes) => writeSynOptions(bytes, 22, 536, -1, false)))
    assert.ok(s instanceof Segment)
    assert.deepEqual([s.mss, s.windowScale, s.sackPermitted], [536, -1, false])
  })

  it('forgets the options of the segment before', () => {
    const s = new Segment()
    decodeSegment(s, sample(), 2, 36)
    decodeSegment(
      s,
      sample((bytes) => (bytes[14] = 5 << 4)),
      2,
      36,
    )
    assert.deepEqual([s.mss, s.windowScale, s.sackPermitted, s.payloadLength], [0, -1, false, 16])
  })

  const refused: [why: SegmentProblem, bytes: Uint8Array, length: number][] = [
    ['shorter than a header', sample(), 19],
    ['shorter than a header', sample(), 0],
    ['data offset within the header', sample((bytes) => (bytes[14] = 4 << 4)), 36],
    ['data offset past the end', sample((bytes) => (bytes[14] = 10 << 4)), 36],
  ]
  for (const [why, bytes, length] of refused) {
    it(`refuses a segment of ${length} bytes: ${why}`, () => assert.equal(decode(bytes, length), why))
  }

  const ignored: [why: string, options: number[]][] = [
    ['an option without a length', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]],
    ['an option of no length', [2, 0, 5, 180, 2, 4, 5, 180, 0, 0, 0, 0]],
    ['an option of one byte', [2, 1, 2, 4, 5, 180, 0, 0, 0, 0, 0, 0]],
    ['an option that is longer than the header', [8, 40, 2, 4, 5, 180, 0, 0, 0, 0, 0, 0]],
    ['an MSS of another length', [2, 6, 5, 180, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a shift of another length', [3, 4, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['blocks that are not whole', [5, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['no blocks', [5, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['options behind the end of them', [0, 2, 4, 5, 180, 0, 0, 0, 0, 0, 0, 0]],
    ['an option that it does not know', [8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]],
  ]
  for (const [why, options] of ignored) {
    it(`makes nothing of ${why}`, () => {
      const s = decode(sample((bytes) => bytes.set(options, 22)))
      assert.ok(s instanceof Segment)
      assert.deepEqual([s.mss, s.windowScale, s.sackPermitted, s.sackCount], [0, -1, false, 0])
    })
  }

  it('never looks outside of the segment, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(15), (bytes, offset) => {
        if (bytes.length > 12) bytes[12] = offset << 4
        const framed = new Uint8Array(bytes.length + 200).fill(3) // a shift option everywhere around it
        framed.set(bytes, 100)
        const [s, alone] = [new Segment(), new Segment()]
        const problem = decodeSegment(s, framed, 100, bytes.length)
        assert.equal(problem, decodeSegment(alone, bytes, 0, bytes.length))
        if (problem !== undefined) return
        assert.ok(s.payloadAt >= 120 && s.payloadAt + s.payloadLength === 100 + bytes.length)
        s.bytes = alone.bytes
        s.payloadAt -= 100
        assert.deepEqual(s, alone)
      }),
      { numRuns: 5000 },
    )
  })
})
