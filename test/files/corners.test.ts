// The corners of the formats: files beyond what a field holds, maps of several levels, tables of several blocks, and limits between two variants.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Source, sourceOf } from '../../src/base/reader.ts'
import { ext2 } from '../../src/files/ext2/ext2.ts'
import { writeExt2 } from '../../src/files/ext2/write.ts'
import { readFat } from '../../src/files/fat/read.ts'
import { openFat } from '../../src/files/fat/volume.ts'
import { writeFat } from '../../src/files/fat/write.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { describeTree, directory, file } from '../../src/files/sample.ts'
import { readSquash } from '../../src/files/squashfs/read.ts'
import { writeSquash } from '../../src/files/squashfs/write.ts'
import { encodePax } from '../../src/files/tar/pax.ts'
import { BLOCK, encodeHeader } from '../../src/files/tar/header.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { type Inode, lookUp, metadata, type RegularFile } from '../../src/files/tree.ts'
import { loadDecompressors, openCompressor } from '../../src/host/codecs/compressor.ts'
import { PLAIN_HEADER } from '../support/tar-header.ts'
import { needs } from '../support/needs.ts'
import { NOTHING, SparseOutput } from '../support/sparse-output.ts'

const GIB = 2 ** 30
const text = (words: string): Uint8Array => new TextEncoder().encode(words)
const decompressors = await loadDecompressors()
const gzip = await openCompressor('gzip', 6)

let scratch = ''
beforeAll(() => void (scratch = mkdtempSync(join(tmpdir(), 'slipway-corners-'))))
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true })
  await gzip.close()
})

/** Puts an image where programs find it. */
function saved(name: string, bytes: Uint8Array): string {
  const path = join(scratch, name)
  writeFileSync(path, bytes)
  return path
}
const run = (program: string, args: readonly string[]): Buffer =>
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 })

/** Zeroes with words at the begin and at the end. */
function long(size: number): Inode {
  const end = text('the end')
  const content: Source = {
    size,
    readAt: (offset, length) => {
      if (offset > 0 && offset + length <= size - end.length && length <= NOTHING.length)
        return NOTHING.subarray(0, length)
      const bytes = new Uint8Array(length)
      for (const [at, words] of [
        [0, text('begin')],
        [size - end.length, end],
      ] as const)
        words.forEach((byte, i) => {
          if (at + i >= offset && at + i < offset + length) bytes[at + i - offset] = byte
        })
      return bytes
    },
  }
  return { kind: 'file', meta: metadata(0o644), content, sparse: false }
}

function contentOf(root: Inode, path: string): Source {
  const found = lookUp(root, path)
  assert.equal(found?.kind, 'file', path)
  return found.content
}

function requireEnds(content: Source, size: number): void {
  assert.equal(content.size, size)
  assert.deepEqual(content.readAt(0, 6), text('begin\0'))
  assert.deepEqual(content.readAt(size - 8, 8), text('\0the end'))
}

describe('a file that is larger than a field', () => {
  it('has its size in a pax record of a tar beyond 8 GiB, and what follows is found', async () => {
    const output = new SparseOutput()
    await tar.write(directory({ a: long(9 * GIB), b: file('behind it') }), output)
    const root = tar.read(output.source)
    requireEnds(contentOf(root, 'a'), 9 * GIB)
    assert.deepEqual(contentOf(root, 'b').readAt(0, 9), text('behind it'))
  })

  it('has several extents in an ISO beyond 4 GiB', async () => {
    const output = new SparseOutput()
    await iso9660.write(directory({ a: long(9 * GIB + 5), b: file('behind it') }), output)
    const root = iso9660.read(output.source)
    requireEnds(contentOf(root, 'a'), 9 * GIB + 5)
    assert.deepEqual(contentOf(root, 'b').readAt(0, 9), text('behind it'))
  })
})

