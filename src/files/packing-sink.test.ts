import assert from 'node:assert/strict'
import { gunzipSync, deflateSync } from 'node:zlib'
import { describe, it } from 'vitest'
import type { Compressor } from './codec.ts'
import { MemoryOutput, PIECE } from './output.ts'
import { PackingSink } from './packing-sink.ts'

/** Ends its blocks in any order, and counts how many are under way. */
function slowCodec() {
  const seen = { all: 0, most: 0, now: 0 }
  const codec: Compressor = {
    name: 'gzip',
    compress: (block) => deflateSync(block),
    compressApart: async (block) => {
      seen.most = Math.max(seen.most, ++seen.now)
      const milliseconds = (seen.all++ * 7) % 5
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      seen.now--
      return { block, bytes: deflateSync(block) }
    },
    ahead: 3 * PIECE,
  }
  return { codec, seen }
}

function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 20) * 7) & 0xff
  return bytes
}

describe('PackingSink', () => {
  for (const length of [0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 17]) {
    it(`packs ${length} bytes so that any gzip unpacks them in their order`, async () => {
      const output = new MemoryOutput()
      const sink = new PackingSink(output, slowCodec().codec)
      const bytes = bytesOf(length)
      for (let at = 0; at < length; at += 300_001) {
        sink.write(bytes.subarray(at, at + 300_001))
        await sink.settle()
      }
      assert.equal(sink.position, length)
      await sink.finish()
      assert.ok(Buffer.compare(gunzipSync(output.bytes), bytes) === 0)
    })
  }

  it('makes the same bytes whatever the sizes that are written', async () => {
    const packed = await Promise.all(
      [1000, 65_536, 3 * PIECE].map(async (step) => {
        const output = new MemoryOutput()
        const sink = new PackingSink(output, slowCodec().codec)
        const bytes = bytesOf(2 * PIECE + 5)
        for (let at = 0; at < bytes.length; at += step) sink.write(bytes.subarray(at, at + step))
        sink.zeroes(10)
        await sink.finish()
        return output.bytes.slice()
      }),
    )
    assert.deepEqual(packed[0], packed[1])
    assert.deepEqual(packed[0], packed[2])
  })

  it('has room in its pieces, up to their end', async () => {
    const output = new MemoryOutput()
    const sink = new PackingSink(output, slowCodec().codec)
    const bytes = bytesOf(3 * PIECE)
    for (let at = 0; at < bytes.length; at += 100_000) {
      const part = bytes.subarray(at, at + 100_000)
      const room = sink.room(part.length)
      if (room === undefined) sink.write(part)
      else room.set(part)
    }
    assert.equal(sink.room(PIECE + 1), undefined)
    sink.room(PIECE)?.fill(9)
    assert.equal(sink.position, 4 * PIECE)
    await sink.finish()
    assert.ok(Buffer.compare(gunzipSync(output.bytes), Buffer.concat([bytes, Buffer.alloc(PIECE, 9)])) === 0)
  })

  it('has no more pieces under way than the codec wants, and one', async () => {
    const { codec, seen } = slowCodec()
    const sink = new PackingSink(new MemoryOutput(), codec)
    for (let i = 0; i < 20; i++) {
      sink.write(bytesOf(PIECE))
      await sink.settle()
    }
    await sink.finish()
    assert.equal(seen.most, 4)
  })

  it('fails with what the codec fails with', async () => {
    const codec: Compressor = {
      ...slowCodec().codec,
      compressApart: async () => await Promise.reject(new Error('full')),
    }
    const sink = new PackingSink(new MemoryOutput(), codec)
    sink.write(bytesOf(PIECE))
    await assert.rejects(sink.finish(), /full/)
  })
})
