import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../../base/json-text.ts'
import { parseSet } from '../../config/edit.ts'
import { effectiveConfig } from '../../config/effective.ts'
import { type ReportedSetting, reportSettings } from '../../config/explain.ts'
import { layerOf, parseConfig } from '../../config/layer.ts'
import type { WireOrigin } from '../../wiring/origin.ts'
import { describeLauncher } from './describe.ts'
import { composeSpt } from './launcher.ts'
import { type PlanReport, type ReportedProcess, reportPlan } from './report.ts'
import { renderPlan } from './report-text.ts'
import type { ResourceFacts } from '../../wiring/facts.ts'
import { parsePublication } from '../../wiring/publish.ts'
import { samplePlan } from './sample.ts'
import { joinParts } from '../../base/file-parts.ts'
import { sourceOf } from '../../base/reader.ts'

const { plan, artefact } = samplePlan(
  [
    ['storage=/srv/disk.img,sector=4096', { kind: 'block', form: 'file', size: 2 ** 20, device: 7n, inode: 8n }],
    ['service=unix:/run/switch.sock,mtu=9000,mac=02:00:00:00:00:07', { kind: 'seqpacket', socket: '1:2' }],
  ],
  { commandLine: 'one two' },
)

const CONFIGURATION: readonly ReportedSetting[] = reportSettings(
  effectiveConfig(
    [
      layerOf({ memory: '512M' }, { layer: 'defaults' }),
      parseConfig('{ "env": { "A": "1", "T": { "$secret": "env:T" } }, "memory": "64M" }', 'shop.json'),
    ],
    [parseSet('env.A=2')],
  ),
)

function report(processes: [string, ReportedProcess][] = [], origin?: WireOrigin): PlanReport {
  const [block, net] = plan.devices
  assert.ok(block && net)
  const told = origin === undefined ? plan : { ...plan, devices: [{ ...block, origin }, net] }
  const launcher = composeSpt(told, { image: { kind: 'path' } })
  const context = {
    file: 'shop.spt',
    slipwayVersion: '0.1.0',
    processes: new Map(processes),
    addresses: new Map(),
    configuration: CONFIGURATION,
  }
  return reportPlan(told, launcher, artefact, context)
}

const USER_FLAG =
  'service=user,subnet=10.7.0.0/24,allow=10.8.0.0/16,allow-host-loopback,no-internet,pcap=\u001b.pcap,rate=10M,delay=20ms,loss=0.1%'

/** Of a guest with a network of ours, and one where nothing is said. */
function reportUser(socket: 'seqpacket' | 'udp' = 'seqpacket'): PlanReport {
  const facts: ResourceFacts = {
    kind: 'user',
    socket,
    maxMtu: 65_493,
    routes: [{ address: 0x0a070000, prefix: 16 }],
    joins: undefined,
  }
  const { plan: base, artefact: bytes } = samplePlan([
    [USER_FLAG, facts],
    ['plain=user', facts],
  ])
  const publish = [
    parsePublication('[::1]:8080:80', '-p', FILE),
    parsePublication('0:53/udp', '-p', { layer: 'command line' }),
  ]
  const devices = base.devices.map((device, i) => {
    if (i > 0 || device.type !== 'net' || device.carrier.kind !== 'user') return device
    return { ...device, carrier: { ...device.carrier, publish } }
  })
  const told = { ...base, devices }
  const ports = new Map([
    ['service', 5],
    ['plain', 6],
  ])
  const launcher = composeSpt(told, { image: { kind: 'descriptor', descriptor: 4 }, status: 3, ports })
  const addresses = new Map([
    ['service', { gateway: '10.7.0.1', hostAddress: '10.7.0.254' }],
    ['plain', { gateway: '10.0.2.1', hostAddress: '10.0.2.254' }],
  ])
  return reportPlan(told, launcher, bytes, {
    file: 'web.spt',
    slipwayVersion: '0.1.0',
    processes: new Map(),
    addresses,
    configuration: [],
  })
}

const PROCESSES: [string, ReportedProcess][] = [
  ['storage', { pid: null, name: null }],
  ['service', { pid: 77, name: 'switch' }],
]
const FILE: WireOrigin = { layer: 'file', file: 'shop.wiring.json', line: 3, column: 5 }

