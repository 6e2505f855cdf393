import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { mutate, randomNumbers } from '../../../test/support/mutate.ts'
import type { LauncherReport } from '../../artefact/launcher-report.ts'
import { parseLauncherReport } from '../../artefact/parse-launcher-report.ts'
import { renderLauncher, renderRecords } from '../../artefact/render-launcher.ts'
import { FormatError, type FormatErrorCode } from '../../base/errors.ts'
import { joinParts } from '../../base/file-parts.ts'
import { writeJson } from '../../base/json-text.ts'
import { parseJson } from '../../base/json.ts'
import { JsonView } from '../../base/json-view.ts'
import { sourceOf } from '../../base/reader.ts'
import { STATUS_OFFSET } from '../../launcher/executor.generated.ts'
import { SYSTEM_CALLS_X86_64 } from '../../launcher/system-calls.ts'
import type { Plan } from '../../wiring/plan.ts'
import { describeLauncher } from './describe.ts'
import { composeSpt, type LaunchOptions, type SptLauncher } from './launcher.ts'
import { ARGUMENT, EXPECTED, type LauncherSample, openSample } from './sample-launcher.ts'
import { samplePlan, type WiredSample } from './sample.ts'

const SECTOR = 4096
const disk = (inode: bigint, sectors = 16, form: 'file' | 'device' = 'file') =>
  ({ kind: 'block', form, size: sectors * SECTOR, device: 7n, inode }) as const

const SHOP: readonly WiredSample[] = [
  ['storage=/srv/disk.img,sector=4096', disk(8n)],
  ['service=tap:tap0', { kind: 'tap', interface: 'tap0', mtu: 9000 }],
  ['archive=/srv/old.img,sector=4096,ro', disk(9n)],
  ['backend=unix:/run/switch.sock,mac=02:00:00:00:00:07', { kind: 'seqpacket', socket: '1:2' }],
]
/** Enough for each change of the code; a hundred thousand have been tried. */
const RUNS = 300

const EMBEDDED: LaunchOptions = { image: { kind: 'embedded' } }

/** Above what the wirings here inherit by number. */
const FIRST_PORT = 1100

function launch(wired: readonly WiredSample[], options = EMBEDDED, config = {}) {
  const { plan, artefact } = samplePlan(wired, config)
  const users = plan.devices.filter((device) => device.type === 'net' && device.carrier.kind === 'user')
  const ports = new Map(users.map(({ name: device }, i) => [device, FIRST_PORT + i]))
  const launcher = composeSpt(plan, { ...options, ports })
  return { plan, launcher, bytes: joinParts(launcher, artefact) }
}

const describeBytes = (bytes: Uint8Array) => describeLauncher(sourceOf(bytes))

/** What a description has to say about a plan. */
function expected(plan: Plan, launcher: SptLauncher): LauncherReport['devices'] {
  return plan.devices.map((device, i) => {
    const { name, handle } = device
    const common = { name, handle, descriptor: launcher.descriptors.devices[i] as number }
    if (device.type === 'net') {
      const { mac, mtu, carrier } = device
      if (carrier.kind === 'tap' || carrier.kind === 'unix') return { type: 'net', ...common, carrier, mac, mtu }
      const inherited = carrier.kind === 'descriptor' ? carrier.interface : undefined
      return { type: 'net', ...common, carrier: { kind: 'descriptor', interface: inherited ?? null }, mac, mtu }
    }
    if (device.form === 'baked') {
      const { form, offset, capacity, sectorSize, readOnly } = device
      // Where the launcher has it itself, it has copied it from there.
      const own = launcher.parts.find((part) => 'from' in part && part.from === offset)
      const place =
        own === undefined ? ({ in: 'artefact', offset } as const) : ({ in: 'launcher', offset: own.at } as const)
      return { type: 'block', ...common, form, ...place, capacity, sectorSize, readOnly }
    }
    const { path, form, capacity, sectorSize, readOnly, share } = device
    const own = readOnly ? 'shared' : 'exclusive'
    return { type: 'block', ...common, path, form, capacity, sectorSize, readOnly, lock: share ? 'none' : own }
  })
}

