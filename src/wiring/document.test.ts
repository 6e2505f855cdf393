import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import { parseWiring } from './document.ts'
import type { WireOrigin } from './origin.ts'
import { SECTOR_SIZES, userWire } from './wire.ts'

const SAMPLE = {
  schema: 'slipway.wiring',
  schemaVersion: 1,
  net: {
    service: { tap: 'tap0', mtu: 9000, mac: '02:00:5E:10:00:01' },
    backend: { unix: 'run/switch.sock', share: true },
    spare: { fd: 9 },
    front: {
      user: {
        subnet: '10.7.0.0/24',
        allow: ['10.8.0.0/16', '169.254.169.254'],
        allowHostLoopback: true,
        internet: false,
        host: false,
        pcap: 'front.pcap',
        rate: '10M',
        delay: '20ms',
        loss: '1%',
        publish: ['8080:80', '[::1]:5353:53/udp'],
      },
      mtu: 9000,
    },
    back: { user: {} },
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
    const origin = (device: string): WireOrigin => {
      const line = lines.findIndex((words) => words.includes(`"${device}"`)) + 1
      return { layer: 'file', file: 'shop.json', line, column: (lines[line - 1]?.indexOf('{') ?? 0) + 1 }
    }
    const published = (words: string, port: object) => {
      const line = lines.findIndex((each) => each.includes(words)) + 1
      const column = (lines[line - 1]?.indexOf('"') ?? 0) + 1
      return { device: undefined, ...port, origin: { layer: 'file', file: 'shop.json', line, column } }
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
        type: 'net',
        device: 'front',
        carrier: {
          kind: 'user',
          subnet: { address: 0x0a070000, prefix: 24 },
          allow: [
            { address: 0x0a080000, prefix: 16 },
            { address: 0xa9fea9fe, prefix: 32 },
          ],
          allowHostLoopback: true,
          internet: false,
          host: false,
          pcap: 'front.pcap',
          rate: 10_000_000,
          delay: 20,
          loss: 0.01,
          publish: [
            published('8080:80', { protocol: 'tcp', address: '127.0.0.1', hostPort: 8080, guestPort: 80 }),
            published('[::1]:5353:53/udp', { protocol: 'udp', address: '::1', hostPort: 5353, guestPort: 53 }),
          ],
        },
        mac: undefined,
        mtu: 9000,
        share: false,
        origin: origin('front'),
      },
      userWire('back', origin('back')),
      {
        type: 'block',
        medium: 'disk',
        copiesBaked: false,
        device: 'storage',
        path: 'disk.img',
        sectorSize: 4096,
        readOnly: true,
        share: true,
        origin: origin('storage'),
      },
      {
        type: 'block',
        medium: 'disk',
        copiesBaked: false,
        device: 'logs',
        path: '/srv/logs.img',
        sectorSize: 512,
        readOnly: false,
        share: false,
        origin: origin('logs'),
      },
    ])
  })

  it('reads what is baked in, and a copy of it', () => {
    const block = { a: { baked: true, sectorSize: 4096 }, b: { baked: true, copy: 'b.img', readOnly: true } }
    const wires = parse(JSON.stringify({ schema: 'slipway.wiring', schemaVersion: 1, block }))
    assert.deepEqual(
      wires.map((wire) =>
        wire.type === 'block' && wire.medium === 'disk' ? [wire.path, wire.copiesBaked] : wire.type,
      ),
      ['block', ['b.img', true]],
    )
  })

  it('takes a document without devices', () => {
    assert.deepEqual(parse('{ "$schema": "x", "schema": "slipway.wiring", "schemaVersion": 1 }'), [])
    assert.deepEqual(parse('{ "schema": "slipway.wiring", "schemaVersion": 1, "net": {}, "block": {} }'), [])
  })

  for (const page of ['spec/wiring.md', 'guide/devices.md', 'guide/network.md']) {
    it(`takes what docs/${page} shows`, () => {
      const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
      const shown = [...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, document = '']) => document)
      assert.ok(shown.length > 0)
      for (const document of shown) assert.ok(parse(document).length > 0)
    })
  }

  it('names line and column of what is wrong in the text of an option, with its advice', () => {
    assert.throws(() => parse(spoil((d) => (d.net.front.user.allow[0] = '10.8.1.0/16'))), {
      code: 'BAD_VALUE',
      message: /"net.front.user.allow.0" = "10.8.1.0\/16" has bits behind its prefix/,
      advice: 'write 10.8.0.0/16, or 10.8.1.0 for one address',
      path: ['net', 'front', 'user', 'allow', 0],
    })
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
  ['a network of ours that is only said to be wanted', 'BAD_VALUE', (d) => (d.net.back.user = true)],
  ['a network of ours and an interface', 'BAD_VALUE', (d) => (d.net.back.tap = 'tap0')],
  ['a network of ours that is shared', 'BAD_VALUE', (d) => (d.net.back.share = true)],
  ['a network of ours that is said not to be shared', 'BAD_VALUE', (d) => (d.net.back.share = false)],
  ['an MTU that no lease fits into', 'BAD_VALUE', (d) => (d.net.back.mtu = 575)],
  ['an option of networks beside them', 'UNKNOWN_KEY', (d) => (d.net.back.subnet = '10.7.0.0/24')],
  ['an option that networks have not', 'UNKNOWN_KEY', (d) => (d.net.back.user.gateway = '10.7.0.1')],
  ['a subnet that is none', 'BAD_VALUE', (d) => (d.net.front.user.subnet = '10.7/24')],
  ['a subnet that is too large', 'BAD_VALUE', (d) => (d.net.front.user.subnet = '10.0.0.0/15')],
  ['a subnet that is too small', 'BAD_VALUE', (d) => (d.net.front.user.subnet = '10.0.0.0/30')],
  ['a subnet of loopback addresses', 'BAD_VALUE', (d) => (d.net.front.user.subnet = '127.0.0.0/24')],
  ['a subnet of link-local addresses', 'BAD_VALUE', (d) => (d.net.front.user.subnet = '169.254.0.0/16')],
  ['a subnet of groups', 'BAD_VALUE', (d) => (d.net.front.user.subnet = '239.0.0.0/16')],
  ['one network to allow without its list', 'BAD_VALUE', (d) => (d.net.front.user.allow = '10.8.0.0/16')],
  ['a name to allow', 'BAD_VALUE', (d) => (d.net.front.user.allow = ['example.org'])],
  ['an address with a leading zero', 'BAD_VALUE', (d) => (d.net.front.user.allow = ['10.08.0.0/16'])],
  ['a prefix beyond 32', 'BAD_VALUE', (d) => (d.net.front.user.allow = ['10.8.0.0/33'])],
  ['a switch of a network that is a word', 'BAD_VALUE', (d) => (d.net.front.user.internet = 'no')],
  ['a capture without a name', 'BAD_VALUE', (d) => (d.net.front.user.pcap = '')],
  ['a rate that is a number', 'BAD_VALUE', (d) => (d.net.front.user.rate = 10)],
  ['a rate of nothing', 'BAD_VALUE', (d) => (d.net.front.user.rate = '0M')],
  ['a delay without a unit', 'BAD_VALUE', (d) => (d.net.front.user.delay = '20')],
  ['a loss of more than all', 'BAD_VALUE', (d) => (d.net.front.user.loss = '101%')],
  ['a port without its list', 'BAD_VALUE', (d) => (d.net.front.user.publish = '8080:80')],
  ['a port that is a number', 'BAD_VALUE', (d) => (d.net.front.user.publish = [80])],
  ['half a pair of ports', 'BAD_VALUE', (d) => (d.net.front.user.publish = ['80'])],
  ['a port that there is none of', 'BAD_VALUE', (d) => (d.net.front.user.publish = ['65536:80'])],
  ['a port that names a device', 'BAD_VALUE', (d) => (d.net.front.user.publish = ['front=8080:80'])],
  ['a port of another protocol', 'BAD_VALUE', (d) => (d.net.front.user.publish = ['8080:80/sctp'])],
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

  it('agrees with parseWiring() on any network of ours', () => {
    /** Mostly one that is right, else pieces of such in any order. */
    const text = (right: readonly string[], pieces: readonly string[]) =>
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...right) },
        { weight: 1, arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 5 }).map((list) => list.join('')) },
      )
    const octet = fc.oneof(fc.nat(300), fc.constantFrom(0, 10, 127, 169, 192, 224, 255))
    // Without bits behind the prefix: those are the parser's alone.
    const network = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('10.0.0.0/16', '192.168.7.8/29', '172.16.4.0/24') },
      fc.tuple(octet, octet, fc.integer({ min: 16, max: 34 })).map(([a, b, prefix]) => `${a}.${b}.0.0/${prefix}`),
      fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.')),
      fc.constantFrom('0.0.0.0/0', '10.0.0.0/08', '10.0.0.0/', '::/0'),
    )
    const user = fc.record(
      {
        subnet: network,
        allow: fc.array(network, { maxLength: 2 }),
        allowHostLoopback: fc.boolean(),
        internet: fc.boolean(),
        host: fc.oneof({ weight: 9, arbitrary: fc.boolean() }, fc.constant('no')),
        pcap: text(['a.pcap'], ['', 'x', '\0']),
        rate: text(['10M', '1.5G', '9600'], ['0', '1', '99', '.', '.5', 'k', 'M', 'G']),
        delay: text(['20ms', '1.5s'], ['0', '1', '20', '.', '.5', 'ms', 's']),
        loss: text(['1%', '0.5%', '100%'], ['0', '1', '100', '.', '.5', '%']),
        publish: fc.uniqueArray(
          text(
            ['8080:80', '[::1]:1:2/udp', '0:65535'],
            ['0', '80', '65536', ':', '127.0.0.1:', '[::1]:', '/udp', 'a='],
          ),
          { maxLength: 2 },
        ),
      },
      { noNullPrototype: true, requiredKeys: [] },
    )
    const mtu = fc.oneof(fc.constant(undefined), fc.constantFrom(575, 576, 1500, 65535, 65536))
    let [accepted, refused] = [0, 0]
    fc.assert(
      fc.property(user, mtu, (options, bytes) => {
        const wire = { user: options, ...(bytes === undefined ? {} : { mtu: bytes }) }
        const document = { schema: 'slipway.wiring', schemaVersion: 1, net: { service: wire } }
        let problem: unknown
        try {
          parse(JSON.stringify(document))
          accepted++
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
          problem = error
          refused++
        }
        const words = `${String(problem)} ${JSON.stringify(wire)} ${JSON.stringify(validate.errors)}`
        assert.equal(validate(document), problem === undefined, words)
      }),
      { numRuns: 3000 },
    )
    assert.ok(accepted > 300 && refused > 300, `${accepted} accepted, ${refused} refused`)
  })
})
