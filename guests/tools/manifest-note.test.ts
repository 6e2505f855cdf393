import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { manifestNote, noteAssembler } from './manifest-note.mjs'

const manifest = (devices: unknown, edit: object = {}) =>
  JSON.stringify({ type: 'solo5.manifest', version: 1, devices, ...edit })

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('manifestNote()', () => {
  it('writes 136 bytes for no devices, all known beforehand', () => {
    const header = '06000000' + '74000000' + '4d465431' + '536f6c6f35000000' + '00000000'
    const entry = '00'.repeat(68) + '00000040' + '00'.repeat(32)
    assert.equal(hex(manifestNote(manifest([]))), `${header}0100000001000000${entry}`)
  })

  it('puts each device into an entry of 104 bytes, in order', () => {
    const note = manifestNote(
      manifest([
        { name: 'storage', type: 'BLOCK_BASIC' },
        { type: 'NET_BASIC', name: 'service0' },
      ]),
    )
    const view = new DataView(note.buffer)
    assert.equal(note.length, 32 + 3 * 104)
    assert.equal(view.getUint32(4, true), note.length - 20)
    assert.equal(view.getUint32(28, true), 3)
    assert.equal(Buffer.from(note.subarray(136, 144)).toString('latin1'), 'storage\0')
    assert.equal(view.getUint32(136 + 68, true), 1)
    assert.equal(Buffer.from(note.subarray(240, 249)).toString('latin1'), 'service0\0')
    assert.equal(view.getUint32(240 + 68, true), 2)
    const rest = note.slice(240 + 72)
    assert.deepEqual(rest, new Uint8Array(rest.length))
  })

  const block = (name: unknown) => ({ name, type: 'BLOCK_BASIC' })
  const many = (count: number) => Array.from({ length: count }, (_, i) => block(`storage${i}`))

  it('takes 63 devices and names of 67 characters', () => {
    assert.equal(manifestNote(manifest(many(63))).length, 6688)
    assert.equal(manifestNote(manifest([block('n'.repeat(67))])).length, 240)
  })

  const cases: [why: string, json: string, problem: RegExp][] = [
    ['what is not JSON', '{', /JSON/],
    ['an array', '[]', /not an object/],
    ['null', 'null', /not an object/],
    ['another type', manifest([], { type: 'solo5.abi' }), /type is not/],
    ['another version', manifest([], { version: 2 }), /version is not 1/],
    ['an unknown key', manifest([], { extra: 1 }), /exactly the keys/],
    ['missing devices', '{"type":"solo5.manifest","version":1}', /exactly the keys/],
    ['devices that are no array', manifest({}), /not an array/],
    ['64 devices', manifest(many(64)), /more than 63/],
    ['a device that is no object', manifest(['storage']), /devices\[0\] is not an object/],
    ['a device with an unknown key', manifest([{ ...block('a'), mtu: 1 }]), /devices\[0\] must have exactly/],
    ['an empty name', manifest([block('')]), /devices\[0\]\.name is not/],
    ['a name of 68 characters', manifest([block('n'.repeat(68))]), /devices\[0\]\.name is not/],
    ['a name with a hyphen', manifest([block('a-b')]), /devices\[0\]\.name is not/],
    ['a name that ends in a line feed', manifest([block('a\n')]), /devices\[0\]\.name is not/],
    ['a name that is a number', manifest([block(7)]), /devices\[0\]\.name is not/],
    ['an unknown device type', manifest([{ name: 'a', type: 'FOO' }]), /devices\[0\]\.type is not/],
    ['a repeated name', manifest([block('a'), { name: 'a', type: 'NET_BASIC' }]), /devices\[1\]\.name appears twice/],
  ]
  for (const [why, json, problem] of cases) {
    it(`rejects ${why}`, () => assert.throws(() => manifestNote(json), problem))
  }
})

describe('noteAssembler()', () => {
  it('spells out every byte, in the section that the linker script looks for', () => {
    const note = manifestNote(manifest([{ name: 'storage', type: 'BLOCK_BASIC' }]))
    const text = noteAssembler(note)
    const bytes = [...text.matchAll(/\.byte\s+(.*)/g)].flatMap((match) => (match[1] ?? '').split(', ').map(Number))
    assert.deepEqual(bytes, [...note])
    assert.match(text, /\.section \.note\.solo5\.manifest, "a", @note/)
  })
})