const name = fc.stringMatching(/^[A-Za-z0-9]{1,67}$/)
const path = fc
  .stringMatching(/^\/[^\0\ufffd,\ud800-\udfff]{0,40}[^\0\ufffd,\ud800-\udfff/]$/u)
  .filter((text) => text.length < 90)
const share = fc.constantFrom('', ',share')
const wired = fc
  .uniqueArray(
    fc.oneof(
      fc
        .record({
          name,
          path,
          share,
          inode: fc.bigInt(0n, 2n ** 64n - 1n),
          sectors: fc.integer({ min: 1, max: 2 ** 40 }),
          ro: fc.boolean(),
          disk: fc.boolean(),
        })
        .map(({ name: device, ...rest }) => ({
          device,
          sample: [
            `${device}=${rest.path},sector=4096${rest.ro ? ',ro' : ''}${rest.share}`,
            disk(rest.inode, rest.sectors, rest.disk ? 'device' : 'file'),
          ] as WiredSample,
          resource: `block ${rest.inode}`,
        })),
      fc
        .record({ name, page: fc.integer({ min: 64, max: 128 }), pages: fc.integer({ min: 1, max: 9 }) })
        .map(({ name: device, page, pages }) => ({
          device,
          sample: [
            `${device}=baked:,sector=4096`,
            { kind: 'part', offset: page * SECTOR, capacity: pages * SECTOR },
          ] as WiredSample,
          resource: `part ${page}`,
        })),
      fc
        .record({ name, number: fc.nat(999), mtu: fc.integer({ min: 68, max: 65535 }) })
        .map(({ name: device, number, mtu }) => ({
          device,
          sample: [
            `${device}=tap:interface${number}`,
            { kind: 'tap', interface: `interface${number}`, mtu },
          ] as WiredSample,
          resource: `interface${number}`,
        })),
      fc
        .record({ name, path, share, mtu: fc.integer({ min: 68, max: 65535 }) })
        .map(({ name: device, mtu, ...rest }) => ({
          device,
          sample: [
            `${device}=unix:${rest.path},mtu=${mtu}${rest.share}`,
            { kind: 'seqpacket', socket: rest.path },
          ] as WiredSample,
          resource: `unix ${rest.path}`,
        })),
      fc
        .record({ name, number: fc.integer({ min: 20, max: 1023 }), tap: fc.boolean() })
        .map(({ name: device, number, tap }) => ({
          device,
          sample: [
            `${device}=fd:${number}`,
            tap ? { kind: 'tap', interface: `x${number}`, mtu: 1500 } : { kind: 'seqpacket', socket: `8:${number}` },
          ] as WiredSample,
          resource: `descriptor ${number}`,
        })),
      fc
        .record({
          name,
          socket: fc.constantFrom('seqpacket' as const, 'udp' as const),
          mtu: fc.integer({ min: 576, max: 65535 }),
        })
        .map(({ name: device, socket, mtu }) => ({
          device,
          sample: [
            `${device}=user,mtu=${mtu}`,
            { kind: 'user', socket, maxMtu: 65_493, routes: [], joins: undefined },
          ] as WiredSample,
          resource: `port ${device}`,
        })),
    ),
    { maxLength: 8, selector: ({ resource }) => resource },
  )
  .filter((list) => new Set(list.map(({ device }) => device)).size === list.length)
  .map((list) => list.map(({ sample }) => sample))

const options = fc.constantFrom<LaunchOptions>(
  EMBEDDED,
  { image: { kind: 'path' } },
  { image: { kind: 'descriptor', descriptor: 4 }, status: 3, parent: 77 },
)

