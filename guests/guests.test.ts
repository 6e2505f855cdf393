// What can be said about the guests without running one: that each is complete, that the prebuilt copies are as new as
// their sources, and that they have the shape of a Solo5 unikernel. Their behaviour is tested where they are run.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { parseExpected } from './expected.ts'
import { manifestNote } from './tools/manifest-note.mjs'
import { GUESTS, guestNames, sourceDigest } from './tools/sources.mjs'

const PT = { load: 1, interp: 3, note: 4, tls: 7 }
const OPENBSD_NOTE = '08000000' + '04000000' + '01000000' + '4f70656e42534400' + '00000000'
const ABI_NOTE = '06000000' + '10000000' + '41424931' + '536f6c6f35000000' + '02000000' + '02000000' + '00'.repeat(8)
const R = 4
const W = 2
const X = 1

interface Segment {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly fileSize: number
  readonly memorySize: number
  readonly alignment: number
}

const prebuilt = (file: string) => readFileSync(join(GUESTS, 'prebuilt', file))

// Written down here once more, so that a mistake in src/elf cannot hide one in the linker script.
function segments(image: Buffer): Segment[] {
  const table = Number(image.readBigUInt64LE(32))
  return Array.from({ length: image.readUInt16LE(56) }, (_, index) => {
    const word = (at: number) => Number(image.readBigUInt64LE(table + 56 * index + at))
    const [type, flags] = [image.readUInt32LE(table + 56 * index), image.readUInt32LE(table + 56 * index + 4)]
    const [offset, address, fileSize, memorySize] = [word(8), word(16), word(32), word(40)]
    return { type, flags, offset, address, fileSize, memorySize, alignment: word(48) }
  })
}

describe('guests/', () => {
  it('has a prebuilt copy of each guest and of nothing else', () => {
    const files = readdirSync(join(GUESTS, 'prebuilt')).sort()
    assert.deepEqual(files, [...guestNames().map((name) => `${name}.spt`), 'sources.json'].sort())
  })

  for (const name of guestNames()) {
    it(`${name} has a prebuilt copy that is as new as its source (else: node guests/build.mjs --prebuilt)`, () => {
      const record: { sources: Record<string, string> } = JSON.parse(prebuilt('sources.json').toString())
      assert.equal(record.sources[name], sourceDigest(name))
    })

    it(`${name} says what is expected of it`, () => {
      assert.ok(parseExpected(readFileSync(join(GUESTS, name, 'expected.txt'), 'utf8')).length > 0)
    })

    it(`${name} has the segments of an spt unikernel`, () => {
      const image = prebuilt(`${name}.spt`)
      const all = segments(image)
      const { interp, load, tls, note } = PT
      assert.deepEqual(
        all.map(({ type }) => type),
        [interp, load, load, load, tls, load, note, note, note],
      )
      const [text, data, firstValues, bss] = all.filter(({ type }) => type === load)
      assert.ok(text && data && firstValues && bss)
      assert.deepEqual(
        [text, data, firstValues, bss].map(({ flags }) => flags),
        [R | X, R | W, R, R | W],
      )
      assert.equal(text.address, 0x100000)
      assert.ok(data.fileSize > 0 && data.fileSize === data.memorySize)
      assert.equal(bss.fileSize, 0)
      for (const segment of all.filter(({ type, memorySize }) => type === load && memorySize > 0)) {
        assert.equal(segment.alignment, 0x1000)
        assert.equal(segment.address % 0x1000, 0)
      }
      assert.equal(image.subarray(0x1000, 0x1018).toString('latin1'), '/nonexistent/solo5/\0\0\0\0\0')
    })

    it(`${name} has its three notes, each as the first of its segment`, () => {
      const image = prebuilt(`${name}.spt`)
      const notes = segments(image).filter(({ type }) => type === PT.note)
      const [openBsd, abi, manifest] = notes.map(({ offset, fileSize }) => image.subarray(offset, offset + fileSize))
      assert.equal(openBsd?.toString('hex'), OPENBSD_NOTE)
      assert.equal(abi?.toString('hex'), ABI_NOTE)
      const json = readFileSync(join(GUESTS, name, 'manifest.json'), 'utf8')
      assert.deepEqual(manifest && new Uint8Array(manifest), manifestNote(json))
    })

    it(`${name} carries no path, no marker and no compiler's name`, () => {
      const text = prebuilt(`${name}.spt`).toString('latin1')
      for (const word of ['/home', '/root', '/tmp', 'GCC', 'main.c', 'SLIPWAY' + 'CANRY']) {
        assert.ok(!text.includes(word), word)
      }
    })
  }
})
