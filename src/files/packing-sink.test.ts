import assert from 'node:assert/strict'
import { gunzipSync, deflateSync } from 'node:zlib'
import { describe, it } from 'vitest'
import type { Compressor } from './codec.ts'
import { MemoryOutput, PIECE } from './output.ts'
import { PackingSink } from './packing-sink.ts'

/** Ends its blocks in any order, and counts how many are under way. */
function slowCodec() {
  const seen = { most: 0, now: 0 }
  const codec: Compressor = {
    name: 'gzip',
    compress: (block) => deflateSync(block),
    compressApart: async (block) => {
      seen.most = Math.max(seen.most, ++seen.now)
      for (let turns = (block[0] as number) % 5; turns > 0; turns--) await Promise.resolve()
      seen.now--
      return deflateSync(block)
    },
    parallel: 3,
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

  it('has no more pieces under way than the codec wants, and one', async () => {
    const { codec, seen } = slowCodec()
    const sink = new PackingSink(new MemoryOutput(), codec)
    for (let i = 0; i < 20; i++) {
      sink.write(bytesOf(PIECE))
      await sink.settle()
    }
    await sink.finish()
    assert.ok(seen.most <= codec.parallel + 1, `${seen.most} were`)
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