describe('describeLauncher()', () => {
  it('agrees with the plan, whatever is wired', () => {
    const settings = fc.record({
      commandLine: fc.stringMatching(/^[^\0\ufffd\ud800-\udfff]{0,60}$/u),
      memorySize: fc.integer({ min: 1024, max: 2 ** 30 }).map((pages) => pages * 4096),
      executableHeap: fc.boolean(),
      name: fc.stringMatching(/^[a-z]{1,15}$/),
    })
    fc.assert(
      fc.property(wired, options, settings, (list, how, config) => {
        const { plan, launcher, bytes } = launch(list, how, config)
        const report = describeBytes(bytes)
        const { epoll, timer } = launcher.descriptors
        assert.deepEqual(report.devices, expected(plan, launcher))
        assert.deepEqual(report.descriptors, { epoll, timer, status: how.status ?? null })
        assert.deepEqual(
          [report.name, report.memorySize, report.commandLine, report.entry, report.parent, report.heapAccess],
          [
            plan.name,
            plan.memorySize,
            plan.commandLine,
            `0x${plan.image.entry.toString(16)}`,
            how.parent ?? null,
            config.executableHeap ? 'rwx' : 'rw-',
          ],
        )
        assert.equal(
          report.watcher,
          plan.devices.some(({ type }) => type === 'net'),
        )
        assert.equal(report.filter.usual, true)
        assert.deepEqual(
          report.filter.rules.map(({ call, reason, errno, part }) => [call, reason, errno, part]).sort(),
          launcher.policy
            .map(({ call, reason, refuse, serve }) => [call, reason, refuse ?? null, serve ?? null])
            .sort(),
        )
        assert.deepEqual(
          report.records.map(({ call, kind }) => call ?? kind),
          launcher.records.map((record) => (record.kind === 'call' ? record.name : record.kind)),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('says where the image comes from, and which memory is what', () => {
    const from = (how: LaunchOptions) => describeBytes(launch(SHOP, how).bytes)
    assert.deepEqual(from(EMBEDDED).image, { from: 'launcher', path: null })
    assert.deepEqual(from({ image: { kind: 'path' } }).image, { from: 'file', path: '/srv/shop.spt' })
    assert.deepEqual(from({ image: { kind: 'descriptor', descriptor: 4 } }).image, { from: 'descriptor', path: null })
    for (const how of [EMBEDDED, { image: { kind: 'path' } }] as const) {
      const map = from(how).memoryMap.map(({ start, end, access, what }) => `${start}-${end} ${access} ${what}`)
      assert.deepEqual(map.slice(0, 6), [
        '0x10000-0x11000 rw- memory',
        '0x11000-0x12000 rw- boot information',
        '0x12000-0x100000 rw- memory',
        '0x100000-0x101000 r-x image',
        '0x101000-0x102000 r-- image',
        '0x102000-0x103000 rw- image',
      ])
      assert.match(map.at(-1) ?? '', /^0x20000000\d000-0x20000000\d000 r-x launcher$/)
    }
  })

  it('writes records as strace would', () => {
    const { records } = describeBytes(launch(SHOP).bytes)
    const shown = (call: string) => records.find((record) => record.call === call)
    assert.deepEqual(shown('connect')?.arguments.slice(1), ['{AF_UNIX, "/run/switch.sock"}', '19'])
    assert.deepEqual(shown('mmap')?.arguments.slice(2, 5), [
      'PROT_READ|PROT_WRITE',
      'MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_FIXED_NOREPLACE',
      '-1',
    ])
    const opened = records.filter(({ call }) => call === 'openat').map((record) => record.arguments.slice(1))
    assert.deepEqual(opened.at(-1), ['"/dev/net/tun"', 'O_RDWR|O_NONBLOCK|O_CLOEXEC'])
    const failures = records.map(({ failure }) => failure)
    assert.ok(failures.includes('block device "storage": opening "/srv/disk.img" failed'))
    const clone = records.findIndex(({ call }) => call === 'clone')
    assert.equal(records[(records[clone]?.otherwise ?? 0) - 1]?.call, 'exit_group')
  })

  it('says when the filter is not the one that these devices get', () => {
    const { bytes } = launch(SHOP)
    const view = new DataView(bytes.buffer)
    const places = Array.from({ length: bytes.length / 8 }, (_, i) => 8 * i)
    const refusing = places.find((at) => view.getUint16(at, true) === 0x06 && view.getUint32(at + 4, true) === 0x5001e)
    assert.ok(refusing !== undefined && describeBytes(bytes).filter.usual)
    view.setUint32(refusing + 4, 0x50001, true) // another errno where the read-only disk is written to
    const { usual, rules } = describeBytes(bytes).filter
    assert.equal(usual, false)
    const unknown = rules.filter(({ reason }) => reason === null)
    assert.deepEqual(
      unknown.map(({ call, errno }) => [call, errno]),
      [['pwrite64', 1]],
    )
  })
})

const sample = (options = EMBEDDED) => openSample(launch(SHOP, options).bytes)

/** The offset of an error about a whole record is the record's own. */
type Lie = readonly [
  why: string,
  code: FormatErrorCode,
  offset: (s: LauncherSample) => number,
  edit: (s: LauncherSample) => void,
]

const LIES: readonly Lie[] = [
  [
    'a file that is opened and closed again, with nothing said of it',
    'BAD_VALUE',
    ({ record }) => record('lseek'),
    ({ view, bytes, record }) => {
      const at = record('lseek')
      view.setUint16(at, SYSTEM_CALLS_X86_64.close, true)
      bytes.fill(0, at + EXPECTED, at + EXPECTED + 8)
    },
  ],
  [
    'another working directory',
    'BAD_VALUE',
    ({ record }) => record('chdir', -1),
    ({ view, record }) =>
      view.setBigUint64(
        record('chdir', -1) + ARGUMENT(0),
        view.getBigUint64(record('openat', 3) + ARGUMENT(1), true), // the path of a disk
        true,
      ),
  ],
  [
    'an interface whose name is not compared',
    'BAD_VALUE',
    ({ record }) => record('ioctl', 2) + 72,
    ({ view, record }) => view.setBigUint64(record('ioctl', 2) + 72 + ARGUMENT(1), 0n, true),
  ],
  [
    'a limit for another process',
    'BAD_VALUE',
    ({ record }) => record('prlimit64'),
    ({ bytes, record }) => bytes.set([1], record('prlimit64') + ARGUMENT(0)),
  ],
  [
    'a limit of another kind',
    'BAD_VALUE',
    ({ record }) => record('prlimit64'),
    ({ bytes, record }) => bytes.set([0], record('prlimit64') + ARGUMENT(1)),
  ],
  [
    'a descriptor of which the kernel sees half',
    'BAD_VALUE',
    ({ record }) => record('close'),
    ({ bytes, record }) => bytes.set([1], record('close') + ARGUMENT(0) + 4),
  ],
  [
    'a socket with an option of another kind',
    'BAD_VALUE',
    ({ record }) => record('setsockopt'),
    ({ bytes, record }) => bytes.set([2], record('setsockopt') + ARGUMENT(2)),
  ],
  [
    'something else that is watched with',
    'BAD_VALUE',
    ({ record }) => record('epoll_ctl'),
    ({ bytes, record }) => bytes.set([0], record('epoll_ctl') + ARGUMENT(0)),
  ],
  ['no note', 'BAD_MAGIC', () => 64, ({ view, note }) => view.setUint32(note - 12, 1, true)],
  [
    'a table elsewhere',
    'BAD_VALUE',
    ({ note }) => note + 8,
    ({ view, note }) => view.setUint32(note + 8, 0x1000, true),
  ],
  [
    'a record more',
    'BAD_VALUE',
    ({ enter }) => enter + 4,
    ({ view, note }) => view.setUint32(note + 16, view.getUint32(note + 16, true) + 1, true),
  ],
  [
    'a record less',
    'BAD_VALUE',
    ({ enter }) => enter - 72 + 4,
    ({ view, note }) => view.setUint32(note + 16, view.getUint32(note + 16, true) - 1, true),
  ],
  [
    'an executor that does something else',
    'UNSUPPORTED',
    ({ entry }) => entry,
    ({ bytes, entry }) => bytes.set([0xcc], entry),
  ],
  [
    'an interpreter',
    'BAD_VALUE',
    ({ header }) => header(0x6474e551),
    ({ view, header }) => view.setUint32(header(0x6474e551), 3, true),
  ],
  [
    'an executable stack',
    'BAD_VALUE',
    ({ header }) => header(0x6474e551) + 4,
    ({ view, header }) => view.setUint32(header(0x6474e551) + 4, 7, true),
  ],
  ['code that can be written', 'BAD_VALUE', () => 64 + 56 + 4, ({ view }) => view.setUint32(64 + 56 + 4, 7, true)],
  ['memory beyond the file', 'BAD_VALUE', () => 64 + 40, ({ view }) => view.setUint32(64 + 40, 0x100, true)],
  [
    'overlapping segments',
    'BAD_VALUE',
    () => 64 + 56 + 16,
    ({ view }) => view.setBigUint64(64 + 56 + 16, view.getBigUint64(64 + 16, true), true),
  ],
  [
    'an entry that is not in code',
    'BAD_VALUE',
    () => 24,
    ({ view }) => view.setBigUint64(24, view.getBigUint64(64 + 16, true), true),
  ],
  ['another processor', 'UNSUPPORTED', () => 18, ({ view }) => view.setUint16(18, 183, true)],
  [
    'a capacity that nothing demands',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, boot }) => view.setUint32(boot + 40 + 8 + 104 + 72, 512, true),
  ],
  [
    'a device that is not attached',
    'BAD_VALUE',
    ({ boot }) => boot + 40 + 8 + 104 + 96,
    ({ bytes, boot }) => bytes.set([0], boot + 40 + 8 + 104 + 96),
  ],
  [
    'a device whose descriptor is not open',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, boot }) => view.setUint32(boot + 40 + 8 + 104 + 88, 77, true),
  ],
  [
    'a disk where a network is told of',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, boot }) => view.setUint32(boot + 40 + 8 + 208 + 88, 3, true),
  ],
  [
    'a command line without an end',
    'BAD_VALUE',
    ({ boot }) => boot + 16,
    ({ bytes, boot }) => bytes.fill(1, boot + 40 + 8 + 5 * 104, boot + 4096),
  ],
  [
    'boot information that points elsewhere',
    'BAD_VALUE',
    ({ boot }) => boot + 24,
    ({ view, boot }) => view.setUint32(boot + 24, 0x20000, true),
  ],
  [
    'more memory than is mapped',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, boot }) => view.setUint32(boot, 2 ** 28, true),
  ],
  [
    'another stack',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, enter }) => view.setUint32(enter + ARGUMENT(1), 0x1000, true),
  ],
  [
    'an entry outside of the guest',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, enter }) => view.setUint32(enter + ARGUMENT(2), 0x100, true),
  ],
  [
    'a path that could change',
    'BAD_VALUE',
    ({ record }) => record('openat', 3),
    ({ view, record }) => view.setBigUint64(record('openat', 3) + ARGUMENT(1), 0x2000_0010_0000n, true),
  ],
  [
    'a file that is opened and no device',
    'BAD_VALUE',
    ({ record }) => record('pidfd_open'),
    ({ view, record }) => view.setBigUint64(record('close') + ARGUMENT(0), 999n, true),
  ],
  [
    'a file whose number does not matter',
    'BAD_VALUE',
    ({ record }) => record('openat', 3),
    ({ bytes, record }) => bytes.set([0], record('openat', 3) + 4),
  ],
  [
    'a file that would be emptied',
    'BAD_VALUE',
    ({ record }) => record('openat', 3),
    ({ view, record }) => view.setUint32(record('openat', 3) + ARGUMENT(2), 0o1002, true),
  ],
  [
    'descriptors that stay open',
    'BAD_VALUE',
    ({ record }) => record('close_range'),
    ({ view, record }) => view.setUint32(record('close_range') + ARGUMENT(0), 9999, true),
  ],
  [
    'an inherited descriptor that nobody knows',
    'BAD_VALUE',
    ({ record }) => record('openat', 3),
    ({ view, record }) => view.setUint32(record('close_range') + ARGUMENT(0), 4, true),
  ],
  [
    'a lock on a part',
    'BAD_VALUE',
    ({ record }) => record('fcntl', 1),
    ({ view, pointee }) => view.setUint32(pointee('fcntl', 2, 1) + 16, 1, true),
  ],
  [
    'an interface request that an earlier one overwrites',
    'BAD_VALUE',
    ({ record }) => record('ioctl', 1),
    ({ view, record }) =>
      view.setBigUint64(record('ioctl', 1) + ARGUMENT(2), view.getBigUint64(record('ioctl') + ARGUMENT(2), true), true),
  ],
  [
    'an ioctl of another kind',
    'BAD_VALUE',
    ({ record }) => record('ioctl'),
    ({ view, record }) => view.setUint32(record('ioctl') + ARGUMENT(1), 0x8914, true),
  ],
  [
    'a process that shares memory',
    'BAD_VALUE',
    ({ record }) => record('clone'),
    ({ view, record }) => view.setUint32(record('clone') + ARGUMENT(0), 0x1100, true),
  ],
  [
    'a watcher that goes on as the guest',
    'BAD_VALUE',
    ({ record }) => record('ppoll', 1) + 72, // the first record that leads to the watcher's last
    ({ view, record }) => view.setUint16(record('clone') + 2, view.getUint16(record('clone') + 2, true) - 1, true),
  ],
  [
    'a call that no launcher makes',
    'BAD_VALUE',
    ({ record }) => record('chdir', -1),
    ({ view, record }) => view.setUint16(record('chdir', -1), SYSTEM_CALLS_X86_64.pwrite64, true),
  ],
  [
    'a record that is left out',
    'BAD_VALUE',
    ({ record }) => record('capset', -1),
    ({ bytes, record }) => bytes.set([4], record('capset', -1) + 5),
  ],
  [
    'a call that is repeated',
    'BAD_VALUE',
    ({ record }) => record('capset', -1),
    ({ bytes, record }) => bytes.set([2], record('capset', -1) + 6),
  ],
  [
    'memory that is not where it is said',
    'BAD_VALUE',
    ({ record }) => record('mmap'),
    ({ view, record }) => view.setUint32(record('mmap') + EXPECTED, 0x20000, true),
  ],
  [
    'memory over the launcher',
    'BAD_VALUE',
    ({ record }) => record('mmap'),
    ({ view, record }) => view.setBigUint64(record('mmap') + ARGUMENT(0), 0x2000_0000_0000n, true),
  ],
  [
    'records that are unmapped',
    'BAD_VALUE',
    ({ record }) => record('munmap'),
    ({ view, record }) => view.setBigUint64(record('munmap') + ARGUMENT(0), 0x2000_0000_0000n, true),
  ],
  [
    'no filter',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, record }) => view.setUint16(record('seccomp'), SYSTEM_CALLS_X86_64.getpid, true),
  ],
  [
    'a filter that need not be set',
    'BAD_VALUE',
    ({ record }) => record('seccomp'),
    ({ bytes, record }) => bytes.set([0], record('seccomp') + 4),
  ],
  [
    'a message that is nowhere',
    'BAD_VALUE',
    ({ record }) => record('capset', -1),
    ({ view, record }) => view.setUint32(record('capset', -1) + 64, 0x7fff_0000, true),
  ],
  ['records that could be overwritten', 'BAD_VALUE', () => 0, ({ view }) => view.setUint32(64 + 4, 6, true)],
  [
    'a watcher that opens files',
    'BAD_VALUE',
    ({ record }) => record('ppoll'),
    ({ view, record }) => view.setUint16(record('ppoll'), SYSTEM_CALLS_X86_64.openat, true),
  ],
  [
    'a watcher that goes on among the guest’s records',
    'BAD_VALUE',
    ({ record }) => record('ppoll'),
    ({ view, record }) => view.setUint16(record('ppoll') + 2, 60, true),
  ],
  [
    'an argument from memory',
    'BAD_VALUE',
    ({ record }) => record('capset', -1),
    ({ bytes, record }) => bytes.set([8], record('capset', -1) + 5),
  ],
  [
    'an argument that counts from the stack',
    'BAD_VALUE',
    ({ record }) => record('capset', -1),
    ({ bytes, record }) => bytes.set([1], record('capset', -1) + 5),
  ],
  [
    'a result that is kept',
    'BAD_VALUE',
    ({ record }) => record('capset', -1),
    ({ bytes, record }) => bytes.set([2, 16], record('capset', -1) + 4),
  ],
  [
    'descriptors that are only marked',
    'BAD_VALUE',
    ({ record }) => record('close_range'),
    ({ bytes, record }) => bytes.set([4], record('close_range') + ARGUMENT(2)),
  ],
  [
    'a filter that could change',
    'BAD_VALUE',
    ({ record }) => record('seccomp'),
    ({ view, pointee }) => view.setBigUint64(pointee('seccomp', 2) + 8, 0x2000_0010_0000n, true),
  ],
  [
    'a filter that is set too early',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ bytes, record }) => {
      const seccomp = record('seccomp')
      const [before, own] = [bytes.slice(seccomp - 72, seccomp), bytes.slice(seccomp, seccomp + 72)]
      bytes.set(own, seccomp - 72)
      bytes.set(before, seccomp)
    },
  ],
  [
    'a prctl of another kind',
    'BAD_VALUE',
    ({ record }) => record('prctl'),
    ({ bytes, record }) => bytes.set([24], record('prctl') + ARGUMENT(0)),
  ],
  [
    'an old value that is stored',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction'),
    ({ view, record }) => view.setBigUint64(record('rt_sigaction') + ARGUMENT(2), 0x2000_0010_0000n, true),
  ],
  [
    'an interface that is changed',
    'BAD_VALUE',
    ({ record }) => record('ioctl', 5),
    ({ view, pointee, fileOf }) =>
      view.setUint32(fileOf(view.getBigUint64(pointee('ioctl', 2, 5) + 16, true)), 0x25, true),
  ],
  [
    'an advice that empties memory',
    'BAD_VALUE',
    ({ record }) => record('madvise'),
    ({ bytes, record }) => bytes.set([4], record('madvise') + ARGUMENT(2)),
  ],
  [
    'a range that ends before it begins',
    'BAD_VALUE',
    ({ record }) => record('munmap'),
    ({ view, record }) => view.setBigUint64(record('munmap') + ARGUMENT(1), 0n, true),
  ],
  [
    'an image that is moved out of the launcher’s own pages',
    'BAD_VALUE',
    ({ record }) => record('mremap'),
    ({ view, record }) => view.setBigUint64(record('mremap') + ARGUMENT(0), 0x2000_0000_0000n, true),
  ],
  [
    'staged pages that stay',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, record }) => {
      for (const which of [1, 2]) view.setUint16(record('munmap', which), SYSTEM_CALLS_X86_64.getppid, true)
    },
  ],
  [
    'boot information that the guest cannot find',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, record }) => {
      for (const at of [ARGUMENT(4), EXPECTED]) view.setUint32(record('mremap', -1) + at, 0x12000, true)
    },
  ],
  [
    'boot information that something else is mapped over',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, record }) => {
      const at = record('munmap', -1) // setup's pages stay, which is no lie about the guest
      view.setUint16(at, SYSTEM_CALLS_X86_64.mmap, true)
      for (const [i, value] of [0x11000n, 0x1000n, 3n, 0x32n, 2n ** 64n - 1n].entries()) {
        view.setBigUint64(at + ARGUMENT(i), value, true)
      }
      view.setBigUint64(at + EXPECTED, 0x11000n, true)
    },
  ],
]

