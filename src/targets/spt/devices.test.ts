// What devices add to a launcher: opened, compared, watched, told to the guest, and allowed by the filter.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { sampleArtefact } from '../../artefact/sample.ts'
import { joinParts } from '../../base/file-parts.ts'
import { sourceOf } from '../../base/reader.ts'
import { AUDIT_ARCH_X86_64, decide } from '../../launcher/policy.ts'
import type { PlacedRecord } from '../../launcher/record.ts'
import { SYSTEM_CALLS_X86_64, type SystemCallName } from '../../launcher/system-calls.ts'
import type { ResourceFacts } from '../../wiring/facts.ts'
import type { Plan } from '../../wiring/plan.ts'
import { encodeBootInfo } from './boot-info.ts'
import { composeSpt, type LaunchOptions } from './launcher.ts'
import { samplePlan, type WiredSample } from './sample.ts'

const SECTOR = 4096
const disk = (inode: bigint): ResourceFacts => ({ kind: 'block', form: 'file', size: 16 * SECTOR, device: 7n, inode })

const planWith = (wired: readonly WiredSample[], config = {}): Plan => samplePlan(wired, config).plan

const SHOP: readonly WiredSample[] = [
  ['storage=/srv/disk.img,sector=4096', disk(8n)],
  ['service=tap:tap0', { kind: 'tap', interface: 'tap0', mtu: 9000 }],
  ['archive=/srv/old.img,sector=4096,ro', disk(9n)],
  ['backend=unix:/run/switch.sock,mac=02:00:00:00:00:07', { kind: 'seqpacket', socket: '1:2' }],
  ['spare=fd:9', { kind: 'seqpacket', socket: '8:3' }],
]
const EMBEDDED: LaunchOptions = { image: { kind: 'embedded' } }

const calls = (records: readonly PlacedRecord[], name: SystemCallName) =>
  records.flatMap((record) => (record.kind === 'call' && record.name === name ? [record] : []))
const indexOf = (records: readonly PlacedRecord[], name: SystemCallName): number =>
  records.findIndex((record) => record.kind === 'call' && record.name === name)

