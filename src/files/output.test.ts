import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import type { Source } from '../base/reader.ts'
import { copySettling, copySource, countReads, MemoryOutput, PIECE, type Sink } from './output.ts'

const CONTENT = Uint8Array.from({ length: PIECE + 1000 }, (_, i) => (i * 31 + (i >>> 12)) & 0xff)

/** Gives its bytes only into room that others have, and only copies. */
const STRICT: Source = {
  size: CONTENT.length,
  readAt: () => assert.fail('asked for memory of its own'),
  readInto: (offset, room) => room.set(CONTENT.subarray(offset, offset + room.length)),
}
const ORDINARY: Source = { size: CONTENT.length, readAt: (offset, length) => CONTENT.slice(offset, offset + length) }

/** Has room of its own, and little. */
class RoomySink extends MemoryOutput implements Sink {
  settled = 0
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  room(length: number): Uint8Array | undefined {
    if (length > this.#most) return undefined
    this.zeroes(length)
    return this.bytes.subarray(this.position - length)
  }

  settle(): Promise<void> | undefined {
    this.settled++
    return this.settled === 1 ? Promise.resolve() : undefined
  }
}

describe('copySource()', () => {
  it('has the source read into the room of the sink where both can do that', () => {
    const sink = new RoomySink(PIECE)
    copySource(STRICT, sink, 5, PIECE + 500)
    assert.ok(Buffer.compare(sink.bytes, CONTENT.subarray(5, PIECE + 505)) === 0)
  })

  it('copies where only the sink can, or where it has too little', () => {
    for (const most of [0, 1000, PIECE]) {
      const sink = new RoomySink(most)
      copySource(ORDINARY, sink)
      assert.ok(Buffer.compare(sink.bytes, CONTENT) === 0)
    }
  })

  it('copies nothing of nothing', () => {
    const sink = new MemoryOutput()
    copySource(STRICT, sink, 7, 0)
    assert.equal(sink.position, 0)
  })
})

describe('copySettling()', () => {
  it('asks the sink to settle after each piece', async () => {
    const sink = new RoomySink(PIECE)
    await copySettling(STRICT, sink)
    assert.equal(sink.settled, 2)
    assert.ok(Buffer.compare(sink.bytes, CONTENT) === 0)
  })
})

describe('countReads()', () => {
  it('counts what is read in either way, of all sources together', () => {
    const told: number[] = []
    const counted = countReads((bytes) => told.push(bytes))
    counted(ORDINARY).readAt(0, 10)
    counted(STRICT).readInto?.(0, new Uint8Array(7))
    assert.deepEqual(told, [10, 17])
    assert.equal(counted(ORDINARY).readInto, undefined)
  })

  it('is nothing where nobody wants to know', () => {
    assert.equal(countReads(undefined)(STRICT), STRICT)
  })
})
