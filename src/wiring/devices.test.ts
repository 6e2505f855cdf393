import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Device } from '../artefact/manifest.ts'
import { WiringError } from '../base/errors.ts'
import { planDevices } from './devices.ts'
import type { BlockFacts, ResourceFacts } from './facts.ts'
import { parseBlockFlag, parseNetFlag } from './flag.ts'
import { deriveMac } from './mac.ts'
import { PLAIN_USER_LINE } from './user-line.ts'
import { SECTOR_SIZES, type WiredDevice } from './wire.ts'

const ORIGIN = { layer: 'command line' } as const
const SOCKET: ResourceFacts = { kind: 'seqpacket', socket: '1:2' }
const OTHER: ResourceFacts = { kind: 'seqpacket', socket: '1:3' }
const USER: ResourceFacts = { kind: 'user', socket: 'seqpacket', maxMtu: 65535, routes: [], joins: undefined }
const tap = (name: string, mtu = 1500): ResourceFacts => ({ kind: 'tap', interface: name, mtu })
const disk = (size: number, inode = 1n, form: BlockFacts['form'] = 'file'): ResourceFacts => ({
  kind: 'block',
  form,
  size,
  device: 7n,
  inode,
})

type Sample = readonly [flag: string, facts: ResourceFacts]

function wiredWith(...samples: Sample[]) {
  const wired = samples.map(([flag, { kind }], i): WiredDevice => {
    const wire = kind === 'block' ? parseBlockFlag(flag, ORIGIN) : parseNetFlag(flag, ORIGIN)
    const device: Device = { name: wire.device, type: wire.type, handle: i + 1 }
    return { device, wire }
  })
  const facts = new Map(samples.map(([, found], i) => [wired[i]?.device.name ?? '', found]))
  return [wired, facts] as const
}

const plan = (...samples: Sample[]) => planDevices(...wiredWith(...samples), 'web-1')

