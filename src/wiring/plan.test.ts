import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { readArtefact } from '../artefact/artefact.ts'
import { sampleArtefact, type SampleOptions, SAMPLE_HEADERS } from '../artefact/sample.ts'
import { sourceOf } from '../base/reader.ts'
import type { Configuration } from '../config/configuration.ts'
import type { HostFacts } from './facts.ts'
import { DEFAULT_MEMORY, MAX_MEMORY, planGuest } from './plan.ts'
import { NO_WIRES } from './wire.ts'

const FACTS: HostFacts = {
  platform: 'linux',
  machine: 'x64',
  kernel: '6.1.0-50-cloud-amd64',
  artefact: {
    path: '/srv/hello.spt',
    identity: { device: 1n, inode: 2n, size: 3, modifiedSeconds: 4n, modifiedNanoseconds: 5n },
    executable: true,
  },
  resources: new Map(),
}
const CONFIG: Configuration = { name: 'hello', memorySize: DEFAULT_MEMORY, commandLine: 'a b' }

function plan(
  options: {
    sample?: SampleOptions
    config?: Partial<Configuration>
    facts?: Partial<HostFacts>
    spoil?: (v: DataView) => void
  } = {},
) {
  const bytes = sampleArtefact({ devices: [], ...options.sample })
  options.spoil?.(new DataView(bytes.buffer))
  return planGuest(
    readArtefact(sourceOf(bytes)),
    NO_WIRES,
    { ...CONFIG, ...options.config },
    { ...FACTS, ...options.facts },
  )
}

describe('planGuest()', () => {
  it('puts artefact, configuration and facts together', () => {
    const { name, target, memorySize, commandLine, image, artefact, devices } = plan()
    assert.deepEqual([name, target, memorySize, commandLine, devices], ['hello', 'spt', DEFAULT_MEMORY, 'a b', []])
    assert.equal(image.entry, 0x100020)
    assert.equal(artefact, FACTS.artefact)
  })

  it('lists every device that nothing is wired to', () => {
    const devices = [
      { name: 'service', type: 'net' },
      { name: 'storage', type: 'block' },
    ] as const
    assert.throws(() => plan({ sample: { devices } }), {
      name: 'WiringError',
      code: 'NOT_WIRED',
      advice: 'add --net service=user --block storage=PATH',
    })
  })

  it('refuses what a finding of the artefact refuses', () => {
    const flags = 64 + 56 * SAMPLE_HEADERS.text + 4
    const writable = (view: DataView) => view.setUint32(flags, 7, true)
    assert.throws(() => plan({ spoil: writable }), { name: 'FormatError', code: 'BAD_VALUE', offset: flags })
  })

  const elsewhere: [why: string, options: Parameters<typeof plan>[0], message: RegExp][] = [
    ['another target', { sample: { target: 'hvt' } }, /is for hvt on x86_64/],
    ['another processor', { sample: { machine: 183 } }, /is for spt on aarch64/],
  ]
  for (const [why, options, message] of elsewhere) {
    it(`refuses ${why}`, () =>
      assert.throws(() => plan(options), { name: 'UsageError', code: 'BAD_ARGUMENT', message }))
  }

  const hosts: [why: string, facts: Partial<HostFacts>, message: RegExp][] = [
    ['another system', { platform: 'darwin' }, /this is darwin on x64/],
    ['another machine', { machine: 'arm64' }, /this is linux on arm64/],
    ['Linux 5.8', { kernel: '5.8.18' }, /need Linux 5.9 or newer .*"5.8.18"/],
    ['Linux 4.19', { kernel: '4.19.0-27-amd64' }, /need Linux 5.9/],
  ]
  for (const [why, facts, message] of hosts) {
    it(`refuses ${why}`, () =>
      assert.throws(() => plan({ facts }), { name: 'HostError', code: 'UNSUPPORTED_HOST', message }))
  }

  it('goes on with Linux 5.9, 5.10, 6.0 and a release that says nothing', () => {
    for (const kernel of ['5.9.0', '5.10.0-28-amd64', '6.0', 'custom'])
      assert.equal(plan({ facts: { kernel } }).name, 'hello')
  })

  for (const memorySize of [0, -4096, 1, 4097, 1.5, Number.NaN, MAX_MEMORY + 4096, 2 ** 53]) {
    it(`refuses ${memorySize} bytes of memory`, () => {
      assert.throws(() => plan({ config: { memorySize } }), {
        name: 'UsageError',
        code: 'BAD_ARGUMENT',
        message: /memory/,
      })
    })
  }

  for (const commandLine of ['x'.repeat(8192), 'a\0b']) {
    it(`refuses a command line that ${commandLine.length > 9 ? 'is too long' : 'has a NUL'}`, () => {
      assert.throws(() => plan({ config: { commandLine } }), { name: 'UsageError', message: /command line/ })
    })
  }

  it('names the least memory that does when there is too little', () => {
    assert.throws(() => plan({ config: { memorySize: 2 ** 20 } }), {
      name: 'FormatError',
      code: 'LIMIT',
      advice: /--mem 2M/,
    })
  })

  it('makes a process name of whatever the name is', () => {
    assert.equal(plan({ config: { name: 'a b/c\u001b[31m-and-a-long-rest' } }).name, 'a_b_c__31m-and-')
    assert.equal(plan({ config: { name: '' } }).name, 'guest')
  })
})
