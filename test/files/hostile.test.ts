// Small images that would be read for ever, or become much larger in memory than they are: what one file has, all others claim to have as well.

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { sourceOf } from '../../src/base/reader.ts'
import { INODE } from '../../src/files/ext2/format.ts'
import { readExt2 } from '../../src/files/ext2/read.ts'
import { openVolume } from '../../src/files/ext2/volume.ts'
import { writeExt2 } from '../../src/files/ext2/write.ts'
import { FIELD, SECTOR } from '../../src/files/iso9660/format.ts'
import { iso9660 } from '../../src/files/iso9660/iso9660.ts'
import { decodeRecord, openIso, recordsOf } from '../../src/files/iso9660/volume.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { partOf } from '../../src/files/parts.ts'
import { directory, file } from '../../src/files/sample.ts'
import { squashfs } from '../../src/files/squashfs/squashfs.ts'
import { BLOCK, encodeHeader, type Header } from '../../src/files/tar/header.ts'
import { encodePax } from '../../src/files/tar/pax.ts'
import { tar } from '../../src/files/tar/tar.ts'
import { type Directory, type Inode, lookUp, metadata } from '../../src/files/tree.ts'
import { loadDecompressors } from '../../src/host/codecs/compressor.ts'
import { imageOf, PLAIN_BLOCKS } from '../support/fuzz-images.ts'

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const numbered = (count: number, what: () => Inode) =>
  directory(Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, what()])))

describe('an image', () => {
  it('is refused where files of an ext2 share their maps', () => {
    const output = new MemoryOutput()
    writeExt2(
      numbered(40, () => file('x'.repeat(1024))),
      output,
      { blockSize: 1024, size: 2 ** 20 },
    )
    const bytes = output.bytes.slice()
    const volume = openVolume(sourceOf(bytes))
    const first = 12 // behind the reserved ones and lost+found
    const block = (number: number): number => volume.inode(number).u32(INODE.blocks, 'block')
    // The contents of the first two become maps: one leads to the other, which leads to nothing, 256 times.
    const [outer, inner] = [block(first), block(first + 1)]
    for (let i = 0; i < 256; i++) view(bytes).setUint32(outer * 1024 + i * 4, inner, true)
    bytes.fill(0, inner * 1024, (inner + 1) * 1024)
    for (let number = first; number < first + 40; number++) {
      const { origin } = volume.inode(number)
      view(bytes).setUint32(origin + INODE.size, (12 + 256 + 65_536) * 1024, true)
      view(bytes).setUint32(origin + INODE.blocks + 13 * 4, outer, true)
      // One file may have such maps.
      if (number === first) readExt2(sourceOf(bytes.slice()))
    }
    assert.throws(() => readExt2(sourceOf(bytes)), { name: 'FormatError', message: /more maps than there are blocks/ })
  })

  it('is refused where directories of an ISO lie within each other', async () => {
    const bytes = await imageOf(
      iso9660,
      numbered(30, () => directory({})),
    )
    iso9660.read(sourceOf(bytes))
    const root = decodeRecord(openIso(sourceOf(bytes)).primary)
    for (const { reader, extent, name } of recordsOf(
      partOf(sourceOf(bytes), root.extent * SECTOR, root.size, 'root'),
    )) {
      if (name.length === 1 && (name[0] as number) < 2) continue
      // Each reaches as far as there are other directories, whose records are none of its own.
      view(bytes).setUint32(
        reader.origin + root.extent * SECTOR + FIELD.size,
        (root.extent + 30 - extent) * SECTOR,
        true,
      )
    }
    assert.throws(() => iso9660.read(sourceOf(bytes)), { name: 'FormatError', message: /bytes of directories/ })
  })

  it('has an attribute in memory once, however many files of a SquashFS have it', async () => {
    const xattrs = new Map([['user.large', new Uint8Array(60_000)]])
    const format = squashfs(PLAIN_BLOCKS, await loadDecompressors())
    const image = await imageOf(
      format,
      numbered(3, () => file('x', metadata(0o644, { xattrs }))),
    )
    const root = format.read(sourceOf(image))
    assert.equal(attributeOf(root, 'n0').length, 60_000)
    assert.equal(attributeOf(root, 'n0'), attributeOf(root, 'n2'))
  })

  it('has an attribute in memory once, however many files of a tar have it by a global record', () => {
    const none = new Uint8Array(0)
    const common = { prefix: none, mode: 0o644, uid: 0, gid: 0, mtime: 0, linkName: none, major: 0, minor: 0 }
    const header = (type: string, size: number, name: string): Uint8Array => {
      const whole: Header = { ...common, type, size, name: new TextEncoder().encode(name) }
      return encodeHeader(whole)
    }
    const record = encodePax([['SCHILY.xattr.user.large', new Uint8Array(10_000)]])
    const size = Math.ceil(record.length / BLOCK) * BLOCK
    const archive = new Uint8Array(size + 5 * BLOCK)
    archive.set(header('g', record.length, 'g'))
    archive.set(record, BLOCK)
    archive.set(header('0', 0, 'n0'), BLOCK + size)
    archive.set(header('0', 0, 'n2'), 2 * BLOCK + size)
    const root = tar.read(sourceOf(archive))
    assert.equal(attributeOf(root, 'n0').length, 10_000)
    assert.equal(attributeOf(root, 'n0'), attributeOf(root, 'n2'))
  })
})

function attributeOf(root: Directory, path: string): Uint8Array {
  return lookUp(root, path)?.meta.xattrs.get('user.large') as Uint8Array
}