describe('composeSpt() with devices', () => {
  it('expects descriptors in the order in which the kernel hands them out: blocks, interfaces, sockets', () => {
    const { descriptors } = composeSpt(planWith(SHOP), EMBEDDED)
    // 3 and 4 are the images; 5 asks about interfaces and is closed; 6 the TAP, 7 the socket, 9 inherited; then 5 and 8 are free again.
    assert.deepEqual(descriptors, { devices: [3, 6, 4, 7, 9], epoll: 5, timer: 8 })
  })

  it('gives an inherited descriptor the number that its starter says', () => {
    const inherited = new Map([[9, 5]])
    const { descriptors, records } = composeSpt(planWith(SHOP), {
      image: { kind: 'descriptor', descriptor: 4 },
      status: 3,
      inherited,
    })
    assert.equal(descriptors.devices[4], 5)
    const closed = calls(records, 'close_range').map(({ args }) => args.slice(0, 2).map(Number))
    assert.deepEqual(closed, [[6, 0xffff_ffff]])
  })

  it('inherits a port of a network of ours, and demands that it is what it seems', () => {
    const user = (socket: 'seqpacket' | 'udp'): ResourceFacts => {
      return { kind: 'user', socket, maxMtu: 65_493, routes: [], joins: undefined }
    }
    const demands = (socket: 'seqpacket' | 'udp') => {
      const plan = planWith([
        ['front=fd:9', { kind: 'seqpacket', socket: '8:3' }],
        ['service=user', user(socket)],
      ])
      const { descriptors, records } = composeSpt(plan, { ...EMBEDDED, inherited: new Map([[9, 5]]), ports })
      assert.deepEqual(descriptors.devices, [5, 6])
      const first = records.findIndex((r) => r.kind === 'call' && r.name === 'getsockopt' && r.args[0] === 6n)
      const last = records.findIndex((r) => r.kind === 'call' && r.name === 'fcntl' && r.args[0] === 6n)
      return records
        .slice(first, last)
        .map((r) => (r.kind === 'compare' ? [r.value, r.mask] : r.kind === 'call' && r.name))
    }
    const ports = new Map([['service', 6]])
    const asked = (domain: bigint, type: bigint) => [
      'getsockopt',
      [domain, 0xffff_ffffn],
      'getsockopt',
      [type, 0xffff_ffffn],
      'getpeername',
    ]
    assert.deepEqual(demands('seqpacket'), asked(1n, 5n)) // AF_UNIX, SOCK_SEQPACKET
    // AF_INET, SOCK_DGRAM, and 127.0.0.1 whatever the port.
    assert.deepEqual(demands('udp'), [...asked(2n, 2n), [0x0100_007f_0000_0002n, 0xffff_ffff_0000_ffffn]])
  })

  it('needs to be told which descriptor such a port is', () => {
    const user: ResourceFacts = { kind: 'user', socket: 'udp', maxMtu: 1500, routes: [], joins: undefined }
    assert.throws(() => composeSpt(planWith([['service=user', user]]), EMBEDDED), TypeError)
  })

  it('tells the guest what it has, device by device', () => {
    const plan = planWith(SHOP)
    const { descriptors } = composeSpt(plan, EMBEDDED)
    const view = new DataView(encodeBootInfo(plan, descriptors).buffer)
    const entry = (handle: number) => 40 + 8 + 104 * handle
    assert.equal(view.getBigUint64(entry(1) + 72, true), BigInt(16 * SECTOR)) // capacity
    assert.equal(view.getUint16(entry(1) + 80, true), SECTOR)
    assert.equal(view.getUint16(entry(2) + 78, true), 9000) // MTU
    assert.equal(view.getUint16(entry(4) + 78, true), 1500)
    const mac = Array.from({ length: 6 }, (_, i) => view.getUint8(entry(4) + 72 + i))
    assert.deepEqual(mac, [2, 0, 0, 0, 0, 7])
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((handle) => view.getInt32(entry(handle) + 88, true)),
      descriptors.devices,
    )
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((handle) => view.getUint8(entry(handle) + 96)),
      [0, 1, 1, 1, 1, 1], // attached
    )
  })

  it('watches every net device under its handle', () => {
    const { records, descriptors } = composeSpt(planWith(SHOP), EMBEDDED)
    const [, ...watched] = calls(records, 'epoll_ctl').map(({ args }) => Number(args[2])) // the first is the timer
    assert.deepEqual(
      watched,
      [2, 4, 5].map((handle) => descriptors.devices[handle - 1]),
    )
  })

  it('opens and compares before there is guest memory, and watches nothing where there is no net device', () => {
    const { records } = composeSpt(planWith(SHOP), EMBEDDED)
    const order = ['lseek', 'ioctl', 'connect', 'clone', 'mmap', 'capset', 'seccomp'] as const
    // The watcher drops its privileges as well, so the guest's own capset is the last.
    const places = order.map((name) =>
      name === 'capset' ? records.findLastIndex((r) => r.kind === 'call' && r.name === name) : indexOf(records, name),
    )
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
    const { records: quiet } = composeSpt(planWith(SHOP.slice(0, 1)), EMBEDDED)
    assert.equal(indexOf(quiet, 'clone'), -1)
  })

  it('compares the identity of an image when it runs at once, and not when it is kept', () => {
    const plan = planWith(SHOP.slice(0, 1))
    const values = (options: LaunchOptions) =>
      composeSpt(plan, options).records.flatMap((record) => (record.kind === 'compare' ? [record.value] : []))
    assert.ok(values({ image: { kind: 'path' } }).includes(8n)) // the inode
    assert.ok(!values(EMBEDDED).includes(8n))
  })

  it('demands a lock on an image, and none on one that is shared', () => {
    const demands = (flag: string) => {
      const { records } = composeSpt(planWith([[flag, disk(8n)]]), EMBEDDED)
      const F_SETLK = 6n
      return calls(records, 'fcntl').flatMap(({ args, demand }) => (args[1] === F_SETLK ? [demand] : []))
    }
    assert.deepEqual(demands('storage=/srv/disk.img,sector=4096'), [0n])
    assert.deepEqual(demands('storage=/srv/disk.img,sector=4096,share'), ['ignore'])
  })

  it('asks for exclusive use of a disk that it writes to', () => {
    const flags = (flag: string) => {
      const facts: ResourceFacts = { kind: 'block', form: 'device', size: 16 * SECTOR, device: 7n, inode: 8n }
      return calls(composeSpt(planWith([[flag, facts]]), EMBEDDED).records, 'openat').at(-1)?.args[2] ?? 0n
    }
    const O_EXCL = 0o200n
    assert.equal(flags('storage=/dev/vdb') & O_EXCL, O_EXCL)
    assert.equal(flags('storage=/dev/vdb,ro') & O_EXCL, 0n)
    assert.equal(flags('storage=/dev/vdb,share') & O_EXCL, 0n)
  })

  it('gives the same bytes for the same plan', () => {
    const bytes = () => {
      const artefact = sourceOf(
        sampleArtefact({
          devices: SHOP.map(([flag, { kind }]) => ({
            name: flag.replace(/=.*/, ''),
            type: kind === 'block' ? 'block' : 'net',
          })),
        }),
      )
      return joinParts(composeSpt(planWith(SHOP), EMBEDDED), artefact)
    }
    assert.deepEqual(bytes(), bytes())
  })

  it('makes heap and stack executable only where that is asked for', () => {
    const access = (plan: Plan) => calls(composeSpt(plan, EMBEDDED).records, 'mmap')[0]?.args[2]
    assert.equal(access(planWith([])), 3n)
    assert.equal(access(planWith([], { executableHeap: true })), 7n)
    const protections = (plan: Plan) => calls(composeSpt(plan, EMBEDDED).records, 'mprotect').map(({ args }) => args[2])
    const [readAndWrite, all] = [3n, 7n]
    assert.ok(!protections(planWith([])).includes(readAndWrite)) // what memory is anyway
    const executable = protections(planWith([], { executableHeap: true }))
    assert.ok(executable.includes(readAndWrite)) // the data, which must not become executable with the heap
    assert.ok(!executable.includes(all))
  })

  it('has room for 63 devices of any kind', () => {
    const many = (make: (i: number) => WiredSample) => planWith(Array.from({ length: 63 }, (_, i) => make(i)))
    const path = '/'.padEnd(4000, 'x')
    const plans = [
      many((i) => [`disk${i}=${path}${i}`, disk(BigInt(i))]),
      many((i) => [`nic${i}=tap:tap${i}`, { kind: 'tap', interface: `tap${i}`, mtu: 1500 }]),
      many((i) => [`nic${i}=unix:${`/run/${i}`.padEnd(107, 'x')}`, { kind: 'seqpacket', socket: `1:${i}` }]),
    ]
    for (const plan of plans) {
      const { descriptors } = composeSpt(plan, EMBEDDED)
      assert.equal(new Set(descriptors.devices).size, 63)
    }
  })

  it('allows what docs/spec/launcher.md says, call by call', () => {
    const page = readFileSync(new URL('../../../docs/spec/launcher.md', import.meta.url), 'utf8')
    const rows = page.slice(page.indexOf('## The filter')).matchAll(/^\| (\w+) \| (.*?) \|/gm)
    const documented = [...rows].map(([, call]) => call).filter((call) => call !== 'call')
    const { policy } = composeSpt(planWith(SHOP), EMBEDDED)
    assert.deepEqual([...new Set(documented)].toSorted(), [...new Set(policy.map(({ call }) => call))].toSorted())
  })
})

