import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ConfigErrorCode } from '../base/errors.ts'
import { declarations } from '../../test/support/declarations.ts'
import { examineManifestSource, parseManifestSource, writeManifestSource } from './manifest-source.ts'

const SAMPLE = `{
  "type": "solo5.manifest",
  "version": 1,
  "devices": [
    { "name": "service", "type": "NET_BASIC" },
    { "name": "storage", "type": "BLOCK_BASIC" }
  ]
}
`
const DEVICES = [
  { name: 'service', type: 'net' },
  { name: 'storage', type: 'block' },
] as const

const device = (name: string): string => `{"name":"${name}","type":"NET_BASIC"}`
const withDevices = (list: string): string => `{"type":"solo5.manifest","version":1,"devices":${list}}`

describe('parseManifestSource()', () => {
  it('returns the declared devices in order', () => {
    assert.deepEqual(parseManifestSource(SAMPLE, 'm.json'), DEVICES)
  })

  it('takes keys in any order, 63 devices and names of 67 letters', () => {
    assert.deepEqual(parseManifestSource('{"devices":[],"version":1,"type":"solo5.manifest"}', 'm'), [])
    const many = Array.from({ length: 63 }, (_, i) => device(`${'x'.repeat(65)}${i + 10}`))
    assert.equal(parseManifestSource(withDevices(`[${many.join()}]`), 'm').length, 63)
  })

  type Case = [why: string, code: ConfigErrorCode, line: number, column: number, path: string, from: string, to: string]
  const cases: Case[] = [
    ['what is not JSON', 'SYNTAX', 4, 3, '', '1,', '1'],
    ['a comma too many', 'SYNTAX', 7, 3, '', '"BLOCK_BASIC" }', '"BLOCK_BASIC" },'],
    ['another type', 'BAD_VALUE', 2, 11, 'type', 'solo5.manifest', 'solo5.abi'],
    ['a type that is no string', 'BAD_VALUE', 2, 11, 'type', '"solo5.manifest"', '1'],
    ['version 2', 'BAD_VALUE', 3, 14, 'version', '1,', '2,'],
    ['half a version', 'BAD_VALUE', 3, 14, 'version', '1,', '1.5,'],
    ['a version that is a string', 'BAD_VALUE', 3, 14, 'version', '1,', '"1",'],
    ['an unknown key', 'UNKNOWN_KEY', 3, 15, 'extra', '"version": 1', '"version":1,"extra": 1'],
    ['a key twice', 'DUPLICATE_KEY', 3, 17, 'version', '"version": 1', '"version": 1, "version": 1'],
    ['a missing key', 'BAD_VALUE', 1, 1, '', '"version": 1,', ''],
    ['a device that is no object', 'BAD_VALUE', 5, 5, 'devices.0', '{ "name": "service", "type": "NET_BASIC" }', '1'],
    ['a mistyped key of a device', 'UNKNOWN_KEY', 5, 7, 'devices.0.nmae', '"name": "service"', '"nmae": "service"'],
    [
      'a key that only elftool would ignore',
      'UNKNOWN_KEY',
      5,
      26,
      'devices.0.mtu',
      '"service", ',
      '"service", "mtu":1,',
    ],
    ['a name that is no string', 'BAD_VALUE', 5, 15, 'devices.0.name', '"service"', 'null'],
    ['an empty name', 'BAD_VALUE', 5, 15, 'devices.0.name', 'service', ''],
    ['a name with a hyphen', 'BAD_VALUE', 5, 15, 'devices.0.name', 'service', 'a-b'],
    ['a name of 68 letters', 'BAD_VALUE', 5, 15, 'devices.0.name', 'service', 'x'.repeat(68)],
    ['a name with a line feed behind it', 'BAD_VALUE', 5, 15, 'devices.0.name', 'service', 'a\\n'],
    ['a name twice', 'BAD_VALUE', 6, 15, 'devices.1.name', 'storage', 'service'],
    ['an unknown type of device', 'BAD_VALUE', 6, 34, 'devices.1.type', 'BLOCK_BASIC', 'BLOCK'],
    ['the name of an object’s own method', 'BAD_VALUE', 6, 34, 'devices.1.type', 'BLOCK_BASIC', 'constructor'],
  ]
  for (const [why, code, line, column, path, from, to] of cases) {
    it(`refuses ${why}`, () => {
      assert.ok(SAMPLE.includes(from))
      const where = path === '' ? [] : path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key))
      assert.throws(() => parseManifestSource(SAMPLE.replace(from, to), 'm.json'), {
        name: 'ConfigError',
        code,
        file: 'm.json',
        line,
        column,
        path: where,
      })
    })
  }

  it('refuses devices that are no array', () => {
    const where = { code: 'BAD_VALUE', line: 1, column: 48, path: ['devices'] }
    assert.throws(() => parseManifestSource(withDevices('{}'), 'm'), where)
  })

  it('refuses 64 devices', () => {
    const many = Array.from({ length: 64 }, (_, i) => device(`n${i}`)).join()
    assert.throws(() => parseManifestSource(withDevices(`[${many}]`), 'm'), { code: 'LIMIT', path: ['devices'] })
  })

  it('names the nearest known key and type', () => {
    const advice = (from: string, to: string): string | undefined =>
      examineManifestSource(SAMPLE.replace(from, to), 'm').problems[0]?.advice
    assert.equal(advice('"version"', '"vresion"'), 'did you mean version?')
    assert.equal(advice('BLOCK_BASIC', 'BLOCK_BASE'), 'did you mean BLOCK_BASIC?')
  })

  it('returns what writeManifestSource() was given', () => {
    fc.assert(
      fc.property(declarations(), (devices) => {
        assert.deepEqual(parseManifestSource(writeManifestSource(devices), 'm'), devices)
      }),
    )
  })

  it('throws only ConfigError, whatever the text is', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"devices"',
      '"name"',
      '"type"',
      '1',
      'a',
      '\\',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((parts) => parts.join('')),
          fc.json(),
        ),
        (text) => {
          try {
            parseManifestSource(text, 'm')
          } catch (error) {
            assert.equal((error as Error).name, 'ConfigError')
          }
        },
      ),
    )
  })
})

describe('examineManifestSource()', () => {
  it('lists everything that is wrong, and keeps the devices that can be told', () => {
    const text = `{"type":"x","version":2,"extra":1,"devices":[{"name":"a-b","type":"NET"},${device('a')},${device('a')},7]}`
    const { devices, problems } = examineManifestSource(text, 'm')
    assert.deepEqual(
      problems.map(({ path }) => path.join('.')),
      ['extra', 'type', 'version', 'devices.0.name', 'devices.0.type', 'devices.2.name', 'devices.3'],
    )
    assert.deepEqual(devices, [{ name: 'a', type: 'net', handle: 2 }])
  })
})

describe('writeManifestSource()', () => {
  it('writes a line for each device', () => assert.equal(writeManifestSource(DEVICES), SAMPLE))

  it('writes no devices as an empty list', () => {
    assert.deepEqual(JSON.parse(writeManifestSource([])), { type: 'solo5.manifest', version: 1, devices: [] })
  })

  it('refuses a name that would need an escape', () => {
    assert.throws(() => writeManifestSource([{ name: 'a"b', type: 'net' }]), RangeError)
  })
})
