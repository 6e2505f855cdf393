// Unpacks LZ4 in its legacy frame, which Linux kernels are packed with and no builtin of Node.js undoes (LZ4 "Frame Format Description",
// legacy frame; "Block Format Description"). The bytes come out of a file that somebody handed us. Pure.

import { ByteReader } from '../base/reader.ts'
import { tryRead } from './values.ts'

const MAGIC = 0x184c2102
const BLOCK = 8 * 2 ** 20 // bytes that a block unpacks to, but for the last
const SHORTEST_MATCH = 4

/**
 * What is packed, undefined where it is damaged or would be more than `most` bytes. What stands behind the last block, such as the size that
 * kernels append, is left alone.
 */
export function unpackLegacyLz4(bytes: Uint8Array, most: number): Uint8Array | undefined {
  return tryRead(() => {
    const r = new ByteReader(bytes)
    if (r.u32(0, 'lz4') !== MAGIC) return undefined
    const out = new Output(most)
    for (let at = 4; at + 4 <= r.length; ) {
      const size = r.u32(at, 'lz4.block')
      // The appended size is larger than what is left behind it.
      if (size === 0 || size > r.length - at - 4) break
      if (!unpackBlock(r.bytes(at + 4, size, 'lz4.block'), out)) return undefined
      at += 4 + size
    }
    return out.bytes()
  })
}

/** Sequences of literals and of a copy of what is already there. */
function unpackBlock(block: Uint8Array, out: Output): boolean {
  const limit = out.length + BLOCK
  let at = 0
  const length = (start: number): number | undefined => {
    let sum = start
    if (start < 15) return sum
    for (;;) {
      const more = block[at++]
      if (more === undefined) return undefined
      sum += more
      if (more < 255) return sum
    }
  }
  while (at < block.length) {
    const token = block[at++] ?? 0
    const literals = length(token >>> 4)
    if (literals === undefined || literals > block.length - at || out.length + literals > limit) return false
    if (!out.append(block.subarray(at, at + literals))) return false
    at += literals
    if (at >= block.length) return at === block.length
    const distance = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8)
    at += 2
    const copied = length(token & 15)
    if (copied === undefined || out.length + copied + SHORTEST_MATCH > limit) return false
    if (!out.repeat(distance, copied + SHORTEST_MATCH)) return false
  }
  return true
}

/** Bytes that grow up to a limit. */
class Output {
  length = 0
  readonly #most: number
  #buffer = new Uint8Array(64 * 1024)

  constructor(most: number) {
    this.#most = most
  }

  append(bytes: Uint8Array): boolean {
    if (!this.#grow(bytes.length)) return false
    this.#buffer.set(bytes, this.length)
    this.length += bytes.length
    return true
  }

  /** What has been written `distance` ago, which may run into what is being written. */
  repeat(distance: number, count: number): boolean {
    if (distance === 0 || distance > this.length || !this.#grow(count)) return false
    // Byte by byte: most copies are short, and a long one of a short distance has to read what it has just written.
    const buffer = this.#buffer
    const end = this.length + count
    for (let at = this.length; at < end; at++) buffer[at] = buffer[at - distance] ?? 0
    this.length = end
    return true
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length)
  }

  #grow(by: number): boolean {
    if (by > this.#most - this.length) return false
    if (this.length + by <= this.#buffer.length) return true
    const larger = new Uint8Array(Math.min(this.#most, Math.max(this.#buffer.length * 2, this.length + by)))
    larger.set(this.#buffer.subarray(0, this.length))
    this.#buffer = larger
    return true
  }
}
