// The codecs that make the bytes of images: JavaScript and WebAssembly of fixed versions that come with us, because the zlib of another Node.js
// writes other bytes. A bundle of its own (tools/build.mjs), for the threads that compress and for whoever has only little to do.

import { compressUsingDict, createCCtx, decompress as decompressZstd, init } from '@bokuweb/zstd-wasm'
import { unzlibSync, zlibSync } from 'fflate'
import { contentSize } from './zstd-frame.ts'

export type CodecName = 'gzip' | 'zstd'

export type PinnedCodec = {
  /** A block by itself: a zlib stream, a zstd frame. */
  readonly compress: (block: Uint8Array, level: number) => Uint8Array
  /** Throws for what is no such block, or would become longer than `most` bytes. */
  readonly decompress: (block: Uint8Array, most: number) => Uint8Array
}

let ready: Promise<void> | undefined

/** Compiles what has to be compiled: 20 ms for zstd, nothing for gzip. */
export async function loadPinned(name: CodecName): Promise<PinnedCodec> {
  if (name === 'gzip') return gzip
  ready ??= init()
  await ready
  return zstd
}

const gzip: PinnedCodec = {
  compress: (block, level) => zlibSync(block, { level: level as 9 }),
  decompress: (block, most) => {
    // With room given, fflate writes into it and not beyond.
    const room = new Uint8Array(most + 1)
    const bytes = unzlibSync(block, { out: room })
    if (bytes.length > most) throw new RangeError(`it becomes more than ${most} bytes`)
    return bytes
  },
}

const NO_DICTIONARY = new Uint8Array(0)
/** Kept from block to block, which changes no byte of them and saves a tenth of the time. */
let context: number | undefined

const zstd: PinnedCodec = {
  compress: (block, level) => compressUsingDict((context ??= createCCtx()), block, NO_DICTIONARY, level),
  decompress: (block, most) => {
    // What the frame says is what is made room for, before anything is looked at.
    const size = contentSize(block)
    if (size !== undefined && size > most) throw new RangeError(`it becomes ${size} bytes, more than ${most}`)
    const bytes = decompressZstd(block, { defaultHeapSize: most })
    if (bytes.length > most) throw new RangeError(`it becomes more than ${most} bytes`)
    return bytes
  },
}
