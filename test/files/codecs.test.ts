// The codecs that make the bytes of images: what a block becomes depends on the block and the level, and on nothing that came before.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { compress } from '@bokuweb/zstd-wasm'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { loadPinned } from '../../src/host/codecs/pinned.ts'
import { type OpenCompressor, openCompressor } from '../../src/host/codecs/compressor.ts'

/** Of many lengths and kinds: a program's bytes, text, zeroes, noise. */
function makeBlocks(): readonly Uint8Array[] {
  const program = readFileSync(process.execPath)
  const lengths = [131_072, 4096, 100, 70_000, 1, 131_072, 8192, 0, 300_000]
  const blocks = Array.from({ length: 27 }, (_, i) => {
    const at = (i * 1_299_721) % (program.length - 400_000)
    return program.subarray(at, at + (lengths[i % lengths.length] as number))
  })
  let state = 1
  const noise = Uint8Array.from({ length: 50_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
  return [...blocks, new Uint8Array(131_072), noise, Buffer.from('one two three '.repeat(5000))]
}

// Both are one instance of the same WebAssembly, made ready by the first `loadPinned`.
describe('the zstd of images', () => {
  const blocks = makeBlocks()
  for (const level of [1, 3, 10, 19]) {
    it(`makes of a block at level ${level} what it makes of it alone`, async () => {
      const { compress: keeping } = await loadPinned('zstd')
      for (const each of [blocks, [...blocks].reverse()]) {
        for (const block of each) assert.ok(Buffer.compare(keeping(block, level), compress(block, level)) === 0)
      }
    })
  }
})

describe('openCompressor()', () => {
  let codec: OpenCompressor
  beforeAll(async () => {
    codec = await openCompressor('zstd', 3)
  })
  afterAll(async () => await codec.close())

  it('gives each block back, with what it makes of it here', async () => {
    const blocks = makeBlocks()
    const done = await Promise.all(blocks.map((block) => codec.compressApart(Uint8Array.from(block))))
    done.forEach(({ block, bytes }, i) => {
      assert.ok(Buffer.compare(block, blocks[i] as Uint8Array) === 0)
      assert.ok(Buffer.compare(bytes, codec.compress(blocks[i] as Uint8Array)) === 0)
    })
  })
})
