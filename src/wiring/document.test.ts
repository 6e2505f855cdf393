import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import { parseWiring } from './document.ts'
import { SECTOR_SIZES } from './wire.ts'

const SAMPLE = {
  schema: 'slipway.wiring',
  schemaVersion: 1,
  net: {
    service: { tap: 'tap0', mtu: 9000, mac: '02:00:5E:10:00:01' },
    backend: { unix: 'run/switch.sock', share: true },
    spare: { fd: 9 },
  },
  block: {
    storage: { path: 'disk.img', sectorSize: 4096, readOnly: true, share: true },
    logs: { path: '/srv/logs.img' },
  },
}
const PLAIN = { noNullPrototype: true }
type Document = ReturnType<typeof JSON.parse>
type Edit = (document: Document) => void

function spoil(edit: Edit): string {
  const document = structuredClone(SAMPLE)
  edit(document)
  return JSON.stringify(document, undefined, 2)
}

const parse = (text: string) => parseWiring(text, 'shop.json')

describe('parseWiring()', () => {
  const text = JSON.stringify(SAMPLE, undefined, 2)

  it('returns the wires in the order of the document, nets first, with their places', () => {
    const lines = text.split('\n')
    const origin = (device: string) => {
      const line = lines.findIndex((words) => words.includes(`"${device}"`)) + 1
      return { layer: 'file', file: 'shop.json', line, column: (lines[line - 1]?.indexOf('{') ?? 0) + 1 }
    }
    assert.deepEqual(parse(text), [
      {
        type: 'net',
        device: 'service',
        carrier: { kind: 'tap', interface: 'tap0' },
        mac: '02:00:5e:10:00:01',
        mtu: 9000,
        share: false,
        origin: origin('service'),
      },
      {
        type: 'net',
        device: 'backend',
        carrier: { kind: 'unix', path: 'run/switch.sock' },
        mac: undefined,
        mtu: undefined,
        share: true,
        origin: origin('backend'),
      },
      {
        type: 'net',
        device: 'spare',
        carrier: { kind: 'descriptor', descriptor: 9 },
        mac: undefined,
        mtu: undefined,
        share: false,
        origin: origin('spare'),
      },
      {
        type: 'block',
        device: 'storage',
        path: 'disk.img',
        sectorSize: 4096,
        readOnly: true,
        share: true,
        origin: origin('storage'),
      },
      {
        type: 'block',
        device: 'logs',
        path: '/srv/logs.img',
        sectorSize: 512,
        readOnly: false,
        share: false,
        origin: origin('logs'),
      },
    ])
  })

  it('takes a document without devices', () => {
    assert.deepEqual(parse('{ "$schema": "x", "schema": "slipway.wiring", "schemaVersion": 1 }'), [])
    assert.deepEqual(parse('{ "schema": "slipway.wiring", "schemaVersion": 1, "net": {}, "block": {} }'), [])
  })

  it('names line and column of what is wrong', () => {
    assert.throws(() => parse(spoil((d) => (d.net.service.mtu = 1))), {
      name: 'ConfigError',
      code: 'BAD_VALUE',
      file: 'shop.json',
      line: 7,
      column: 14,
      path: ['net', 'service', 'mtu'],
    })
  })

  it('refuses a newer version before it looks at anything else', () => {
    const newer = spoil((d) => Object.assign(d, { schemaVersion: 2, disks: {} }))
    assert.throws(() => parse(newer), { name: 'ConfigError', code: 'NEWER_SCHEMA' })
  })
})

