import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { FormatErrorCode } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { spoil } from '../elf/sample.ts'
import {
  type DeviceDeclaration,
  decodeManifest,
  encodeManifest,
  encodeManifestNote,
  examineManifest,
  isDeviceName,
  manifestIn,
} from './manifest.ts'

type Edit = (view: DataView, bytes: Uint8Array) => void

const DEVICES: DeviceDeclaration[] = [
  { name: 'service', type: 'net' },
  { name: 'storage', type: 'block' },
]
const SAMPLE = encodeManifest(DEVICES)
const [FIRST, SERVICE, STORAGE] = [8, 112, 216]
const decode = (bytes: Uint8Array) => decodeManifest(new ByteReader(bytes))

describe('decodeManifest()', () => {
  it('returns the declared devices in order', () => {
    assert.deepEqual(decode(SAMPLE), {
      version: 1,
      devices: [
        { name: 'service', type: 'net', handle: 1 },
        { name: 'storage', type: 'block', handle: 2 },
      ],
    })
  })

  it('accepts the longest name and 63 devices', () => {
    const devices = Array.from({ length: 63 }, (_, i) => ({
      name: `${'x'.repeat(65)}${i + 10}`,
      type: 'block' as const,
    }))
    const { devices: decoded } = decode(encodeManifest(devices))
    assert.deepEqual(decoded.at(-1), { ...devices.at(-1), handle: 63 })
  })

  it('accepts bytes that nobody reads: behind a name, and in the padding', () => {
    const dirty = spoil(SAMPLE, (_, b) => {
      b.set([0xff, 0xff], SERVICE + 9)
      b.set([0xff, 0xff], SERVICE + 97)
      b.set([0xff], FIRST + 1)
    })
    assert.deepEqual(decode(dirty), decode(SAMPLE))
  })

  const cases: [why: string, code: FormatErrorCode, offset: number, edit: Edit][] = [
    ['version 2', 'UNSUPPORTED', 0, (v) => v.setUint32(0, 2, true)],
    ['version 0', 'UNSUPPORTED', 0, (v) => v.setUint32(0, 0, true)],
    ['no entries', 'BAD_VALUE', 4, (v) => v.setUint32(4, 0, true)],
    ['fewer entries than bytes', 'BAD_VALUE', 4, (v) => v.setUint32(4, 2, true)],
    ['more entries than bytes', 'BAD_VALUE', 4, (v) => v.setUint32(4, 4, true)],
    ['65 entries', 'LIMIT', 4, (v) => v.setUint32(4, 65, true)],
    ['2^32 - 1 entries', 'LIMIT', 4, (v) => v.setUint32(4, 0xffffffff, true)],
    ['a first entry that is a device', 'BAD_VALUE', FIRST + 68, (v) => v.setUint32(FIRST + 68, 1, true)],
    ['a first entry with a name', 'BAD_VALUE', FIRST, (v) => v.setUint8(FIRST, 0x41)],
    ['a first entry that is attached', 'BAD_VALUE', FIRST + 96, (v) => v.setUint8(FIRST + 96, 1)],
    ['a first entry with presets', 'BAD_VALUE', FIRST + 72, (v) => v.setUint8(FIRST + 79, 1)],
    ['a name of 68 characters', 'BAD_VALUE', SERVICE, (_, b) => b.fill(0x41, SERVICE, SERVICE + 68)],
    ['a last byte of the name alone', 'BAD_VALUE', SERVICE, (v) => v.setUint8(SERVICE + 67, 0x41)],
    ['an empty name', 'BAD_VALUE', SERVICE, (v) => v.setUint8(SERVICE, 0)],
    ['a name with a terminal escape in it', 'BAD_VALUE', SERVICE, (_, b) => b.set([0x9b, 0x41], SERVICE)],
    ['a name with an underscore', 'BAD_VALUE', SERVICE, (v) => v.setUint8(SERVICE + 2, 0x5f)],
    ['a name with a letter beyond ASCII', 'BAD_VALUE', SERVICE, (_, b) => b.set([0xc3, 0xa9], SERVICE)],
    [
      'a name twice, for other kinds of devices',
      'BAD_VALUE',
      STORAGE,
      (_, b) => b.copyWithin(STORAGE, SERVICE, SERVICE + 68),
    ],
    ['type 0', 'UNSUPPORTED', SERVICE + 68, (v) => v.setUint32(SERVICE + 68, 0, true)],
    ['type 3', 'UNSUPPORTED', SERVICE + 68, (v) => v.setUint32(SERVICE + 68, 3, true)],
    ['the reserved type', 'UNSUPPORTED', SERVICE + 68, (v) => v.setUint32(SERVICE + 68, 1 << 30, true)],
    ['type 2^32 - 1', 'UNSUPPORTED', SERVICE + 68, (v) => v.setUint32(SERVICE + 68, 0xffffffff, true)],
    ['a preset MAC', 'BAD_VALUE', SERVICE + 72, (v) => v.setUint8(SERVICE + 72, 2)],
    ['a preset block size', 'BAD_VALUE', STORAGE + 72, (v) => v.setUint16(STORAGE + 80, 1, true)],
    ['a byte at the end of the presets', 'BAD_VALUE', STORAGE + 72, (v) => v.setUint8(STORAGE + 87, 1)],
    ['a preset descriptor', 'BAD_VALUE', STORAGE + 88, (v) => v.setInt32(STORAGE + 88, 3, true)],
    ['half of a preset pointer', 'BAD_VALUE', STORAGE + 88, (v) => v.setInt32(STORAGE + 92, 1, true)],
    ['a device that claims to be attached', 'BAD_VALUE', SERVICE + 96, (v) => v.setUint8(SERVICE + 96, 1)],
    ['any other claim of that kind', 'BAD_VALUE', STORAGE + 96, (v) => v.setUint8(STORAGE + 96, 2)],
  ]
  for (const [why, code, offset, edit] of cases) {
    it(`rejects ${why}`, () => {
      assert.throws(() => decode(spoil(SAMPLE, edit)), { name: 'FormatError', code, offset })
    })
  }

  const sizes: [why: string, code: FormatErrorCode, offset: number, bytes: Uint8Array][] = [
    ['nothing', 'TRUNCATED', 0, new Uint8Array(0)],
    ['half a header', 'TRUNCATED', 4, SAMPLE.subarray(0, 7)],
    ['a header alone', 'BAD_VALUE', 4, SAMPLE.subarray(0, 8)],
    ['a header that counts nothing, with nothing behind it', 'BAD_VALUE', 4, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)],
    ['a byte too few', 'BAD_VALUE', 4, SAMPLE.subarray(0, SAMPLE.length - 1)],
    ['a byte too many', 'BAD_VALUE', 4, Uint8Array.of(...SAMPLE, 0)],
  ]
  for (const [why, code, offset, bytes] of sizes) {
    it(`rejects ${why}`, () => assert.throws(() => decode(bytes), { name: 'FormatError', code, offset }))
  }

  it('throws only FormatError for every truncation and every changed byte', () => {
    for (let i = 0; i < SAMPLE.length; i++) {
      assert.throws(() => decode(SAMPLE.subarray(0, i)), { name: 'FormatError' })
      for (let value = 0; value < 256; value++) {
        try {
          decode(spoil(SAMPLE, (v) => v.setUint8(i, value)))
        } catch (error) {
          assert.equal((error as Error).name, 'FormatError')
        }
      }
    }
  })

  it('returns what encodeManifest() was given', () => {
    fc.assert(
      fc.property(declarations(), (devices) => {
        const decoded = decode(encodeManifest(devices))
        assert.deepEqual(
          decoded.devices,
          devices.map((device, index) => ({ ...device, handle: index + 1 })),
        )
        assert.deepEqual(encodeManifest(decoded.devices), encodeManifest(devices))
      }),
    )
  })
})

