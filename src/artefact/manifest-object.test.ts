import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { encodeManifestNote } from './manifest.ts'
import { OBJECT_MACHINES, writeManifestAssembler, writeManifestC, writeManifestObject } from './manifest-object.ts'

// What linkers, compilers and readelf make of these is in test/cli/manifest.test.ts.

const DEVICES = [
  { name: 'service', type: 'net' },
  { name: 'storage', type: 'block' },
] as const

describe('writeManifestObject()', () => {
  it('holds the note, once, for each processor', () => {
    for (const [i, machine] of OBJECT_MACHINES.entries()) {
      const file = Buffer.from(writeManifestObject(DEVICES, machine))
      assert.deepEqual([file.readUInt16LE(16), file.readUInt16LE(18)], [1, [62, 183, 21][i]])
      const note = encodeManifestNote(DEVICES)
      assert.equal(file.indexOf(note), 64)
      assert.equal(file.indexOf(note, 65), -1)
    }
  })

  it('refuses what a manifest cannot declare', () => {
    assert.throws(() => writeManifestObject([{ name: 'a-b', type: 'net' }], 'x86_64'), { code: 'BAD_ARGUMENT' })
  })
})

describe('writeManifestAssembler()', () => {
  it('spells out every byte', () => {
    const bytes = [...writeManifestAssembler(DEVICES).matchAll(/\.byte\s+(.*)/g)].flatMap(([, list]) =>
      (list ?? '').split(', ').map(Number),
    )
    assert.deepEqual(bytes, [...encodeManifestNote(DEVICES)])
  })
})

describe('writeManifestC()', () => {
  it('has an entry for each device and one more', () => {
    const text = writeManifestC(DEVICES)
    assert.deepEqual(
      [...text.matchAll(/\{ \.name = "(.*)", \.type = (.*) \}/g)].map(([, name, type]) => [name, type]),
      [
        ['', '0x40000000'],
        ['service', '0x2'],
        ['storage', '0x1'],
      ],
    )
    assert.match(text, /\.entries = 3,/)
  })

  it('takes a name twice, as elftool does', () => {
    const twice = [DEVICES[0], DEVICES[0]]
    assert.equal([...writeManifestC(twice).matchAll(/"service"/g)].length, 2)
  })

  it('refuses a name that would end its string', () => {
    assert.throws(() => writeManifestC([{ name: '"};', type: 'net' }]), { code: 'BAD_ARGUMENT' })
  })
})