const schema = JSON.parse(readFileSync(new URL('../../schema/wiring.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, strictRequired: false }).compile(
  schema,
)

/** What both refuse; the schema does not count bytes, so those limits are the parser's alone. */
const REFUSED: readonly (readonly [why: string, code: ConfigErrorCode, edit: Edit])[] = [
  ['another schema', 'BAD_VALUE', (d) => (d.schema = 'slipway.inspect')],
  ['no schema', 'BAD_VALUE', (d) => delete d.schema],
  ['no version', 'BAD_VALUE', (d) => delete d.schemaVersion],
  ['version 0', 'BAD_VALUE', (d) => (d.schemaVersion = 0)],
  ['a key that is not known', 'UNKNOWN_KEY', (d) => (d.nets = {})],
  ['a list of devices', 'BAD_VALUE', (d) => (d.net = [])],
  ['a name that no manifest has', 'BAD_VALUE', (d) => (d.net['a-b'] = { fd: 3 })],
  ['an empty name', 'BAD_VALUE', (d) => (d.block[''] = { path: 'x' })],
  ['a name of 68 letters', 'BAD_VALUE', (d) => (d.block['x'.repeat(68)] = { path: 'x' })],
  ['a flag’s value instead of a wire', 'BAD_VALUE', (d) => (d.net.service = 'tap:tap0')],
  ['no carrier', 'BAD_VALUE', (d) => delete d.net.service.tap],
  ['two carriers', 'BAD_VALUE', (d) => (d.net.service.fd = 9)],
  ['an option of blocks', 'UNKNOWN_KEY', (d) => (d.net.service.readOnly = true)],
  ['an empty interface', 'BAD_VALUE', (d) => (d.net.service.tap = '')],
  ['a long interface', 'BAD_VALUE', (d) => (d.net.service.tap = 'x'.repeat(16))],
  ['an interface with a slash', 'BAD_VALUE', (d) => (d.net.service.tap = 'a/b')],
  ['an interface called ..', 'BAD_VALUE', (d) => (d.net.service.tap = '..')],
  ['an interface that is a number', 'BAD_VALUE', (d) => (d.net.service.tap = 0)],
  ['a standard stream', 'BAD_VALUE', (d) => (d.net.spare.fd = 2)],
  ['a descriptor in quotes', 'BAD_VALUE', (d) => (d.net.spare.fd = '9')],
  ['half a descriptor', 'BAD_VALUE', (d) => (d.net.spare.fd = 9.5)],
  ['a descriptor beyond what processes have', 'BAD_VALUE', (d) => (d.net.spare.fd = 1024)],
  ['a socket without a path', 'BAD_VALUE', (d) => (d.net.backend.unix = '')],
  ['a long socket path', 'BAD_VALUE', (d) => (d.net.backend.unix = 'x'.repeat(108))],
  ['a MAC address of a group', 'BAD_VALUE', (d) => (d.net.service.mac = '01:00:00:00:00:01')],
  ['a MAC address of zeroes', 'BAD_VALUE', (d) => (d.net.service.mac = '00:00:00:00:00:00')],
  ['half a MAC address', 'BAD_VALUE', (d) => (d.net.service.mac = '02:00:00')],
  ['an MTU that IPv4 does not allow', 'BAD_VALUE', (d) => (d.net.service.mtu = 67)],
  ['an MTU that does not fit', 'BAD_VALUE', (d) => (d.net.service.mtu = 65536)],
  ['a switch that is a word', 'BAD_VALUE', (d) => (d.net.service.share = 'yes')],
  ['no path', 'BAD_VALUE', (d) => delete d.block.storage.path],
  ['an empty path', 'BAD_VALUE', (d) => (d.block.storage.path = '')],
  ['a path with a NUL', 'BAD_VALUE', (d) => (d.block.storage.path = 'a\0b')],
  ['a long path', 'BAD_VALUE', (d) => (d.block.storage.path = 'x'.repeat(4096))],
  ['a sector that is none', 'BAD_VALUE', (d) => (d.block.storage.sectorSize = 1000)],
  ['a sector in quotes', 'BAD_VALUE', (d) => (d.block.storage.sectorSize = '512')],
  ['a read-only switch that is a number', 'BAD_VALUE', (d) => (d.block.storage.readOnly = 1)],
  ['an option of nets', 'UNKNOWN_KEY', (d) => (d.block.storage.mtu = 1500)],
]

describe('schema/wiring.schema.json', () => {
  it('accepts what parseWiring() accepts', () => {
    assert.ok(validate(SAMPLE), JSON.stringify(validate.errors))
  })

  for (const [why, code, edit] of REFUSED) {
    it(`and parseWiring() refuse ${why}`, () => {
      const text = spoil(edit)
      assert.ok(!validate(JSON.parse(text)))
      assert.throws(() => parse(text), { name: 'ConfigError', code })
    })
  }

  it('agrees with parseWiring() on any document of ASCII', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 18 })
    const something = fc.oneof(ascii, fc.integer({ min: -2, max: 70_000 }), fc.boolean(), fc.constant(null))
    const wire = fc.dictionary(
      fc.constantFrom('tap', 'fd', 'unix', 'mac', 'mtu', 'share', 'path', 'sectorSize', 'readOnly'),
      fc.oneof(something, fc.constantFrom('tap0', '02:00:00:00:00:01', ...SECTOR_SIZES)),
      { noNullPrototype: true, maxKeys: 4 },
    )
    const likely = fc.oneof(
      wire,
      fc.record({ tap: ascii }, PLAIN),
      fc.record({ path: ascii, sectorSize: fc.constantFrom(...SECTOR_SIZES), readOnly: fc.boolean() }, PLAIN),
    )
    const devices = fc.dictionary(fc.stringMatching(/^[A-Za-z0-9-]{0,5}$/), likely, {
      noNullPrototype: true,
      maxKeys: 3,
    })
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(devices, devices, (net, block) => {
        const document = { schema: 'slipway.wiring', schemaVersion: 1, net, block }
        let problem: unknown
        try {
          parse(JSON.stringify(document))
          accepted++
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
          problem = error
          refused++
        }
        assert.equal(validate(document), problem === undefined, `${String(problem)} ${JSON.stringify(validate.errors)}`)
      }),
      { numRuns: 2000 },
    )
    assert.ok(accepted > 100 && refused > 100, `${accepted} accepted, ${refused} refused`)
  })
})