function declarations(): fc.Arbitrary<DeviceDeclaration[]> {
  const letters = 'ABCXYZabcxyz0189'.split('')
  const name = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 67 })
  const device = fc.record({ name, type: fc.constantFrom('net' as const, 'block' as const) })
  return fc.uniqueArray(device, { selector: ({ name }) => name, maxLength: 63 })
}

describe('examineManifest()', () => {
  const examine = (edit: Edit) => examineManifest(new ByteReader(spoil(SAMPLE, edit), 1000))

  it('finds nothing in a clean manifest', () => assert.deepEqual(examine(() => {}).findings, []))

  it('lists everything, with places in the outermost input, and keeps the devices', () => {
    const { manifest, findings } = examine((v, b) => {
      b.set([0x1b], SERVICE)
      v.setUint8(SERVICE + 20, 1)
      v.setUint8(SERVICE + 72, 2)
      v.setUint8(SERVICE + 88, 3)
      v.setUint8(SERVICE + 103, 1)
    })
    assert.deepEqual(
      findings.map(({ severity, code, field, offset }) => [severity, code, field, offset]),
      [
        ['refused', 'BAD_VALUE', 'entry[1].name', 1000 + SERVICE],
        ['refused', 'BAD_VALUE', 'entry[1].u', 1000 + SERVICE + 72],
        ['refused', 'BAD_VALUE', 'entry[1].b', 1000 + SERVICE + 88],
        ['notice', 'BAD_VALUE', 'entry[1].name', 1000 + SERVICE],
        ['notice', 'BAD_VALUE', 'entry[1].padding', 1000 + SERVICE + 97],
      ],
    )
    assert.equal(findings[0]?.message, 'is "\\u001bervice", not 1 to 67 letters and digits of ASCII')
    assert.deepEqual(
      manifest.devices.map(({ name, handle }) => [name, handle]),
      [
        ['\u001bervice', 1],
        ['storage', 2],
      ],
    )
  })

  it('leaves an entry of an unknown type out of the devices, and the handles of the others alone', () => {
    const { manifest, findings } = examine((v) => v.setUint32(SERVICE + 68, 7, true))
    assert.deepEqual(manifest.devices, [{ name: 'storage', type: 'block', handle: 2 }])
    assert.deepEqual(
      findings.map(({ field }) => field),
      ['entry[1].type'],
    )
  })

  it('compares a repeated name with those of unknown types too', () => {
    const { findings } = examine((v, b) => {
      b.copyWithin(STORAGE, SERVICE, SERVICE + 68)
      v.setUint32(SERVICE + 68, 7, true)
    })
    assert.deepEqual(
      findings.map(({ field }) => field),
      ['entry[1].type', 'entry[2].name'],
    )
  })
})

