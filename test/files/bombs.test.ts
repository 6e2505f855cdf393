// Small archives and images that claim to hold terabytes, or become much larger in memory or on disk than they are: refused by the name of a limit,
// quickly and in little memory; or read, where what they claim costs nothing.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { FormatErrorCode } from '../../src/base/errors.ts'
import { type Source, sourceOf } from '../../src/base/reader.ts'
import { Budget, MAX_FILE, MAX_PIECES } from '../../src/files/budget.ts'
import type { Compressor } from '../../src/files/codec.ts'
import { cpio } from '../../src/files/cpio/cpio.ts'
import { ext2 } from '../../src/files/ext2/ext2.ts'
import { INODE } from '../../src/files/ext2/format.ts'
import { openVolume } from '../../src/files/ext2/volume.ts'
import { writeExt2 } from '../../src/files/ext2/write.ts'
import { BOOT, ENTRY, ENTRY_SIZE } from '../../src/files/fat/format.ts'
import { fat } from '../../src/files/fat/fat.ts'
import { FIELD, SECTOR } from '../../src/files/iso9660/format.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { decodeRecord, openIso, recordsOf } from '../../src/files/iso9660/volume.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { partOf } from '../../src/files/parts.ts'
import { directory, file } from '../../src/files/sample.ts'
import { SUPER } from '../../src/files/squashfs/format.ts'
import { readSquash } from '../../src/files/squashfs/read.ts'
import { squashfs } from '../../src/files/squashfs/squashfs.ts'
import { BLOCK, encodeHeader, type Header } from '../../src/files/tar/header.ts'
import { encodePax, type PaxRecord } from '../../src/files/tar/pax.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { type Directory, type Inode, lookUp, metadata } from '../../src/files/tree.ts'
import { loadDecompressors } from '../../src/host/codecs/compressor.ts'
import { loadCodec } from '../../src/host/codecs/codec-files.ts'
import { writeDirectory } from '../../src/host/trees/write-directory.ts'
import { PLAIN_HEADER } from '../support/tar-header.ts'
import { nothing } from '../support/fidelity.ts'
import { imageOf, PLAIN_BLOCKS } from '../support/fuzz-images.ts'
import { slipway } from '../support/guests.ts'
import { slipwayMeasured } from '../support/memory.ts'
import { needs } from '../support/needs.ts'

const TIB = 2 ** 40
/** A limit of memory, and not of what there is: the most that any of these may take. MiB. */
const MOST_MEMORY = 512
/** Five commands, on a machine that others use as well. ms. */
const PATIENCE = 180_000
const decompressors = await loadDecompressors()
const text = (words: string): Uint8Array => new TextEncoder().encode(words)
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

let scratch = ''
const at = (name: string): string => join(scratch, name)
beforeAll(() => void (scratch = mkdtempSync(join(tmpdir(), 'slipway-bombs-'))))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function refuses(read: (source: Source) => unknown, source: Source, code: FormatErrorCode, message: RegExp): void {
  assert.throws(() => read(source), { name: 'FormatError', code, message })
}

/** Many parts of one size that are made when they are looked at: an archive of any length that takes no memory. */
function manyParts(count: number, size: number, make: (index: number) => Uint8Array): Source {
  let [last, known] = [-1, new Uint8Array(0)]
  const part = (index: number): Uint8Array => {
    if (index !== last) [last, known] = [index, index < count ? Uint8Array.from(make(index)) : new Uint8Array(size)]
    return known
  }
  return {
    size: (count + 1) * size,
    readAt: (offset, length) => {
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const within = (offset + done) % size
        const piece = part(Math.floor((offset + done) / size)).subarray(within, within + length - done)
        bytes.set(piece, done)
        done += piece.length
      }
      return bytes
    },
  }
}