describe('planDevices()', () => {
  it('makes of a block wire and its file what the guest will have', () => {
    assert.deepEqual(plan(['storage=a.img,sector=4096,ro', disk(8192, 5n)]), [
      {
        name: 'storage',
        type: 'block',
        handle: 1,
        path: 'a.img',
        form: 'file',
        capacity: 8192,
        sectorSize: 4096,
        readOnly: true,
        share: false,
        identity: { device: 7n, inode: 5n },
        disk: undefined,
        madeOf: undefined,
        origin: ORIGIN,
      },
    ])
  })

  const IMAGE = { kind: 'files', name: 'storage', format: 'tar', offset: 8192, length: 12288, digest: '' } as const
  const NOTE = { offset: 4096, size: 260 }
  const BAKED = { program: '', originalSize: 1, originalTable: undefined, size: 20480, note: NOTE, parts: [IMAGE] }

  it('serves what is baked in from its place in the artefact, without any fact of the machine', () => {
    const [wired] = wiredWith(['storage=baked:,sector=4096', disk(0)])
    const [device] = planDevices(wired, new Map(), 'web-1', BAKED)
    assert.deepEqual(device, {
      name: 'storage',
      type: 'block',
      handle: 1,
      form: 'baked',
      offset: 8192,
      capacity: 12288,
      sectorSize: 4096,
      readOnly: true,
      origin: ORIGIN,
    })
    const nothing = { name: 'WiringError', code: 'UNSUITED', message: /nothing is baked in for it/ }
    assert.throws(() => planDevices(wired, new Map(), 'web-1'), nothing)
    const [large] = wiredWith(['storage=baked:,sector=8192', disk(0)])
    assert.throws(() => planDevices(large, new Map(), 'web-1', BAKED), { code: 'UNSUITED', message: /12288 bytes/ })
  })

  it('plans a copy that is missing as what it will be made of', () => {
    const missing: ResourceFacts = { kind: 'block', form: 'file', size: 0, device: 0n, inode: 0n, missing: true }
    const [device] = planDevices(...wiredWith(['storage=baked:,copy=a.img', missing]), 'web-1', BAKED)
    assert.ok(device?.type === 'block' && device.form === 'file')
    assert.deepEqual([device.path, device.capacity, device.readOnly, device.madeOf], ['a.img', 12288, false, IMAGE])
    const [there] = planDevices(...wiredWith(['storage=baked:,copy=a.img', disk(4096, 5n)]), 'web-1', BAKED)
    assert.ok(there?.type === 'block' && there.form === 'file')
    assert.deepEqual([there.capacity, there.madeOf], [4096, undefined])
    const twice = [['storage=baked:,copy=a.img', missing] as Sample, ['other=baked:,copy=a.img', missing] as Sample]
    const other = { ...BAKED, parts: [IMAGE, { ...IMAGE, name: 'other', offset: 20480 }] }
    assert.throws(() => planDevices(...wiredWith(...twice), 'web-1', other), { code: 'CONFLICT' })
  })

  it('gives a net device the address that was given, or one of its own', () => {
    const [given, derived] = plan(['a=unix:/a,mac=02:00:00:00:00:09', SOCKET], ['b=unix:/b', OTHER])
    assert.ok(given?.type === 'net' && derived?.type === 'net')
    assert.deepEqual([given.mac, derived.mac], ['02:00:00:00:00:09', deriveMac('web-1', 'b')])
  })

  it('gives a net device the MTU that was given, else the interface’s, else 1500', () => {
    const devices = plan(
      ['a=unix:/a', SOCKET],
      ['b=unix:/b,mtu=65520', OTHER],
      ['c=tap:t', tap('t', 9000)],
      ['d=fd:5', tap('u', 1280)],
    )
    assert.deepEqual(
      devices.map((device) => device.type === 'net' && device.mtu),
      [1500, 65520, 9000, 1280],
    )
  })

  it('keeps the interface that an inherited descriptor is attached to', () => {
    const devices = plan(['a=fd:5', tap('t')], ['b=fd:6', SOCKET])
    assert.deepEqual(
      devices.map((device) => device.type === 'net' && device.carrier),
      [
        { kind: 'descriptor', descriptor: 5, interface: 't' },
        { kind: 'descriptor', descriptor: 6, interface: undefined },
      ],
    )
  })

  it('decides all that a network of ours needs', () => {
    const [device] = plan(['service=user,rate=10M,allow=10.0.0.0/8', USER])
    assert.deepEqual(device, {
      name: 'service',
      type: 'net',
      handle: 1,
      carrier: {
        ...PLAIN_USER_LINE,
        allow: [{ address: 0x0a000000, prefix: 8 }],
        rate: 10_000_000,
        subnet: { address: 0x0a000200, prefix: 24 },
        chosenBy: 'slipway',
        hides: undefined,
        socket: 'seqpacket',
        guestName: 'web-1',
      },
      resource: 'port service',
      mac: deriveMac('web-1', 'service'),
      mtu: 1500,
      origin: ORIGIN,
    })
  })

  it('gives two such devices a network each, and the MTU that their carrier holds', () => {
    const udp: ResourceFacts = { ...USER, socket: 'udp', maxMtu: 65_493 }
    const devices = plan(['a=user,mtu=65535', USER], ['b=user,mtu=65535', udp])
    assert.deepEqual(
      devices.map((device) => device.type === 'net' && [device.mtu, device.carrier.kind, device.resource]),
      [
        [65535, 'user', 'port a'],
        [65493, 'user', 'port b'],
      ],
    )
    const subnets = devices.flatMap((device) =>
      device.type === 'net' && device.carrier.kind === 'user' ? [device.carrier.subnet.address] : [],
    )
    assert.equal(new Set(subnets).size, 2)
  })

  it('calls a guest by its name, and its second device on one network by another', () => {
    const joins: ResourceFacts = { ...USER, joins: { address: 0x0a070000, prefix: 24 } }
    const named = (instance: string) =>
      planDevices(...wiredWith(['a=user', joins], ['b=user', joins]), instance).map(
        (device) => device.type === 'net' && device.carrier.kind === 'user' && device.carrier.guestName,
      )
    assert.deepEqual(named('Shop_2.front'), ['shop-2-front', 'b-shop-2-front'])
    assert.deepEqual(named('--'), ['guest', 'b'])
    assert.deepEqual(named('x'.repeat(80)), ['x'.repeat(63), `b-${'x'.repeat(61)}`])
  })

  it('refuses one capture for two devices', () => {
    const error = { name: 'WiringError', code: 'CONFLICT', message: /frames of "a" and "b" .* one file, "x.pcap"/ }
    assert.throws(() => plan(['a=user,pcap=x.pcap', USER], ['b=user,pcap=x.pcap', USER]), error)
    assert.equal(plan(['a=user,pcap=x.pcap', USER], ['b=user,pcap=y.pcap', USER]).length, 2)
  })

  const unsuited: [why: string, sample: Sample, message: RegExp][] = [
    ['an empty file', ['a=x', disk(0)], /has 0 bytes, less than one sector/],
    ['a file smaller than a sector', ['a=x,sector=4096', disk(512)], /less than one sector of 4096/],
    ['half a sector at the end', ['a=x', disk(1000)], /no whole number of sectors of 512/],
    ['a sector that the size is no multiple of', ['a=x,sector=4096', disk(4608)], /of 4096/],
    ['another MTU than the interface has', ['a=tap:t,mtu=9000', tap('t')], /the MTU of "t" is 1500, not 9000/],
  ]
  for (const [why, sample, message] of unsuited) {
    it(`refuses ${why}`, () => assert.throws(() => plan(sample), { name: 'WiringError', code: 'UNSUITED', message }))
  }

  it('advises a smaller sector where one would fit', () => {
    assert.throws(() => plan(['a=x,sector=4096', disk(4608)]), { advice: /smaller sector/ })
    assert.throws(
      () => plan(['a=x', disk(1000)]),
      (error: WiringError) => error.advice?.includes('smaller') === false,
    )
  })

  it('takes the same MTU as the interface has', () => {
    assert.equal(plan(['a=tap:t,mtu=9000', tap('t', 9000)]).length, 1)
  })

  const conflicts: [why: string, samples: Sample[]][] = [
    [
      'one file under two names',
      [
        ['a=x', disk(512, 5n)],
        ['b=y', disk(512, 5n)],
      ],
    ],
    [
      'one file that only one of both shares',
      [
        ['a=x,share', disk(512, 5n)],
        ['b=y', disk(512, 5n)],
      ],
    ],
    [
      'one file that only the other of both shares',
      [
        ['a=x', disk(512, 5n)],
        ['b=y,share', disk(512, 5n)],
      ],
    ],
    [
      'one file for readers',
      [
        ['a=x,ro', disk(512, 5n)],
        ['b=x,ro', disk(512, 5n)],
      ],
    ],
    [
      'one interface',
      [
        ['a=tap:t', tap('t')],
        ['b=tap:t', tap('t')],
      ],
    ],
    [
      'an interface and a descriptor that is attached to it',
      [
        ['a=tap:t', tap('t')],
        ['b=fd:5', tap('t')],
      ],
    ],
    [
      'one descriptor',
      [
        ['a=fd:5', SOCKET],
        ['b=fd:5', SOCKET],
      ],
    ],
    [
      'one socket',
      [
        ['a=unix:/s', SOCKET],
        ['b=unix:/s', SOCKET],
      ],
    ],
    [
      'a third that does not share',
      [
        ['a=unix:/s,share', SOCKET],
        ['b=unix:/s,share', SOCKET],
        ['c=unix:/s', SOCKET],
      ],
    ],
  ]
  for (const [why, samples] of conflicts) {
    it(`refuses ${why} for two devices`, () => {
      assert.throws(() => plan(...samples), { name: 'WiringError', code: 'CONFLICT' })
    })
  }

  it('lets two devices have one file or one socket where both say that they share', () => {
    assert.equal(plan(['a=x,share', disk(512, 5n)], ['b=y,share', disk(512, 5n)]).length, 2)
    assert.equal(plan(['a=unix:/s,share', SOCKET], ['b=unix:/s,share', SOCKET]).length, 2)
  })

  it('never lets two devices have one interface or one descriptor', () => {
    assert.throws(() => plan(['a=tap:t,share', tap('t')], ['b=tap:t,share', tap('t')]), { code: 'CONFLICT' })
    assert.throws(() => plan(['a=fd:5,share', SOCKET], ['b=fd:5,share', SOCKET]), { code: 'CONFLICT' })
  })

  it('knows a socket by what it is, whatever its path or number, and a disk by its own', () => {
    assert.throws(() => plan(['a=unix:/s', SOCKET], ['b=unix:/./s', SOCKET]), { code: 'CONFLICT' })
    assert.throws(() => plan(['a=fd:5', SOCKET], ['b=fd:6', SOCKET]), { code: 'CONFLICT' })
    const node = (inode: bigint): ResourceFacts => ({ ...disk(512, inode, 'device'), disk: 9n }) as ResourceFacts
    assert.throws(() => plan(['a=/dev/x', node(1n)], ['b=/dev/y,ro', node(2n)]), { code: 'CONFLICT' })
  })

  it('takes files of one number on two file systems as two', () => {
    const other: ResourceFacts = { kind: 'block', form: 'file', size: 512, device: 8n, inode: 5n }
    assert.equal(plan(['a=x', disk(512, 5n)], ['b=y', other]).length, 2)
  })

  it('plans exactly the sizes that are whole sectors, at least one', () => {
    const size = fc.oneof(
      fc.nat(40_000),
      fc.integer({ min: 0, max: 2 ** 53 - 1 }),
      fc.nat(100).map((n) => n * 4096),
    )
    fc.assert(
      fc.property(size, fc.constantFrom(...SECTOR_SIZES), (bytes, sector) => {
        const possible = bytes >= sector && bytes % sector === 0
        try {
          const [device] = plan([`a=x,sector=${sector}`, disk(bytes)])
          assert.ok(possible && device?.type === 'block' && device.capacity === bytes)
        } catch (error) {
          assert.ok(error instanceof WiringError && !possible, String(error))
        }
      }),
    )
  })
})
