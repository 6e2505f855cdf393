import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Device } from '../artefact/manifest.ts'
import { WiringError } from '../base/errors.ts'
import { parseBlockFlag, parseNetFlag } from './flag.ts'
import { matchWires, mergeWires } from './match.ts'
import { parsePublication } from './publish.ts'
import { PLAIN_USER_LINE } from './user-line.ts'
import { userWire, type Wire, type Wiring } from './wire.ts'

const ORIGIN = { layer: 'command line' } as const
const net = (name: string, value = 'tap:tap0'): Wire => parseNetFlag(`${name}=${value}`, ORIGIN)
const matchAll = (devices: readonly Device[], wiring: Wiring) =>
  matchWires({ manifest: { devices }, baked: undefined }, wiring)
const block = (name: string, value = 'a.img'): Wire => parseBlockFlag(`${name}=${value}`, ORIGIN)

const DEVICES: readonly Device[] = [
  { name: 'service', type: 'net', handle: 1 },
  { name: 'storage', type: 'block', handle: 2 },
]

describe('mergeWires()', () => {
  it('lets a later layer replace a wire, and keeps the others', () => {
    const [first, second, third] = [net('service'), block('storage'), block('storage', 'b.img')]
    assert.deepEqual(mergeWires([[first, second], [third]]), { wires: [first, third] })
  })

  it('replaces a wire of the other type as well: one name, one device', () => {
    const replaced = block('service')
    assert.deepEqual(mergeWires([[net('service')], [replaced]]).wires, [replaced])
  })

  it('refuses two wires for one device in one layer', () => {
    const twice = [net('service'), net('service', 'tap:tap1')]
    assert.throws(() => mergeWires([twice]), {
      name: 'WiringError',
      code: 'CONFLICT',
      message: /"service" is wired twice/,
    })
    assert.equal(mergeWires([[twice[0] as Wire], [twice[1] as Wire]]).wires.length, 1)
  })
})

describe('matchAll() of wires that a program wrote by hand', () => {
  const [tap, disk] = [net('service'), block('storage')]
  const unsound: [why: string, wire: Wire][] = [
    ['sectors of 513 bytes', { ...disk, sectorSize: 513 } as Wire],
    ['a path with a NUL', { ...disk, path: 'a\0b' } as Wire],
    ['an MTU of half a byte', { ...tap, mtu: 1500.5 } as Wire],
    ['the MAC of a group', { ...tap, mac: '03:00:00:00:00:01' } as Wire],
    ['an interface with an escape in its name', { ...tap, carrier: { kind: 'tap', interface: 'a\u001bb' } } as Wire],
    ['a socket path that is too long', { ...tap, carrier: { kind: 'unix', path: '/'.padEnd(108, 'x') } } as Wire],
    ['standard output', { ...tap, carrier: { kind: 'descriptor', descriptor: 1 } } as Wire],
  ]
  for (const [why, wire] of unsound) {
    it(`refuses ${why}`, () => {
      const wires = wire.type === 'net' ? [wire, disk] : [tap, wire]
      assert.throws(() => matchAll(DEVICES, { wires }), { name: 'UsageError', code: 'BAD_ARGUMENT' })
    })
  }
})

