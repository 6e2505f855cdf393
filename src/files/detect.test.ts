import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { sourceOf } from '../base/reader.ts'
import { detectFormat, detectPacking, formatOfName } from './detect.ts'

/** Bytes of zero but for some text. */
function withText(at: number, text: string, size = 40_000) {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
  return sourceOf(bytes)
}

describe('detectFormat()', () => {
  for (const [format, at, text] of [
    ['squashfs', 0, 'hsqs'],
    ['cpio', 0, '070701'],
    ['cpio', 0, '070702'],
    ['tar', 257, 'ustar\0'],
    ['tar', 257, 'ustar  \0'],
    ['iso9660', 32_769, 'CD001'],
    ['ext2', 1080, '\x53\xef'],
    ['fat', 510, '\x55\xaa'],
  ] as const) {
    it(`knows ${format} by ${JSON.stringify(text)}`, () => {
      assert.equal(detectFormat(withText(at, text)), format)
      assert.equal(detectFormat(withText(at + 1, text)), undefined)
    })
  }

  it('takes an ISO that can be booted for an ISO', () => {
    const bytes = withText(32_769, 'CD001').readAt(0, 40_000)
    bytes.set([0x55, 0xaa], 510)
    assert.equal(detectFormat(sourceOf(bytes)), 'iso9660')
  })

  it('does not look beyond the end', () => {
    for (let size = 0; size < 600; size++) assert.equal(detectFormat(sourceOf(new Uint8Array(size))), undefined)
  })
})

describe('detectPacking()', () => {
  it('knows gzip and zstd by their first bytes', () => {
    assert.equal(detectPacking(withText(0, '\x1f\x8b')), 'gzip')
    assert.equal(detectPacking(withText(0, '\x28\xb5\x2f\xfd')), 'zstd')
    assert.equal(detectPacking(withText(1, '\x1f\x8b')), undefined)
    assert.equal(detectPacking(sourceOf(Uint8Array.of(0x1f))), undefined)
  })
})

describe('formatOfName()', () => {
  for (const [name, format, packing] of [
    ['a.tar', 'tar', undefined],
    ['a.tar.gz', 'tar', 'gzip'],
    ['a.tgz', 'tar', 'gzip'],
    ['a.b.tar.zst', 'tar', 'zstd'],
    ['a.tzst', 'tar', 'zstd'],
    ['/dir.iso/a.cpio.gz', 'cpio', 'gzip'],
    ['a.squashfs', 'squashfs', undefined],
    ['a.sqfs', 'squashfs', undefined],
    ['a.vfat', 'fat', undefined],
  ] as const) {
    it(`reads ${name}`, () => assert.deepEqual(formatOfName(name), { format, packing }))
  }

  for (const name of ['', 'tar', 'a.gz', 'a.img', 'a.tar.xz', 'a.tar/', 'a.constructor']) {
    it(`reads nothing out of ${JSON.stringify(name)}`, () => assert.equal(formatOfName(name), undefined))
  }
})
