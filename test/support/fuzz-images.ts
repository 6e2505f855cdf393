// Spoils images of every format where their readers look, and reads them whole: all of the tree and all of its files. Shared by
// test/files/formats.test.ts and tools/fuzz-images.ts.

import { FormatError } from '../../src/base/errors.ts'
import { type Source, sourceOf } from '../../src/base/reader.ts'
import type { Compressor } from '../../src/files/codec.ts'
import type { Format } from '../../src/files/format.ts'
import { PROPERTIES } from '../../src/files/losses.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { type Directory, walk } from '../../src/files/tree.ts'
import { mutate, randomNumbers } from './mutate.ts'

/** Of one file, what is read at each of its ends: a lie about a size may make it as large as it likes. */
const LOOK = 4096
/** Bytes that lie near a place; changes go there (mutate.ts). */
const NEAR = 32

export type ImagesFuzz = {
  readonly accepted: number
  readonly rejected: number
  /** Why, with how often. */
  readonly reasons: ReadonlyMap<string, number>
  /** Milliseconds. */
  readonly slowest: number
  /** Entries of the largest tree that was read out of a spoiled image. */
  readonly mostEntries: number
}

/** Keeps every block as it is, so that what is spoiled are the tables and not a checksum around them. */
export const PLAIN_BLOCKS: Compressor = {
  name: 'gzip',
  compress: (block) => new Uint8Array(block.length + 1),
  compressApart: async (block) => ({ block, bytes: new Uint8Array(block.length + 1) }),
  ahead: 1,
}

export async function imageOf(format: Format, root: Directory): Promise<Uint8Array> {
  const output = new MemoryOutput()
  await format.write(root, output, { allowLoss: new Set(PROPERTIES) })
  return output.bytes.slice()
}

/** Throws whatever is no FormatError. */
export function fuzzImages(format: Format, image: Uint8Array, runs: number, seed: number): ImagesFuzz {
  const places = placesOf(format, image)
  const next = randomNumbers(seed)
  const reasons = new Map<string, number>()
  let [accepted, slowest, mostEntries] = [0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const spoiled = mutate(image, places, next)
    const before = performance.now()
    const found = readAll(format, sourceOf(spoiled))
    slowest = Math.max(slowest, performance.now() - before)
    if (typeof found === 'string') reasons.set(found, (reasons.get(found) ?? 0) + 1)
    else {
      accepted++
      mostEntries = Math.max(mostEntries, found)
    }
  }
  return { accepted, rejected: runs - accepted, reasons, slowest, mostEntries }
}

/** Where a reader looks at a sound image, contents of files apart. */
function placesOf(format: Format, image: Uint8Array): readonly number[] {
  const places = new Set<number>()
  const source = sourceOf(image)
  const watched: Source = {
    size: source.size,
    readAt: (offset, length) => {
      for (let at = offset; at < offset + length; at += NEAR) places.add(at - (at % NEAR))
      return source.readAt(offset, length)
    },
  }
  for (const _ of walk(format.read(watched))) continue
  return [...places].sort((a, b) => a - b)
}

/** How many entries there are, or what a FormatError says was wrong. */
function readAll(format: Format, source: Source): number | string {
  let entries = 0
  try {
    for (const { inode } of walk(format.read(source))) {
      entries++
      if (inode.kind !== 'file') continue
      const { content } = inode
      const length = Math.min(content.size, LOOK)
      content.readAt(0, length)
      content.readAt(content.size - length, length)
    }
    return entries
  } catch (error) {
    if (error instanceof FormatError) return `${error.code} ${error.field}`
    throw error
  }
}