describe('tar as others have written it', () => {
  /** A header with bytes of our own in one field, and the right sum. */
  function withField(at: number, bytes: readonly number[]): Uint8Array {
    const block = encodeHeader(PLAIN_HEADER)
    block.set(bytes, at)
    block.fill(0x20, 148, 156)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
    return block
  }
  const readMeta = (block: Uint8Array) => {
    const archive = new Uint8Array(3 * BLOCK)
    archive.set(block)
    return lookUp(tar.read(sourceOf(archive)), 'a')?.meta
  }

  it('may have owners in base 256', () => {
    assert.equal(readMeta(withField(108, [0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe]))?.uid, 2 ** 32 - 2)
  })

  it('may have times before 1970 in base 256', () => {
    const before = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]
    assert.deepEqual(readMeta(withField(136, before))?.mtime, { seconds: -2, nanoseconds: 0 })
  })

  const refused: [what: string, at: number, bytes: readonly number[]][] = [
    ['an owner of more than 32 bits', 108, [0x80, 0, 0, 1, 0, 0, 0, 0]],
    ['a negative size', 124, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]],
    ['a size that no number holds', 124, [0x80, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ]
  for (const [what, at, bytes] of refused) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => readMeta(withField(at, bytes)), { name: 'FormatError', code: 'BAD_VALUE' })
    })
  }

  it('is refused where global records are so large that each entry would pay for them', () => {
    const global = (record: Uint8Array): Uint8Array => {
      const size = Math.ceil(record.length / BLOCK) * BLOCK
      const archive = new Uint8Array(size + 4 * BLOCK)
      archive.set(encodeHeader({ ...PLAIN_HEADER, type: 'g', size: record.length }))
      archive.set(record, BLOCK)
      archive.set(encodeHeader(PLAIN_HEADER), BLOCK + size)
      return archive
    }
    const comment = (length: number) => global(encodePax([['comment', new Uint8Array(length).fill(0x61)]]))
    assert.equal(tar.read(sourceOf(comment(1000))).entries.size, 1)
    assert.throws(() => tar.read(sourceOf(comment(20_000))), { name: 'FormatError', code: 'LIMIT' })
    const many = Array.from({ length: 65 }, (_, i) => [`k${i}`, text('v')] as const)
    assert.throws(() => tar.read(sourceOf(global(encodePax(many)))), { name: 'FormatError', code: 'LIMIT' })
  })
})

describe('ext2 with maps of blocks', () => {
  // Direct blocks end at 12 KiB, those of one map at 268 KiB, of two at 64 MiB and more: with blocks of 1024 bytes.
  const places = [0, 11, 12, 267, 268, 269, 65_803, 65_804, 66_000, 66_060]
  const tree = (size: number) => {
    const bytes = new Uint8Array(size)
    for (const block of places) bytes.set(text(`block ${block}`), block * 1024)
    return directory({ map: file(bytes, metadata(0o644), true), dense: file(new Uint8Array(300 * 1024).fill(7)) })
  }

  it(
    'keeps holes and what lies between them, over all three levels',
    needs({ commands: ['e2fsck', 'debugfs'] }),
    () => {
      const wanted = tree(66_100 * 1024 + 3)
      const output = new MemoryOutput()
      writeExt2(wanted, output, { blockSize: 1024 })
      assert.ok(output.position < 4 * 2 ** 20, `${output.position} bytes`)
      assert.deepEqual(describeTree(ext2.read(sourceOf(output.bytes))), describeTree(wanted))
      const image = saved('maps.ext2', output.bytes)
      run('e2fsck', ['-fn', image])
      run('debugfs', ['-R', `dump /map ${join(scratch, 'map')}`, image])
      const { content } = wanted.entries.get('map') as RegularFile
      assert.ok(Buffer.compare(readFileSync(join(scratch, 'map')), content.readAt(0, content.size)) === 0)
    },
  )
})

