// The data blocks of an image in the order in which they were handed out: contents, directories, long links, pointers, attributes. They are made
// while they are written, so that none of a large image is kept. Pure.

import { ByteWriter } from '../../base/writer.ts'
import { bytesOf } from '../name.ts'
import { PIECE, type Sink } from '../output.ts'
import type { Directory, Inode } from '../tree.ts'
import { encodeAttributes } from './attributes.ts'
import { directoryBlocks, entrySize, type Placed } from './place.ts'
import { TYPES } from './format.ts'
import { blockOf, type Geometry } from './geometry.ts'
import { mapOf } from './inode.ts'

export class DataStream {
  readonly #chunks: Iterator<Uint8Array>
  readonly #blockSize: number
  /** What a group had no more room for; whole blocks. */
  #rest: Uint8Array = new Uint8Array(0)

  constructor(
    placed: readonly Placed[],
    numbers: ReadonlyMap<Inode, number>,
    geometry: Geometry,
    progress: ((bytes: number) => void) | undefined,
  ) {
    this.#chunks = chunksOf(placed, numbers, geometry, progress)
    this.#blockSize = geometry.blockSize
  }

  /** The next so many blocks; zeroes where nothing is left. */
  writeTo(output: Sink, blocks: number): void {
    let room = blocks * this.#blockSize
    while (room > 0) {
      if (this.#rest.length === 0) {
        const next = this.#chunks.next()
        if (next.done === true) break
        this.#rest = next.value
      }
      const part = this.#rest.subarray(0, room)
      output.write(part)
      this.#rest = this.#rest.subarray(part.length)
      room -= part.length
    }
    output.zeroes(room)
  }
}

function* chunksOf(
  placed: readonly Placed[],
  numbers: ReadonlyMap<Inode, number>,
  geometry: Geometry,
  progress: ((bytes: number) => void) | undefined,
): Generator<Uint8Array> {
  const { blockSize } = geometry
  let done = 0
  for (const each of placed) {
    const { inode, runs } = each
    if (inode.kind === 'directory') yield encodeDirectory(inode, each, numbers, blockSize)
    else if (inode.kind === 'symlink' && runs.length > 0) yield whole(bytesOf(inode.target), blockSize)
    else if (inode.kind === 'file') {
      for (const { at, length } of runs) {
        const [from, to] = [at * blockSize, Math.min(inode.content.size, (at + length) * blockSize)]
        for (let offset = from; offset < to; offset += PIECE) {
          yield whole(inode.content.readAt(offset, Math.min(PIECE, to - offset)), blockSize)
          progress?.((done += Math.min(PIECE, to - offset)))
        }
      }
    }
    if (each.pointerBlocks > 0) for (const block of mapOf(each, geometry).blocks) yield encodePointers(block, geometry)
    if (each.attributes !== undefined) yield encodeAttributes(inode.meta.xattrs, blockSize)
  }
}

/** Filled up with zeroes to whole blocks. */
function whole(bytes: Uint8Array, blockSize: number): Uint8Array {
  if (bytes.length % blockSize === 0) return bytes
  const filled = new Uint8Array(Math.ceil(bytes.length / blockSize) * blockSize)
  filled.set(bytes)
  return filled
}

function encodePointers(pointers: readonly (number | undefined)[], geometry: Geometry): Uint8Array {
  const writer = new ByteWriter(geometry.blockSize)
  pointers.forEach((index, i) => {
    if (index !== undefined) writer.u32(i * 4, blockOf(geometry, index))
  })
  return writer.bytes
}

type Named = { readonly number: number; readonly name: Uint8Array; readonly type: number }

function encodeDirectory(
  { entries }: Directory,
  { number, parent, inode }: Placed,
  numbers: ReadonlyMap<Inode, number>,
  blockSize: number,
): Uint8Array {
  const writer = new ByteWriter(directoryBlocks(inode as Directory, blockSize) * blockSize)
  const named: Named[] = [
    { number, name: Uint8Array.of(0x2e), type: TYPES.directory },
    { number: parent, name: Uint8Array.of(0x2e, 0x2e), type: TYPES.directory },
    ...[...entries].map(([name, below]) => ({
      number: numbers.get(below) as number,
      name: bytesOf(name),
      type: TYPES[below.kind],
    })),
  ]
  let at = 0
  named.forEach((entry, i) => {
    const size = entrySize(entry.name.length)
    const next = named[i + 1]
    const blockEnd = (Math.floor(at / blockSize) + 1) * blockSize
    // The last entry of a block reaches to its end.
    const fits = next !== undefined && at + size + entrySize(next.name.length) <= blockEnd
    const length = fits ? size : blockEnd - at
    writer
      .u32(at, entry.number)
      .u16(at + 4, length)
      .u8(at + 6, entry.name.length)
      .u8(at + 7, entry.type)
      .put(at + 8, entry.name)
    at += length
  })
  return writer.bytes
}