describe('sptPolicy() with devices', () => {
  const { policy, descriptors } = composeSpt(planWith(SHOP), EMBEDDED)
  const [storage, , archive, backend] = descriptors.devices as [number, number, number, number]
  const { read, write, pread64, pwrite64 } = SYSTEM_CALLS_X86_64
  const EROFS = 30
  const cases: [why: string, number: number, args: readonly number[], decision: ReturnType<typeof decide>][] = [
    ['the first sector', pread64, [storage, 0, SECTOR, 0], 'allow'],
    ['the last sector', pwrite64, [storage, 0, SECTOR, 15 * SECTOR], 'allow'],
    ['a sector behind the end', pread64, [storage, 0, SECTOR, 16 * SECTOR], 'kill'],
    ['a sector that is not aligned', pwrite64, [storage, 0, SECTOR, SECTOR / 2], 'kill'],
    ['two sectors at once', pread64, [storage, 0, 2 * SECTOR, 0], 'kill'],
    ['half a sector', pread64, [storage, 0, SECTOR / 2, 0], 'kill'],
    ['reading what is read-only', pread64, [archive, 0, SECTOR, SECTOR], 'allow'],
    ['writing what is read-only', pwrite64, [archive, 0, SECTOR, SECTOR], EROFS],
    ['writing behind the end of what is read-only', pwrite64, [archive, 0, SECTOR, 16 * SECTOR], 'kill'],
    ['receiving', read, [backend], 'allow'],
    ['sending', write, [backend], 'allow'],
    ['reading an image as if it were a network', read, [storage], 'kill'],
    ['reading a network as if it were an image', pread64, [backend, 0, SECTOR, 0], 'kill'],
    ['reading standard input', read, [0], 'kill'],
  ]
  for (const [why, number, args, decision] of cases) {
    it(`answers ${why} with ${decision}`, () => {
      const all = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt)
      assert.equal(decide(policy, { architecture: AUDIT_ARCH_X86_64, number, args: all }), decision)
    })
  }
})
