// What every format promises, checked for each: the same tree comes back, the same bytes come out, and whatever the bytes, only FormatError.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, describe, it } from 'vitest'
import { anyTree } from '../support/trees.ts'
import { fuzzImages, imageOf, PLAIN_BLOCKS } from '../support/fuzz-images.ts'
import { FormatError } from '../../src/base/errors.ts'
import { sourceOf } from '../../src/base/reader.ts'
import { cpio } from '../../src/files/cpio/cpio.ts'
import { ext2 } from '../../src/files/ext2/ext2.ts'
import { fat } from '../../src/files/fat/fat.ts'
import { filterTree } from '../../src/files/change.ts'
import { loadDecompressors, openCompressor } from '../../src/host/codecs/compressor.ts'
import { fitTree } from '../../src/files/fit.ts'
import type { Format } from '../../src/files/format.ts'
import { PROPERTIES } from '../../src/files/losses.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { isUtf8 } from '../../src/files/name.ts'
import { describeTree, sampleTree } from '../../src/files/sample.ts'
import { squashfs } from '../../src/files/squashfs/squashfs.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { type Directory, walk } from '../../src/files/tree.ts'

const ANYTHING = new Set(PROPERTIES)
/** Trees a format. */
const RUNS = 50
const MUTATIONS = 2000 // tools/fuzz-images.ts does more

// The codecs that images are really made with.
const decompressors = await loadDecompressors()
const codecs = await Promise.all([openCompressor('gzip'), openCompressor('zstd', 3)])
afterAll(async () => {
  for (const codec of codecs) await codec.close()
})

const squashed = [
  ...codecs.map((codec) => ({ ...squashfs(codec, decompressors), name: `squashfs with ${codec.name}` })),
  { ...squashfs(PLAIN_BLOCKS, decompressors), name: 'squashfs, nothing compressed' },
]
const formats: readonly Format[] = [tar, cpio, ext2, fat, iso9660, ...squashed]

for (const format of formats) {
  /** What the format can hold of a tree; sparse files are no more and no less than their bytes, but for those who keep that as well. */
  const expected = (tree: Directory) =>
    describeTree(fitTree(format.name, format.capabilities, tree, ANYTHING))
      .map(withoutSparse)
      .map((entry) => without(format, entry))
  const found = (bytes: Uint8Array) =>
    describeTree(format.read(sourceOf(bytes)))
      .map(withoutSparse)
      .map((entry) => without(format, entry))

  describe(`${format.name}: what is written`, () => {
    it('is read back with everything that the format can hold', async () => {
      const tree = nameable(format, sampleTree())
      assert.deepEqual(found(await imageOf(format, tree)), expected(tree))
    })

    it('is read back whatever the tree, and is the same bytes twice', async () => {
      await fc.assert(
        fc.asyncProperty(anyTree, async (any) => {
          const tree = nameable(format, any)
          const bytes = await imageOf(format, tree)
          assert.deepEqual(found(bytes), expected(tree))
          assert.deepEqual(await imageOf(format, tree), bytes)
        }),
        { numRuns: RUNS },
      )
    })
  })

  describe(`${format.name}: reading`, () => {
    it('throws only FormatError for every truncation', async () => {
      const bytes = await imageOf(format, nameable(format, sampleTree()))
      for (let length = 0; length < bytes.length; length += length < 4096 ? 7 : 509) {
        readAll(format, bytes.subarray(0, length))
      }
    })

    it('throws only FormatError for spoiled bytes', async () => {
      const { rejected, reasons } = fuzzImages(
        format,
        await imageOf(format, nameable(format, sampleTree())),
        MUTATIONS,
        7,
      )
      assert.ok(rejected > MUTATIONS / 10 && reasons.size > 3, `${rejected} for ${[...reasons.keys()].join(', ')}`)
    })
  })
}

/** Reads the tree and the begin of each file. Throws whatever is no FormatError. */
function readAll(format: Format, bytes: Uint8Array): void {
  try {
    for (const { inode } of walk(format.read(sourceOf(bytes)))) {
      if (inode.kind === 'file') inode.content.readAt(0, Math.min(inode.content.size, 4096))
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
}

/** Without the entries whose names the format cannot have: no loss, but an error, and tested by itself. */
function nameable({ capabilities: can }: Format, tree: Directory): Directory {
  const folded = new Set<string>()
  return filterTree(tree, (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const key = path.toUpperCase()
    if (can.problemOfName(name) !== undefined || (!can.anyBytes && !isUtf8(name)) || folded.has(key)) return false
    folded.add(key)
    return true
  })
}

/** FAT has no entry for its root, and so no time of it. */
function without({ name }: Format, entry: object): object {
  return name === 'fat' && 'path' in entry && entry.path === '' ? { ...entry, mtime: undefined } : entry
}

function withoutSparse(entry: object): object {
  return { ...entry, sparse: undefined }
}