describe('FAT at the limits between its three kinds', () => {
  // With clusters of 512 bytes; a reader counts the clusters there is room for, not those that were meant.
  const around = (sectors: number, by: number, step: number) =>
    Array.from({ length: 2 * by + 1 }, (_, i) => (sectors + (i - by) * step) * 512)
  const sizes = [...around(4085 + 57, 40, 1), ...around(65_525 + 545, 6, 16)]

  it('is what its number of clusters says, whatever the size that is wanted', () => {
    const widths = new Set<number>()
    for (const size of sizes) {
      const output = new SparseOutput()
      writeFat(directory({ A: file('a'), B: directory({ C: file('c') }) }), output, { size, clusterSize: 512 })
      const { width } = openFat(output.source)
      const type = new TextDecoder().decode(output.source.readAt(width === 32 ? 82 : 54, 5))
      assert.equal(type, `FAT${width}`, `${size} bytes`)
      assert.deepEqual(contentOf(readFat(output.source), 'B/C').readAt(0, 1), text('c'), `${size} bytes`)
      widths.add(width)
    }
    assert.deepEqual([...widths].sort(), [12, 16, 32])
  })

  for (const clusters of [4084, 4085, 65_524, 65_525]) {
    it(
      `has nothing that fsck.fat would mend, with ${clusters} clusters or so`,
      needs({ commands: ['fsck.fat'] }),
      () => {
        const output = new MemoryOutput()
        writeFat(directory({ A: file('a') }), output, { size: (clusters + 57) * 512, clusterSize: 512 })
        run('fsck.fat', ['-n', saved(`limit-${clusters}.fat`, output.bytes)])
      },
    )
  }
})

describe('SquashFS', () => {
  const image = async (tree: ReturnType<typeof directory>, blockSize?: number): Promise<Uint8Array> => {
    const output = new MemoryOutput()
    await writeSquash(tree, output, { codec: gzip, blockSize })
    return output.bytes.slice()
  }
  const noise = (length: number, seed: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    for (let i = 0, state = seed; i < length; i++) bytes[i] = (state = (Math.imul(state, 48_271) + 11) >>> 0) >>> 24
    return bytes
  }
  const check = (name: string, bytes: Uint8Array, tree: ReturnType<typeof directory>): void => {
    assert.deepEqual(describeTree(readSquash(sourceOf(bytes), decompressors)), describeTree(tree))
    run('unsquashfs', ['-d', join(scratch, name), saved(`${name}.sqfs`, bytes)])
  }

  for (const blockSize of [4096, 131_072, 1_048_576]) {
    it(`holds files around a block of ${blockSize}`, needs({ commands: ['unsquashfs'], host: ['root'] }), async () => {
      const sizes = [1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, 2 * blockSize + 1]
      const tree = directory(Object.fromEntries(sizes.map((size) => [`${size}`, file(noise(size, size))])))
      check(`block-${blockSize}`, await image(tree, blockSize), tree)
      for (const size of sizes) {
        const found = readFileSync(join(scratch, `block-${blockSize}`, `${size}`))
        assert.ok(Buffer.compare(found, noise(size, size)) === 0, `${size} bytes`)
      }
    })
  }

  it(
    'holds a directory of more than 64 KiB, in runs of at most 256',
    needs({ commands: ['unsquashfs'], host: ['root'] }),
    async () => {
      const names = Array.from({ length: 700 }, (_, i) => `${String(i).padStart(4, '0')}-${'n'.repeat(200)}`)
      const tree = directory({
        many: directory(Object.fromEntries(names.map((name) => [name, file(name)]))),
        pipes: directory(
          Object.fromEntries(
            names.slice(0, 600).map((name) => [name, { kind: 'fifo' as const, meta: metadata(0o644) }]),
          ),
        ),
      })
      check('many', await image(tree), tree)
    },
  )

  it('holds equal files once', async () => {
    const once = await image(directory({ a: file(noise(300_000, 1)), b: file(noise(300_000, 2)) }))
    const twice = await image(directory({ a: file(noise(300_000, 1)), b: file(noise(300_000, 1)) }))
    assert.ok(once.length > 600_000, `${once.length} bytes`)
    assert.ok(twice.length < 310_000, `${twice.length} bytes`)
  })

  it('leaves whole blocks of a hole out, and says what has been spared', async () => {
    const bytes = new Uint8Array(10 * 131_072 + 7)
    bytes.set(noise(131_072, 3), 5 * 131_072)
    const tree = directory({ hole: file(bytes, metadata(0o644), true) })
    const found = await image(tree)
    assert.ok(found.length < 150_000, `${found.length} bytes`)
    assert.deepEqual(describeTree(readSquash(sourceOf(found), decompressors)), describeTree(tree))
  })
})