describe('describeLauncher() of a launcher that lies', () => {
  for (const [why, code, offset, edit] of LIES) {
    it(`refuses ${why}`, () => {
      const spoilt = sample()
      const where = offset(spoilt)
      edit(spoilt)
      assert.throws(() => describeBytes(spoilt.bytes), { name: 'FormatError', code, offset: where })
    })
  }

  it('refuses a descriptor that is left open for nobody, and a letter to nobody', () => {
    const { bytes, view, entry, enter, record } = sample({ image: { kind: 'path' }, status: 3 })
    const status = entry + STATUS_OFFSET
    assert.equal(view.getInt32(status, true), 3)
    view.setInt32(status, -1, true)
    const write = record('write', -1)
    assert.throws(() => describeBytes(bytes), { code: 'BAD_VALUE', offset: write })
    view.setUint16(write, SYSTEM_CALLS_X86_64.getppid, true)
    assert.throws(() => describeBytes(bytes), { code: 'BAD_VALUE', offset: enter, message: /descriptor 3 open/ })
  })

  it('refuses memory that is taken from a second file', () => {
    const { bytes, view, record } = sample({ image: { kind: 'path' } })
    const read = record('pread64', -1)
    const other = view.getBigUint64(record('lseek') + ARGUMENT(0), true) // a disk's descriptor
    view.setBigUint64(read + ARGUMENT(0), other, true)
    assert.throws(() => describeBytes(bytes), { code: 'BAD_VALUE', offset: read })
  })

  it('refuses an image that is read over the boot information', () => {
    const { bytes, view, record } = sample({ image: { kind: 'path' } })
    const [move, read] = [record('mremap'), record('pread64', -1)]
    const moved = bytes.slice(move, move + 72)
    bytes.copyWithin(read + 72, read, move) // the reading comes after the move, and every record between one place later
    bytes.set(moved, read)
    view.setUint32(read + 72 + ARGUMENT(1), 0x11000, true)
    assert.throws(() => describeBytes(bytes), { code: 'BAD_VALUE', offset: read + 72, message: /boot information/ })
  })

  it('throws only FormatError for launchers that are spoilt at random, and shows nothing that a terminal acts on', () => {
    const { bytes, note, enter, entry, boot } = sample()
    const next = randomNumbers(20261121)
    const first = enter - 72 * 150
    const places = [24, 64, 64 + 56, 64 + 112, note, boot, boot + 40, entry, enter, enter - 72, enter + 72]
    for (let i = 0; i < 150; i++) places.push(first + 72 * i)
    let told = 0
    for (let run = 0; run < RUNS; run++) {
      const spoilt = mutate(bytes, places, next)
      try {
        const report = describeBytes(spoilt)
        const setting = { style: (_: string, text: string) => text, width: 80 }
        const text = renderLauncher(report, setting) + renderRecords(report.records, setting)
        assert.ok(!/[^\n\x20-\x7e]/.test(text.replaceAll(/[\u00a1-\uffff]/g, '')), text)
        told++
      } catch (error) {
        if (!(error instanceof FormatError)) throw new Error(`run ${run}`, { cause: error })
      }
    }
    assert.ok(told > 0)
  })

  it('throws only FormatError for every truncation', () => {
    const { bytes } = sample()
    for (let length = 0; length < bytes.length; length += length < 1024 ? 1 : 97) {
      assert.throws(() => describeBytes(bytes.subarray(0, length)), FormatError)
    }
  })
})