describe('matchAll()', () => {
  const match = (...wires: Wire[]) => matchAll(DEVICES, { wires })

  it('gives each device its wire, in the order of the manifest', () => {
    const [service, storage] = [net('service'), block('storage')]
    assert.deepEqual(match(storage, service), [
      { device: DEVICES[0], wire: service },
      { device: DEVICES[1], wire: storage },
    ])
    assert.deepEqual(matchAll([], { wires: [] }), [])
  })

  const refused: [why: string, wires: Wire[], expected: { code: string; message: RegExp; advice: string }][] = [
    [
      'a device that nothing is wired to, with the flag that is missing',
      [net('service')],
      { code: 'NOT_WIRED', message: /the device block "storage"/, advice: 'add --block storage=PATH' },
    ],
    [
      'several of them, with all flags',
      [],
      {
        code: 'NOT_WIRED',
        message: /2 devices: net "service", block "storage"/,
        advice: 'add --net service=user --block storage=PATH',
      },
    ],
    [
      'a wire for a device that is not declared, with the nearest name',
      [net('service'), block('storage'), block('storge')],
      {
        code: 'NOT_DECLARED',
        message: /no device "storge" \(did you mean "storage"\?\)/,
        advice: 'it declares net "service", block "storage"',
      },
    ],
    [
      'a wire of the other type',
      [block('service'), block('storage')],
      {
        code: 'NOT_DECLARED',
        message: /"service" is a net device, not block/,
        advice: 'write --net service=user',
      },
    ],
    [
      'a misspelt wire together with the device that it was meant for',
      [net('service'), block('storge')],
      {
        code: 'NOT_DECLARED',
        message: /"storge".*; nothing is wired to the device block "storage"/,
        advice: 'add --block storage=PATH',
      },
    ],
  ]
  for (const [why, wires, expected] of refused) {
    it(`refuses ${why}`, () => assert.throws(() => match(...wires), { name: 'WiringError', ...expected }))
  }

  it('puts every net device without a wire on a network of ours, where the operator says so', () => {
    const nets: readonly Device[] = [...DEVICES, { name: 'admin', type: 'net', handle: 3 }]
    const wires = [net('admin'), block('storage')]
    const matched = matchAll(nets, { wires, autoWire: ORIGIN })
    assert.deepEqual(
      matched.map(({ wire }) => wire),
      [userWire('service', ORIGIN), wires[1], wires[0]],
    )
    const missing = { code: 'NOT_WIRED', advice: 'add --block storage=PATH' }
    assert.throws(() => matchAll(nets, { wires: [], autoWire: ORIGIN }), missing)
  })

  it('gives published ports to the devices that they lead to', () => {
    const publish = [parsePublication('8080:80', '-p', ORIGIN)]
    const [service] = matchAll(DEVICES, { wires: [net('service', 'user'), block('storage')], publish })
    assert.ok(service?.wire.type === 'net' && service.wire.carrier.kind === 'user')
    assert.deepEqual(service.wire.carrier.publish, publish)
    const wires = [net('service'), block('storage')]
    assert.throws(() => matchAll(DEVICES, { wires, publish }), { code: 'UNSUITED', advice: /--net service=user/ })
  })

  const unsound: readonly (readonly [why: string, edit: object, message: RegExp])[] = [
    ['a rate of nothing', { carrier: { ...PLAIN_USER_LINE, rate: 0 } }, /"service": a rate of 0/],
    ['a capture without a name', { carrier: { ...PLAIN_USER_LINE, pcap: '' } }, /path of pcap is empty/],
    ['an MTU that no lease fits into', { carrier: PLAIN_USER_LINE, mtu: 575 }, /MTU of 575/],
    ['an MTU that IPv4 does not allow', { mtu: 67 }, /MTU of 67/],
  ]
  for (const [why, edit, message] of unsound) {
    it(`refuses a wire that a program has made with ${why}`, () => {
      const wire = { ...net('service'), ...edit } as Wire
      assert.throws(() => match(wire, block('storage')), { name: 'UsageError', code: 'BAD_ARGUMENT', message })
    })
  }

  it('refuses any wire for a guest that declares nothing', () => {
    assert.throws(() => matchAll([], { wires: [net('service')] }), {
      code: 'NOT_DECLARED',
      advice: 'it needs no wires',
    })
  })

  it('succeeds exactly where names and types are the same on both sides', () => {
    const kinds = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.constantFrom('net' as const, 'block' as const),
      {
        noNullPrototype: true,
      },
    )
    fc.assert(
      fc.property(kinds, kinds, (declared, wired) => {
        const devices = Object.entries(declared).map(([name, type], i): Device => ({ name, type, handle: i + 1 }))
        const wires = Object.entries(wired).map(([name, type]) => (type === 'net' ? net(name) : block(name)))
        const same = JSON.stringify(Object.entries(declared).sort()) === JSON.stringify(Object.entries(wired).sort())
        try {
          const found = matchAll(devices, { wires })
          assert.ok(same)
          assert.deepEqual(
            found.map(({ device, wire }) => [device.name, wire.device, wire.type]),
            devices.map(({ name, type }) => [name, name, type]),
          )
        } catch (error) {
          assert.ok(error instanceof WiringError && !same, String(error))
        }
      }),
    )
  })
})