describe('reportPlan()', () => {
  it('tells of the launcher what describeLauncher() reads out of it', () => {
    const launcher = composeSpt(plan, { image: { kind: 'path' } })
    const described = describeLauncher(sourceOf(joinParts(launcher, artefact)))
    const { memoryMap, filter, records, image, devices } = report()
    assert.deepEqual(
      { memoryMap, filter, records, image },
      {
        memoryMap: described.memoryMap,
        filter: described.filter,
        records: described.records,
        image: { from: 'file', path: '/srv/shop.spt' },
      },
    )
    assert.deepEqual(
      devices.map(({ name, descriptor }) => [name, descriptor]),
      described.devices.map(({ name, descriptor }) => [name, descriptor]),
    )
  })

  it('adds who wired a device, and who is at its other end', () => {
    const [block, net] = report(PROCESSES, FILE).devices
    assert.ok(block?.type === 'block' && net?.type === 'net')
    assert.deepEqual([block.origin, block.lockedBy], [FILE, { pid: null, name: null }])
    assert.deepEqual([net.origin, net.listener], [{ layer: 'command line' }, { pid: 77, name: 'switch' }])
  })

  it('tells all that is decided about a network of ours', () => {
    const [service, plain] = reportUser().devices
    assert.ok(service?.type === 'net' && plain?.type === 'net')
    assert.deepEqual([service.descriptor, plain.descriptor], [5, 6])
    assert.deepEqual(service.carrier, {
      kind: 'user',
      subnet: '10.7.0.0/24',
      chosenBy: 'wire',
      hides: '10.7.0.0/16',
      gateway: '10.7.0.1',
      hostAddress: '10.7.0.254',
      guestName: 'shop',
      socket: 'seqpacket',
      internet: false,
      host: true,
      allowHostLoopback: true,
      allow: ['10.8.0.0/16'],
      pcap: '\u001b.pcap',
      rate: 10_000_000,
      delay: 20,
      loss: 0.001,
      published: [
        { protocol: 'tcp', address: '::1', hostPort: 8080, guestPort: 80, origin: FILE },
        { protocol: 'udp', address: '127.0.0.1', hostPort: 0, guestPort: 53, origin: { layer: 'command line' } },
      ],
    })
    assert.ok(plain.carrier.kind === 'user')
    assert.deepEqual([plain.carrier.hides, plain.carrier.pcap, plain.carrier.rate], [null, null, null])
  })
})

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../schema/${name}.schema.json`, import.meta.url), 'utf8'))
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).addSchema([
  read('launcher'),
  read('explain'),
])
const validate = ajv.compile(read('plan'))

/** Of a guest whose disk is a part of its artefact. */
function reportPart(): PlanReport {
  const { plan: told, artefact: bytes } = samplePlan([
    ['files=baked:', { kind: 'part', offset: 32 * 4096, capacity: 2 * 4096 }],
  ])
  const context = { file: 'shop.spt', slipwayVersion: '0.1.0', processes: new Map(), addresses: new Map() }
  const launcher = composeSpt(told, { image: { kind: 'path' } })
  return reportPlan(told, launcher, bytes, { ...context, configuration: [] })
}

describe('schema/plan.schema.json', () => {
  it('agrees with reports, whatever is known of devices', () => {
    for (const told of [report(), report(PROCESSES, FILE), report([], { layer: 'program' }), reportUser('udp')]) {
      assert.ok(validate(JSON.parse(writeJson(told))), JSON.stringify(validate.errors))
    }
  })

  it('agrees with a part of the artefact, which nobody can have locked', () => {
    const told = reportPart()
    assert.ok(validate(JSON.parse(writeJson(told))), JSON.stringify(validate.errors))
    const [part] = told.devices
    assert.ok(part?.type === 'block' && part.form === 'baked')
    assert.deepEqual([part.in, part.offset, part.lockedBy], ['artefact', 32 * 4096, null])
    for (const edit of [{ lockedBy: { pid: 1, name: null } }, { path: '/srv/disk.img' }, { readOnly: false }]) {
      assert.ok(!validate({ ...told, devices: [{ ...part, ...edit }] }), JSON.stringify(edit))
    }
  })

  it('refuses what no report says', () => {
    const edits: readonly ((document: ReturnType<typeof read>) => void)[] = [
      (d) => delete d.processor,
      (d) => (d.more = true),
      (d) => (d.schema = 'slipway.launcher'),
      (d) => (d.devices[0].origin = { layer: 'file' }),
      (d) => (d.devices[0].listener = null),
      (d) => (d.devices[1].listener = { pid: 1 }),
      (d) => delete d.devices[1].origin,
      (d) => delete d.configuration,
      (d) => (d.configuration[0].origin = { layer: 'file' }),
      (d) => delete d.configuration[0].losing,
    ]
    for (const edit of edits) {
      const document = JSON.parse(writeJson(report(PROCESSES)))
      edit(document)
      assert.ok(!validate(document), edit.toString())
    }
  })
})

describe('renderPlan()', () => {
  const text = (width: number, told = report(PROCESSES, FILE)) =>
    renderPlan(told, { style: (_, words) => words, width })

  it('has a section for each thing that somebody looks for', () => {
    const titles = text(80)
      .split('\n')
      .filter((line) => /^\S/.test(line))
    assert.deepEqual(
      titles.slice(1).map((line) => line.replace(/,.*/, '')),
      ['devices', 'configuration', 'memory map', 'what the guest sees', 'system calls that do not kill it', 'records'],
    )
  })

  it('says of each device what it is wired to, by whom, and who is at its other end', () => {
    const lines = text(120)
      .split('\n')
      .map((line) => line.trim())
    for (const line of [
      '1  block "storage", file "/srv/disk.img"',
      '1 MiB in 256 sectors of 4096, writable, locked exclusively, descriptor 3',
      'wired: shop.wiring.json:3',
      'in use: another process has locked it, so a run would fail',
      '2  net "service", socket "/run/switch.sock"',
      'MAC 02:00:00:00:00:07, MTU 9000, descriptor 4',
      'process 77, "switch", listens there',
      'read             fd = 4 -> allow (receives from net device service)',
    ]) {
      assert.ok(lines.includes(line), line)
    }
  })

  it('says of each setting who said it, and what it won over', () => {
    const lines = text(120).split('\n')
    const at = lines.indexOf('configuration')
    assert.deepEqual(lines.slice(at + 1, at + 7), [
      '  key     value         said by',
      '  env.A   "2"           --set env.A',
      '          over "1"      shop.json:1:17',
      '  env.T   secret env:T  shop.json:1:27',
      '  memory  "64M"         shop.json:1:63',
      '          over "512M"   defaults',
    ])
  })

  it('says of a network of ours what is reached, what is published and by whose word', () => {
    const lines = text(200, reportUser('udp'))
      .split('\n')
      .map((line) => line.trim())
    for (const line of [
      '1  net "service", network of Slipway\'s own, 10.7.0.0/24',
      'the subnet is the operator’s choice; gateway, leases and names at 10.7.0.1, host.slipway.internal is 10.7.0.254',
      'the machine’s own route to 10.7.0.0/16 is not for this guest',
      'it reaches the host by its name, and what listens on its loopback; 10.8.0.0/16',
      'for testing, each way: 10000000 bits per second, 20 ms late, 0.1 % lost',
      'its frames are written to "\\u001b.pcap"',
      'its frames travel over UDP on loopback, slower than where koffi can be loaded',
      'published: tcp [::1]:8080 -> port 80 (shop.wiring.json:3)',
      'published: udp 127.0.0.1, any free port -> port 53 (command line)',
      '2  net "plain", network of Slipway\'s own, 10.0.2.0/24',
      'it reaches the internet; the host by its name',
    ]) {
      assert.ok(lines.includes(line), `${line}\n${lines.slice(8, 28).join('\n')}`)
    }
  })

  it('says when it cannot be seen who listens', () => {
    assert.ok(text(80, report()).includes('     who listens there cannot be seen from here\n'))
    assert.ok(!text(80).includes('cannot be seen'))
  })

  it('keeps to the width of a terminal, but for what cannot be broken', () => {
    for (const width of [80, 120]) {
      const long = text(width)
        .split('\n')
        .filter((line) => line.length > width)
      assert.deepEqual(
        long.filter((line) => line.trim().includes(' ')),
        [],
        `${width}`,
      )
    }
  })

  it('shows nothing that a terminal acts on, whatever a file or a process is called', () => {
    const hostile = 'a\u001b[31m\u009b\u202e'
    const told = report([['service', { pid: 1, name: hostile }]], { ...FILE, file: hostile })
    assert.ok(/^[\n\x20-\x7e]*$/.test(text(80, { ...told, file: hostile })))
  })
})