const schema = JSON.parse(readFileSync(new URL('../../../schema/launcher.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

describe('schema/launcher.schema.json', () => {
  it('agrees with what is described, whatever is wired, and so does parseLauncherReport()', () => {
    fc.assert(
      fc.property(wired, options, (list, how) => {
        const report = describeBytes(launch(list, how).bytes)
        const text = writeJson(report)
        assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors))
        assert.deepEqual(parseLauncherReport(JsonView.of(parseJson(text, 'launcher.json'))), report)
      }),
      { numRuns: 20 },
    )
  })

  it('and parseLauncherReport() refuse the same documents', () => {
    const report = JSON.parse(writeJson(describeBytes(launch(SHOP).bytes)))
    const edits: readonly (readonly [why: string, edit: (document: typeof report) => void])[] = [
      ['another key', (d) => (d.more = 1)],
      ['a missing key', (d) => delete d.watcher],
      ['another schema', (d) => (d.schema = 'slipway.plan')],
      ['a newer version', (d) => (d.schemaVersion = 2)],
      ['a size that is no number', (d) => (d.memorySize = '64M')],
      ['an access of its own', (d) => (d.memoryMap[0].access = 'rwz')],
      ['an address in decimal', (d) => (d.entry = '1048576')],
      ['a device of no type', (d) => (d.devices[0].type = 'usb')],
      ['a key of another type of device', (d) => (d.devices[0].mac = '02:00:00:00:00:01')],
      ['a carrier of its own', (d) => (d.devices[1].carrier.kind = 'wire')],
      ['a path of no characters', (d) => (d.devices[0].path = '')],
      ['an argument that does not exist', (d) => (d.filter.rules[0].when[0].argument = 6)],
      ['a name that is none', (d) => (d.devices[0].name = 'a b')],
      ['a control character in a record', (d) => (d.records[0].failure = 'a\u001b[31m')],
      ['a result that is none', (d) => (d.records[0].demand = 'nothing')],
    ]
    for (const [why, edit] of edits) {
      const spoilt = structuredClone(report)
      edit(spoilt)
      assert.ok(!validate(spoilt), why)
      assert.throws(
        () => parseLauncherReport(JsonView.of(parseJson(JSON.stringify(spoilt), 'x'))),
        { name: 'ConfigError' },
        why,
      )
    }
  })
})