const NONE = new Uint8Array(0)
const blocks = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, new Uint8Array(-bytes.length & (BLOCK - 1))])
/** An entry behind what pax says of it. */
function entry(records: readonly PaxRecord[], more: Partial<Header> = {}, body: Uint8Array = NONE): Uint8Array {
  const extended = encodePax(records)
  const ahead = [encodeHeader({ ...PLAIN_HEADER, type: 'x', size: extended.length }), blocks(extended)]
  return Buffer.concat([
    ...(records.length > 0 ? ahead : []),
    encodeHeader({ ...PLAIN_HEADER, size: body.length, ...more }),
    blocks(body),
  ])
}
const archive = (...entries: readonly Uint8Array[]): Source =>
  sourceOf(Buffer.concat([...entries, new Uint8Array(2 * BLOCK)]))
const sparse = (size: number, map: string): PaxRecord[] => [
  ['GNU.sparse.map', text(map)],
  ['GNU.sparse.size', text(`${size}`)],
]
/** As many directories within each other as a path can name, beneath one that no other path has. */
const deepPath = (index: number): string => `${index}/`.padEnd(4094, 'd/')

describe('a tar', () => {
  it('is refused where a file claims to be larger than the archive', () => {
    refuses(tar.read, archive(entry([['size', text(`${2 ** 52}`)]])), 'TRUNCATED', /header\.size/)
  })

  it('is refused where a file with holes claims to be larger than any', () => {
    const size = MAX_FILE + 1
    const ones: PaxRecord[] = [
      ['GNU.sparse.major', text('1')],
      ['GNU.sparse.minor', text('0')],
      ['GNU.sparse.realsize', text(`${size}`)],
    ]
    refuses(tar.read, archive(entry(sparse(size, `${size},0`))), 'LIMIT', /a file has at most 17592186044416 bytes/)
    refuses(tar.read, archive(entry(ones, {}, text(`1\n${size}\n0\n`.padEnd(BLOCK, '\0')))), 'LIMIT', /at most/)
    const old = encodeHeader({ ...PLAIN_HEADER, type: 'S' })
    view(old).setBigUint64(483 + 4, BigInt(size))
    old[483] = 0x80
    old.fill(0x20, 148, 156)
    old.set(
      text(
        old
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0'),
      ),
      148,
    )
    old[154] = 0
    refuses(tar.read, archive(old), 'LIMIT', /at most/)
  })

  it('is read where it claims holes of terabytes, which are never looked through', () => {
    const source = archive(entry(sparse(8 * TIB, `${4 * TIB},3,${8 * TIB},0`), {}, text('abc')))
    const content = contentOf(tar.read(source), 'a')
    assert.equal(content.size, 8 * TIB)
    assert.deepEqual(content.readAt(4 * TIB, 4), text('abc\0'))
    assert.ok(content.isHole?.(0, 4 * TIB) === true && !content.isHole(4 * TIB, 1))
  })

  it('is refused where contents are in more pieces than are kept', () => {
    const body = blocks(text(`${MAX_PIECES + 1}\n`))
    const ones: PaxRecord[] = ['major', 'minor', 'realsize'].map((word, i) => [
      `GNU.sparse.${word}`,
      text(['1', '0', '9'][i] as string),
    ])
    refuses(tar.read, archive(entry(ones, {}, body)), 'LIMIT', /sparse map.* has more than 1000000 pieces/)
    // Each by itself has few enough.
    const pieces = 40_000
    const map = Array.from({ length: pieces }, (_, i) => `${i * 2},1`).join()
    const each = entry(sparse(pieces * 2, map), {}, new Uint8Array(pieces))
    refuses(
      tar.read,
      manyParts(30, each.length, () => each),
      'LIMIT',
      /more than 1000000 pieces of all files/,
    )
  })

  it('is refused where headers ahead of an entry have no end', () => {
    const record = encodePax([['comment', new Uint8Array(600_000).fill(0x61)]])
    const ahead = Buffer.concat([encodeHeader({ ...PLAIN_HEADER, type: 'x', size: record.length }), blocks(record)])
    refuses(tar.read, archive(ahead, ahead, entry([])), 'LIMIT', /more than 1048576 bytes of extended headers/)
  })

  it('is refused where its attributes fill the memory', () => {
    const each = entry([['SCHILY.xattr.user.large', new Uint8Array(900_000)]])
    refuses(
      tar.read,
      manyParts(80, each.length, () => each),
      'LIMIT',
      /names, links and extended attributes/,
    )
  })

  it('is refused where paths make more directories than are kept', () => {
    const each = (index: number): Uint8Array => entry([['path', text(deepPath(index))]], { type: '5' })
    const size = each(1000).length
    const source = manyParts(9000, size, (index) => each(1000 + index))
    refuses(tar.read, source, 'LIMIT', /is one of more than 1000000 entries/)
  })

  it('is refused where a link leads to more than a path', () => {
    const long = entry([['linkpath', text('l'.repeat(4096))]], { type: '2' })
    refuses(tar.read, archive(long), 'LIMIT', /header\.linkname.* more than 4095 bytes/)
  })

  it('is read in time where it names a large directory again and again', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => encodeHeader({ ...PLAIN_HEADER, name: text(`d/${i}`) }))
    const again = encodeHeader({ ...PLAIN_HEADER, name: text('d/'), type: '5' })
    const before = performance.now()
    const root = tar.read(archive(...many, ...many.map(() => again)))
    assert.equal((lookUp(root, 'd') as Directory).entries.size, 20_000)
    assert.ok(performance.now() - before < 10_000) // each time the whole of it would be a minute
  })
})