describe('encodeManifestNote()', () => {
  it("writes the toolchain's bytes for no devices", () => {
    const expected = new Uint8Array(136)
    expected.set([6, 0, 0, 0, 0x74, 0, 0, 0, 0x4d, 0x46, 0x54, 0x31, 0x53, 0x6f, 0x6c, 0x6f, 0x35, 0, 0, 0])
    expected.set([1, 0, 0, 0, 1, 0, 0, 0], 24)
    expected.set([0, 0, 0, 0x40], 100)
    assert.deepEqual(encodeManifestNote([]), expected)
  })

  it("writes the toolchain's bytes for one block device", () => {
    const note = encodeManifestNote([{ name: 'storage', type: 'block' }])
    assert.equal(note.length, 240)
    assert.deepEqual([...note.subarray(4, 8)], [0xdc, 0, 0, 0])
    assert.equal(String.fromCharCode(...note.subarray(136, 144)), 'storage\0')
    assert.deepEqual([...note.subarray(204, 208)], [1, 0, 0, 0])
    const rest = note.filter(
      (byte, at) => byte !== 0 && at >= 32 && !(at >= 136 && at < 143) && at !== 204 && at !== 103,
    )
    assert.deepEqual([...rest], [])
  })

  it('writes 6688 bytes for 63 devices', () => {
    const note = encodeManifestNote(Array.from({ length: 63 }, (_, i) => ({ name: `n${i}`, type: 'net' })))
    assert.equal(note.length, 6688)
    assert.deepEqual([...note.subarray(4, 8)], [0x0c, 0x1a, 0, 0]) // 6668
    assert.deepEqual([...note.subarray(24, 32)], [1, 0, 0, 0, 64, 0, 0, 0])
  })

  const refused: [why: string, code: string, devices: DeviceDeclaration[]][] = [
    ['an empty name', 'BAD_ARGUMENT', [{ name: '', type: 'net' }]],
    ['a name of 68 letters', 'BAD_ARGUMENT', [{ name: 'x'.repeat(68), type: 'net' }]],
    ['a letter beyond ASCII', 'BAD_ARGUMENT', [{ name: 'é', type: 'net' }]],
    ['a line feed behind the name', 'BAD_ARGUMENT', [{ name: 'a\n', type: 'net' }]],
    [
      'a name twice',
      'BAD_ARGUMENT',
      [
        { name: 'a', type: 'net' },
        { name: 'a', type: 'block' },
      ],
    ],
    ['64 devices', 'LIMIT', Array.from({ length: 64 }, (_, i) => ({ name: `n${i}`, type: 'net' as const }))],
  ]
  for (const [why, code, devices] of refused) {
    it(`refuses ${why}`, () => assert.throws(() => encodeManifestNote(devices), { name: 'UsageError', code }))
  }
})

describe('manifestIn()', () => {
  it('leaves the padding out, whatever it holds', () => {
    const note = encodeManifestNote(DEVICES)
    note.set([1, 2, 3, 4], 20)
    assert.equal(decodeManifest(manifestIn(new ByteReader(note.subarray(20), 20))).devices.length, 2)
  })

  for (const size of [0, 3, 4]) {
    it(`rejects a descriptor of ${size} bytes`, () => {
      const descriptor = new ByteReader(new Uint8Array(size), 20)
      assert.throws(() => manifestIn(descriptor), { name: 'FormatError', code: 'TRUNCATED', offset: 20 })
    })
  }
})

describe('isDeviceName()', () => {
  it('takes letters and digits of ASCII only', () => {
    for (const name of ['a', 'Z9', '0', 'x'.repeat(67)]) assert.ok(isDeviceName(name), name)
    for (const name of ['', 'a b', 'a-b', 'a\n', '\0', 'é', '０', 'x'.repeat(68)]) assert.ok(!isDeviceName(name), name)
  })
})
