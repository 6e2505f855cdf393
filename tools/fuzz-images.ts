// Spoils a hundred thousand images of each format and reads them: `node tools/run.mjs tools/fuzz-images.ts [SEED] [RUNS] [FORMAT]`. The unit tests do a
// fiftieth of it with one seed; this is for a long look with many. Ends with status 1 and the seed where anything but FormatError comes out, an
// image takes too long, or too much memory stays in use.

import { concat } from '../src/base/concat.ts'
import { FormatError } from '../src/base/errors.ts'
import { type Source, sourceOf } from '../src/base/reader.ts'
import { cpio } from '../src/files/cpio/cpio.ts'
import { ext2 } from '../src/files/ext2/ext2.ts'
import { fat } from '../src/files/fat/fat.ts'
import type { Format, WriteOptions } from '../src/files/format.ts'
import { iso9660 } from '../src/files/iso9660/iso9660.ts'
import type { ImageOutput, Sink } from '../src/files/output.ts'
import { PackingSink } from '../src/files/packing-sink.ts'
import { sampleTree } from '../src/files/sample.ts'
import { squashfs } from '../src/files/squashfs/squashfs.ts'
import { tar } from '../src/files/tar/tar.ts'
import type { Directory } from '../src/files/tree.ts'
import { unpackZstd } from '../src/files/zstd/unpack.ts'
import { filterTree } from '../src/files/change.ts'
import { isUtf8 } from '../src/files/name.ts'
import { loadDecompressors, openCompressor } from '../src/host/codecs/compressor.ts'
import { fuzzImages, imageOf, PLAIN_BLOCKS } from '../test/support/fuzz-images.ts'

const BATCH = 10_000 // images; each batch has a seed of its own
/** Milliseconds of one image of some hundred kilobytes. A collection of garbage may fall into it, and others use the machine. */
const SLOWEST = 2000
/** Of a packed archive. Bytes. */
const MOST_UNPACKED = 16 * 2 ** 20
const MOST_MEMORY = 1024 // MiB, of the whole process

const [seedText = `${Date.now() % 2 ** 32}`, runsText = '100000', only] = process.argv.slice(2)
const [seed, runs] = [Number(seedText), Number(runsText)]

const decompressors = await loadDecompressors()
const [gzip, zstd] = await Promise.all([openCompressor('gzip'), openCompressor('zstd')])
const formats: readonly Format[] = [
  tar,
  cpio,
  ext2,
  fat,
  iso9660,
  { ...squashfs(PLAIN_BLOCKS, decompressors), name: 'squashfs-plain' },
  { ...squashfs(gzip, decompressors), name: 'squashfs-gzip' },
  { ...squashfs(zstd, decompressors), name: 'squashfs-zstd' },
  { ...tar, name: 'tar-zstd', write: writePacked, read: (source: Source) => tar.read(sourceOf(unpacked(source))) },
].filter(({ name }) => only === undefined || name === only)
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(runs) || runs < 1 || formats.length === 0) {
  throw new Error('usage: node tools/run.mjs tools/fuzz-images.ts [SEED] [RUNS] [FORMAT]')
}

Error.stackTraceLimit = 0 // a hundred thousand stacks that nobody reads
try {
  for (const format of formats) await fuzzFormat(format)
} finally {
  await gzip.close()
  await zstd.close()
}

/** With the reader of foreign archives, block by block, which files of ours are too small for. */
function unpacked(source: Source): Uint8Array {
  const parts: Uint8Array[] = []
  let size = 0
  unpackZstd(source, (part) => {
    size += part.length
    if (size > MOST_UNPACKED) throw new FormatError('LIMIT', 'contents', 0, 'become too large for this')
    parts.push(part.slice())
  })
  return concat(parts)
}

async function writePacked(root: Directory, output: ImageOutput, options?: WriteOptions): Promise<void> {
  const sink = new PackingSink(output, zstd)
  await tar.write(root, sink as Sink as ImageOutput, options)
  await sink.finish()
}

async function fuzzFormat(format: Format): Promise<void> {
  const image = await imageOf(format, sampleOf(format))
  const reasons = new Map<string, number>()
  let [accepted, slowest] = [0, 0]
  for (let done = 0; done < runs; done += BATCH) {
    const of = seed + done / BATCH
    const result = fuzzBatch(format, image, Math.min(BATCH, runs - done), of)
    for (const [reason, times] of result.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + times)
    accepted += result.accepted
    slowest = Math.max(slowest, result.slowest)
    const memory = process.memoryUsage.rss() / 2 ** 20
    if (result.slowest > SLOWEST) throw new Error(`${format.name}, seed ${of}: an image takes ${result.slowest} ms`)
    if (memory > MOST_MEMORY) throw new Error(`${format.name}, seed ${of}: ${Math.round(memory)} MiB are in use`)
  }
  const memory = `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`
  const counts = `${accepted} read, ${runs - accepted} rejected for ${reasons.size} reasons`
  console.log(
    `${format.name}, seed ${seed}, ${runs} runs: ${counts}; slowest ${slowest.toFixed(0)} ms; ${memory}; ${image.length} bytes`,
  )
}

function fuzzBatch(format: Format, image: Uint8Array, count: number, of: number) {
  try {
    return fuzzImages(format, image, count, of)
  } catch (error) {
    throw new Error(`${format.name}, seed ${of}: ${String(error)}`, { cause: error })
  }
}

/** The sample without what the format has no names for. */
function sampleOf({ capabilities: can }: Format) {
  return filterTree(sampleTree(), (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    return can.problemOfName(name) === undefined && (can.anyBytes || isUtf8(name))
  })
}