describe('a cpio', () => {
  const header = (name: string, more: Readonly<Record<number, number>> = {}): Uint8Array => {
    const fields = [1, 0o100644, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.length + 1, 0]
    for (const [i, value] of Object.entries(more)) fields[Number(i)] = value
    const bytes = text(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`)
    return Buffer.concat([bytes, new Uint8Array(-bytes.length & 3)])
  }
  const [MODE, LINKS, SIZE] = [1, 4, 6]

  it('is refused where a file claims to be larger than the archive', () => {
    refuses(cpio.read, sourceOf(header('a', { [SIZE]: 0xffffffff })), 'TRUNCATED', /header\.filesize/)
  })

  it('is refused where paths make more directories than are kept', () => {
    const each = (index: number): Uint8Array => header(deepPath(1000 + index), { [MODE]: 0o040755 })
    refuses(cpio.read, manyParts(9000, each(0).length, each), 'LIMIT', /is one of more than 1000000 entries/)
  })

  it('is refused where names of one file fill the memory', () => {
    const each = (index: number): Uint8Array => header(deepPath(10_000 + index), { [LINKS]: 2 })
    refuses(cpio.read, manyParts(80_000, each(0).length, each), 'LIMIT', /names, links and extended attributes/)
  })
})

describe('a SquashFS', () => {
  const SIZE = 0x0123456789 // bytes; found again in the image by this number
  const read = (source: Source): Directory => readSquash(source, decompressors)
  const hollow = (size: number): Inode => ({
    kind: 'file',
    meta: metadata(0o644),
    content: { size, readAt: (_, length) => new Uint8Array(length), isHole: () => true },
    sparse: true,
  })
  const plain = squashfs(PLAIN_BLOCKS, decompressors)

  const claims: [size: number, code: FormatErrorCode, message: RegExp][] = [
    [MAX_FILE + 1, 'LIMIT', /file\.size.* at most 17592186044416 bytes/],
    [4 * TIB, 'LIMIT', /file\.size.* more than 16777216 blocks of all files/],
    [1 * TIB, 'TRUNCATED', /inode table/],
  ]
  for (const [size, code, message] of claims) {
    it(`is refused where a file claims to have ${size} bytes`, async () => {
      const image = await imageOf(plain, directory({ a: hollow(SIZE) }))
      const wanted = new Uint8Array(8)
      view(wanted).setBigUint64(0, BigInt(SIZE), true)
      const place = Buffer.from(image.buffer, image.byteOffset, image.length).indexOf(wanted)
      assert.ok(place > 0)
      view(image).setBigUint64(place, BigInt(size), true)
      refuses(read, sourceOf(image), code, message)
    })
  }

  it('is not written where it would not be read again', async () => {
    const tree = directory({ a: hollow(TIB), b: hollow(TIB), c: hollow(1) })
    await assert.rejects(imageOf(plain, tree), { code: 'INEXPRESSIBLE', message: /more than 16777216 blocks/ })
  })

  it('is refused where tables claim to be larger than is kept', async () => {
    const image = await imageOf(plain, directory({ a: file('x'.repeat(1000)) }))
    view(image).setUint32(SUPER.fragments, 0xffffffff, true)
    refuses(read, sourceOf(image), 'LIMIT', /fragment table.* more than 67108864/)
  })

  for (const name of ['gzip', 'zstd'] as const) {
    it(`is refused where blocks packed with ${name} become larger than blocks are`, async () => {
      const { compress } = await loadCodec(name)
      const bomb = compress(new Uint8Array(7_000_000), 9)
      assert.ok(bomb.length < 8192, `${bomb.length}`)
      const inMetadata: Compressor = {
        ...PLAIN_BLOCKS,
        name,
        compress: (block) => (block.length === 8192 ? bomb : new Uint8Array(block.length + 1)),
      }
      const many = directory(Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`${i}`, file('')])))
      const first = await imageOf(squashfs(inMetadata, decompressors), many)
      refuses(read, sourceOf(first), 'BAD_VALUE', /table.* becomes? .*more than 8192/)
      const inData: Compressor = { ...PLAIN_BLOCKS, name, compressApart: async (block) => ({ block, bytes: bomb }) }
      const second = await imageOf(squashfs(inData, decompressors), directory({ a: file(new Uint8Array(131_072)) }))
      const content = contentOf(read(sourceOf(second)), 'a')
      refuses(() => content.readAt(0, 10), sourceOf(NONE), 'BAD_VALUE', /block.* becomes? .*more than 131072/)
    })
  }

  it('is read, taken out and compared in time where it holds nearly two terabytes of nothing', {
    ...needs({ commands: ['time'] }),
    timeout: PATIENCE,
  }, async () => {
    // The codec makes 64 MiB of nothing out of some hundred kilobytes.
    const codec: Compressor = { ...PLAIN_BLOCKS, compress: (block) => deflateSync(block) }
    const tree = directory({ a: hollow(2 * TIB - 2 ** 20), b: hollow(8) })
    writeFileSync(at('hollow.sqfs'), await imageOf(squashfs(codec, decompressors), tree))
    assert.ok(statSync(at('hollow.sqfs')).size < 2 ** 20)
    for (const words of [
      ['ls', 'hollow.sqfs'],
      ['slurp', 'hollow.sqfs', '-o', 'hollow'],
      ['convert', 'hollow.sqfs', '-o', 'hollow.tar'],
      ['diff', 'hollow.sqfs', 'hollow.tar'],
      ['cp', 'hollow.tar:/a', 'a'],
    ]) {
      const { status, stderr, peak } = slipwayMeasured(['fs', ...words], scratch)
      assert.equal(status, 0, stderr)
      assert.ok(peak < MOST_MEMORY, `${words[0]}: ${peak} MiB`)
    }
    assert.ok(statSync(at('hollow/a')).blocks < 100 && statSync(at('a')).blocks < 100)
    const { status, stderr } = slipway(['fs', 'convert', 'hollow.sqfs', '-o', 'hollow.iso'], { cwd: scratch })
    assert.equal(status, 125)
    assert.match(stderr, /cannot write "hollow\.iso": it would have 2 TiB at least, the disk has [\d.]+ [A-Z]iB free/)
    assert.ok(!existsSync(at('hollow.iso')))
  })
})

describe('an ISO', () => {
  it('is refused where a file claims to go beyond it', async () => {
    const image = await imageOf(iso9660, directory({ a: file('a') }))
    const record = lastRecord(image)
    view(image).setUint32(record + FIELD.size, 0xfffff000, true)
    refuses(iso9660.read, sourceOf(image), 'TRUNCATED', /record\.size/)
  })

  it('is refused where a directory claims to be larger than is read', async () => {
    const image = await imageOf(iso9660, directory({ a: directory({}) }))
    const record = lastRecord(image)
    view(image).setUint32(record + FIELD.size, 0xfffff000, true)
    const larger: Source = { size: 2 ** 33, readAt: (offset, length) => sourceOf(image).readAt(offset, length) }
    refuses(iso9660.read, larger, 'LIMIT', /record\.size.* more than 67108864 for a directory/)
  })

  it('is refused where many names go on in one place', async () => {
    const names = Array.from({ length: 300 }, (_, i) => [`${i}`.padEnd(250, 'n'), file('')] as const)
    const image = await imageOf(iso9660, directory(Object.fromEntries(names)))
    const buffer = Buffer.from(image.buffer, image.byteOffset, image.length)
    const mark = Uint8Array.of(0x43, 0x45, 28, 1) // CE
    for (let place = buffer.indexOf(mark); place >= 0; place = buffer.indexOf(mark, place + 4)) {
      // A sector of zeroes in which there is nothing to be read.
      view(image).setUint32(place + 4, 0, true)
      view(image).setUint32(place + 12, 0, true)
      view(image).setUint32(place + 20, SECTOR, true)
    }
    refuses(iso9660.read, sourceOf(image), 'BAD_VALUE', /CE\.size.* bytes of areas, in an image of/)
  })

  /** Where the record of the only file lies. */
  function lastRecord(image: Uint8Array): number {
    const root = decodeRecord(openIso(sourceOf(image)).primary)
    const records = [...recordsOf(partOf(sourceOf(image), root.extent * SECTOR, root.size, 'root'))]
    return root.extent * SECTOR + (records.at(-1)?.reader.origin as number)
  }
})

describe('an ext2', () => {
  const FIRST = 12 // behind the reserved inodes and lost+found
  const made = (tree: Directory): Uint8Array => {
    const output = new MemoryOutput()
    writeExt2(tree, output, { blockSize: 1024, size: 2 ** 23 })
    return output.bytes.slice()
  }
  const inodeAt = (image: Uint8Array, number: number): number => openVolume(sourceOf(image)).inode(number).origin

  it('is refused where a file claims to be larger than any', () => {
    const image = made(directory({ a: file('a') }))
    view(image).setUint32(inodeAt(image, FIRST) + INODE.sizeHigh, 0x1001, true)
    refuses(ext2.read, sourceOf(image), 'LIMIT', /inode\[12\]\.size.* at most 17592186044416 bytes/)
  })

  it('is read where it claims holes of terabytes', () => {
    const image = made(directory({ a: file('') }))
    view(image).setUint32(inodeAt(image, FIRST) + INODE.sizeHigh, 0x800, true)
    assert.equal(contentOf(ext2.read(sourceOf(image)), 'a').size, 8 * TIB)
  })

  it('is refused where directories have their blocks in common', () => {
    const image = made(directory(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${i}`, directory({})]))))
    // Each has its block twelve times, in which there is nothing that could come twice.
    for (let number = FIRST; number < FIRST + 1000; number++) {
      const inode = inodeAt(image, number)
      const block = view(image).getUint32(inode + INODE.blocks, true)
      view(image).setUint32(inode + INODE.size, 1024 * 12, true)
      for (let i = 1; i < 12; i++) view(image).setUint32(inode + INODE.blocks + i * 4, block, true)
    }
    refuses(ext2.read, sourceOf(image), 'BAD_VALUE', /bytes of directories, in an image of/)
  })

  it('is refused where contents are in more pieces than are kept', () => {
    const image = made(directory({ a: file('x'.repeat(3 * 1024)), b: file('y') }))
    const inode = inodeAt(image, FIRST)
    const [leaf, middle, top] = [0, 4, 8].map((i) => view(image).getUint32(inode + INODE.blocks + i, true)) as [
      number,
      number,
      number,
    ]
    for (let i = 0; i < 256; i++) {
      view(image).setUint32(leaf * 1024 + i * 4, i % 2 === 0 ? 50 : 60, true)
      view(image).setUint32(middle * 1024 + i * 4, leaf, true)
      view(image).setUint32(top * 1024 + i * 4, middle, true)
    }
    view(image).setUint32(inode + INODE.sizeHigh, 1, true)
    view(image).setUint32(inode + INODE.blocks + 14 * 4, top, true)
    refuses(ext2.read, sourceOf(image), 'LIMIT', /inode\[12\]\.blocks.* more than 1000000 pieces/)
  })
})

describe('a FAT', () => {
  it('is refused where it claims to be larger than it is', async () => {
    const image = await imageOf(fat, directory({ A: file('a') }))
    view(image).setUint16(BOOT.sectors16, 0, true)
    view(image).setUint32(BOOT.sectors32, 0xffffffff, true)
    refuses(fat.read, sourceOf(image), 'TRUNCATED', /boot\.sectors/)
  })

  it('is refused where a file claims to be larger than its clusters', async () => {
    const image = await imageOf(fat, directory({ ABCDEFGH: file('a') }))
    const place = Buffer.from(image.buffer, image.byteOffset, image.length).indexOf('ABCDEFGH')
    assert.equal(place % ENTRY_SIZE, 0)
    view(image).setUint32(place + ENTRY.size, 0xffffffff, true)
    refuses(fat.read, sourceOf(image), 'TRUNCATED', /entry\.size.* the chain has 1 clusters/)
  })
})

describe('what is kept of a tree', () => {
  it('is counted for all files together', () => {
    const budget = new Budget()
    for (let i = 0; i < 4; i++) assert.equal(budget.pieces(MAX_PIECES / 4), undefined)
    assert.match(`${budget.pieces(6)}`, /more than 1000000 pieces/)
  })
})

describe('a packed archive', () => {
  // A disk of its own, so that nearly all that is free is little.
  const small = needs({ host: ['root'], commands: ['mount', 'zstd', 'time'] })
  const DISK = 64 // MiB

  for (const [name, command] of [
    ['bomb.tar.gz', 'head -c 300M /dev/zero | gzip -9'],
    ['bomb.tar.zst', 'head -c 1000M /dev/zero | zstd -q -19'],
  ] as const) {
    it(`is refused where it would fill the disk: ${name}`, small, () => {
      mkdirSync(at('disk'), { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}M`, 'tmpfs', at('disk')])
      try {
        execFileSync('/bin/sh', ['-c', `${command} > ${name}`], { cwd: scratch })
        assert.ok(statSync(at(name)).size < 400_000)
        const env = { ...process.env, TMPDIR: at('disk') }
        const { status, stderr } = slipway(['fs', 'ls', name], { cwd: scratch, env })
        assert.equal(status, 125)
        assert.match(
          stderr,
          /contents at offset 0: become more than 57\.6 MiB, nearly all that the disk of .* has free/,
        )
        assert.match(stderr, /\n {2}TMPDIR=DIRECTORY names a place with more room\n$/)
        assert.deepEqual(readdirSync(at('disk')), [])
      } finally {
        execFileSync('umount', [at('disk')])
      }
    })
  }

  it('is refused where it makes too many files, in bounded memory', needs({ commands: ['zstd', 'time'] }), () => {
    const entries = Array.from({ length: 600 }, (_, i) => entry([['path', text(deepPath(1000 + i))]], { type: '5' }))
    writeFileSync(at('files.tar'), Buffer.concat(entries))
    execFileSync('zstd', ['-q', '-19', 'files.tar'], { cwd: scratch })
    assert.ok(statSync(at('files.tar.zst')).size < 20_000)
    const { status, stderr, peak } = slipwayMeasured(['fs', 'ls', 'files.tar.zst'], scratch)
    assert.equal(status, 125)
    assert.match(stderr, /is one of more than 1000000 entries/)
    assert.ok(peak < MOST_MEMORY, `${peak} MiB`)
  })
})

describe('writing a directory', () => {
  it('is refused before it begins where the disk has no room for it', () => {
    const tree = directory({ a: nothing(2 ** 50) })
    assert.throws(() => writeDirectory(tree, at('full'), { owners: false }), { name: 'HostError', code: 'EXHAUSTED' })
    assert.ok(!existsSync(at('full')))
  })
})

function contentOf(root: Directory, path: string): Source {
  const found = lookUp(root, path)
  assert.equal(found?.kind, 'file', path)
  return found.content
}
