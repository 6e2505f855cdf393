// Launchers with parts of an artefact that are not what they seem. Everything that a handler could do, or read from, has to be told or refused.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { mutate, randomNumbers } from '../../../test/support/mutate.ts'
import { parseLauncherReport } from '../../artefact/parse-launcher-report.ts'
import { renderLauncher, renderRecords } from '../../artefact/render-launcher.ts'
import { FormatError, type FormatErrorCode } from '../../base/errors.ts'
import { joinParts } from '../../base/file-parts.ts'
import { writeJson } from '../../base/json-text.ts'
import { JsonView } from '../../base/json-view.ts'
import { parseJson } from '../../base/json.ts'
import { sourceOf } from '../../base/reader.ts'
import { HANDLER_STACK, PARTS } from '../../launcher/address-space.ts'
import { SECCOMP_RET_TRAP } from '../../launcher/bpf.ts'
import { PARTS_OFFSET } from '../../launcher/handler.generated.ts'
import { HANDLER_FLAGS } from '../../launcher/handler.ts'
import { SYSTEM_CALLS_X86_64 } from '../../launcher/system-calls.ts'
import { describeLauncher } from './describe.ts'
import { composeSpt, type LaunchOptions } from './launcher.ts'
import { ARGUMENT, EXPECTED, type LauncherSample, openSample } from './sample-launcher.ts'
import { samplePlan, type WiredSample } from './sample.ts'

const PAGE = 4096
const SHOP: readonly WiredSample[] = [
  ['files=baked:,sector=4096', { kind: 'part', offset: 32 * PAGE, capacity: 2 * PAGE }],
  ['more=baked:', { kind: 'part', offset: 40 * PAGE, capacity: PAGE }],
]
const EMBEDDED: LaunchOptions = { image: { kind: 'embedded' } }
const MAPPED: LaunchOptions = { image: { kind: 'path' } }
/** Enough for each change of the code; a hundred thousand have been tried. */
const RUNS = 200

function sample(options: LaunchOptions): LauncherSample {
  const { plan, artefact } = samplePlan(SHOP)
  return openSample(joinParts(composeSpt(plan, options), artefact))
}

const describeBytes = (bytes: Uint8Array) => describeLauncher(sourceOf(bytes))
/** The header of the first part, behind the file's own. */
const FIRST_HEADER = 64
const handlerOf = ({ view, pointee, fileOf }: LauncherSample): number =>
  fileOf(view.getBigUint64(pointee('rt_sigaction', 1, -1), true))
const entryOf = ({ boot }: LauncherSample, handle: number): number => boot + 40 + 8 + 104 * handle
/** The records that map the two parts, of a launcher that maps them itself: the last that map anything but the handler's stack. */
const mapping = ({ record }: LauncherSample, nth: number): number => record('mmap', nth - 3)

describe('describeLauncher() with parts of the artefact', () => {
  it('says which part of which file each device is', () => {
    const of = (options: LaunchOptions) => describeBytes(sample(options).bytes).devices
    const common = { type: 'block', form: 'baked', readOnly: true } as const
    const files = { ...common, name: 'files', handle: 1, descriptor: 0x7fff_ffc1, capacity: 2 * PAGE, sectorSize: PAGE }
    const more = { ...common, name: 'more', handle: 2, descriptor: 0x7fff_ffc2, capacity: PAGE, sectorSize: 512 }
    assert.deepEqual(of(MAPPED), [
      { ...files, in: 'artefact', offset: 32 * PAGE },
      { ...more, in: 'artefact', offset: 40 * PAGE },
    ])
    assert.deepEqual(of(EMBEDDED), [
      { ...files, in: 'launcher', offset: PAGE },
      { ...more, in: 'launcher', offset: 3 * PAGE },
    ])
  })

  it('shows parts, handler and rules', () => {
    const report = describeBytes(sample(MAPPED).bytes)
    const text = renderLauncher(report, { style: (_, words) => words, width: 200 })
    const records = renderRecords(report.records, { style: (_, words) => words, width: 200 })
    for (const line of [
      '1  block "files", baked into the artefact, from byte 131072 on',
      '8 KiB in 2 sectors of 4096, read-only, 2147483585 for a descriptor, which is never open',
      '0x180000000000  0x180000002000  r--  baked into the artefact, for a block device',
      '0x17fffff00000  0x17fffff10000  rw-  stack of the handler that reads baked parts',
      'from part 1, by the handler (reads a sector of block device more, a part of the artefact)',
    ]) {
      assert.ok(text.includes(line), `${line}\n${text}`)
    }
    assert.match(records, /sigaltstack\(\{0x17fffff00000, 0x10000 bytes\}, 0\) = 0/)
    assert.match(records, /rt_sigaction\(SIGSYS, \{0x[0-9a-f]+, SA_SIGINFO\|SA_ONSTACK\|SA_RESTORER\|SA_NODEFER\}/)
    const kept = renderLauncher(describeBytes(sample(EMBEDDED).bytes), { style: (_, words) => words, width: 200 })
    assert.ok(kept.includes('1  block "files", baked into this file, from byte 4096 on'), kept)
  })

  it('does not change the bytes that it is given, though they are a Buffer', () => {
    const bytes = Buffer.from(sample(EMBEDDED).bytes)
    const before = Buffer.from(bytes)
    describeBytes(bytes)
    assert.deepEqual(bytes, before)
  })
})

const schema = JSON.parse(readFileSync(new URL('../../../schema/launcher.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

describe('schema/launcher.schema.json about parts', () => {
  it('and parseLauncherReport() take what is described, and refuse the same of what is not', () => {
    const report = JSON.parse(writeJson(describeBytes(sample(EMBEDDED).bytes)))
    const parse = (document: unknown) => parseLauncherReport(JsonView.of(parseJson(JSON.stringify(document), 'x')))
    assert.ok(validate(report), JSON.stringify(validate.errors))
    assert.deepEqual(parse(report), report)
    const edits: readonly (readonly [why: string, edit: (document: typeof report) => void])[] = [
      ['a part that can be written to', (d) => (d.devices[0].readOnly = false)],
      ['a part of another file', (d) => (d.devices[0].in = 'elsewhere')],
      ['a part without a place', (d) => delete d.devices[0].offset],
      ['a part before the file', (d) => (d.devices[0].offset = -1)],
      ['a part with a path', (d) => (d.devices[0].path = '/srv/disk.img')],
      ['a part with a lock', (d) => (d.devices[0].lock = 'none')],
      ['a disk with a place in a file', (d) => (d.devices[0].form = 'file')],
      ['a rule that does not say whether it is served', (d) => delete d.filter.rules[0].part],
      ['a number of a part that no filter can answer with', (d) => (d.filter.rules[0].part = 65_536)],
      ['memory of another kind', (d) => (d.memoryMap[0].what = 'parts')],
    ]
    for (const [why, edit] of edits) {
      const spoilt = structuredClone(report)
      edit(spoilt)
      assert.ok(!validate(spoilt), why)
      assert.throws(() => parse(spoilt), { name: 'ConfigError' }, why)
    }
  })
})

/** The offset of an error about a whole record is the record's own. */
type Lie = readonly [
  why: string,
  code: FormatErrorCode,
  offset: (s: LauncherSample) => number,
  edit: (s: LauncherSample) => void,
]

const EITHER: readonly Lie[] = [
  [
    'a handler with other code',
    'UNSUPPORTED',
    (s) => handlerOf(s),
    (s) => s.bytes.set([0xcc], handlerOf(s) + PARTS_OFFSET - 12),
  ],
  [
    'a handler that reads elsewhere',
    'BAD_VALUE',
    ({ enter }) => enter,
    (s) => s.view.setBigUint64(handlerOf(s) + PARTS_OFFSET, 0x100000n, true),
  ],
  [
    'a handler that reads the parts in another order',
    'BAD_VALUE',
    ({ enter }) => enter,
    (s) => {
      const at = handlerOf(s) + PARTS_OFFSET
      const first = s.bytes.slice(at, at + 8)
      s.bytes.copyWithin(at, at + 8, at + 16)
      s.bytes.set(first, at + 8)
    },
  ],
  [
    'a handler in the guest’s memory',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, pointee }) => view.setBigUint64(pointee('rt_sigaction', 1, -1), 0x100000n, true),
  ],
  [
    'a handler that is no code of ours at all',
    'UNSUPPORTED',
    ({ pointee, fileOf, view }) => fileOf(view.getBigUint64(pointee('rt_sigaction', 1, -1), true)) - 8,
    ({ view, pointee }) => {
      const at = pointee('rt_sigaction', 1, -1)
      view.setBigUint64(at, view.getBigUint64(at, true) - 8n, true)
    },
  ],
  [
    'a handler in setup, which is gone',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, pointee }) => view.setBigUint64(pointee('rt_sigaction', 1, -1), 0x2000_0000_0000n, true),
  ],
  [
    'a handler of another signal',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', -1),
    ({ view, record }) => view.setUint32(record('rt_sigaction', -1) + ARGUMENT(0), 11, true),
  ],
  [
    'a handler with other flags',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', -1),
    ({ view, pointee }) => view.setUint32(pointee('rt_sigaction', 1, -1) + 8, 0x0c00_0004, true),
  ],
  [
    'a handler with a restorer',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', -1),
    ({ view, pointee }) => view.setUint32(pointee('rt_sigaction', 1, -1) + 16, 0x100000, true),
  ],
  [
    'a handler that blocks signals',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', -1),
    ({ bytes, pointee }) => bytes.set([1], pointee('rt_sigaction', 1, -1) + 24),
  ],
  [
    'a handler that need not be installed',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', -1),
    ({ bytes, record }) => bytes.set([0], record('rt_sigaction', -1) + 4),
  ],
  [
    'a handler for one signal after the other',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', -1),
    ({ bytes, record }) => bytes.set([2], record('rt_sigaction', -1) + 6),
  ],
  [
    'no handler',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, record }) => view.setUint16(record('rt_sigaction', -1), SYSTEM_CALLS_X86_64.capset, true),
  ],
  [
    'a handler for a signal that does something else already',
    'BAD_VALUE',
    ({ record }) => record('rt_sigaction', 1),
    ({ view, pointee }) => view.setUint32(pointee('rt_sigaction', 1, 1), 0x100000, true),
  ],
  [
    'no stack for the handler',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, record }) => view.setUint16(record('sigaltstack'), SYSTEM_CALLS_X86_64.capset, true),
  ],
  [
    'a stack for the handler elsewhere',
    'BAD_VALUE',
    ({ record }) => record('sigaltstack'),
    ({ view, pointee }) => view.setBigUint64(pointee('sigaltstack', 0), 0x100000n, true),
  ],
  [
    'a stack for the handler that disarms itself',
    'BAD_VALUE',
    ({ record }) => record('sigaltstack'),
    ({ view, pointee }) => view.setUint32(pointee('sigaltstack', 0) + 8, 0x8000_0000, true),
  ],
  [
    'an old stack that is stored',
    'BAD_VALUE',
    ({ record }) => record('sigaltstack'),
    ({ view, record }) => view.setUint32(record('sigaltstack') + ARGUMENT(1), 0x100000, true),
  ],
  [
    'a stack for the handler that is executable',
    'BAD_VALUE',
    ({ record }) => record('mmap', -1),
    ({ bytes, record }) => bytes.set([7], record('mmap', -1) + ARGUMENT(2)),
  ],
  [
    'a larger stack for the handler',
    'BAD_VALUE',
    ({ record }) => record('mmap', -1),
    ({ view, record }) => view.setUint32(record('mmap', -1) + ARGUMENT(1), 0x20000, true),
  ],
  [
    'a part of another size than the guest is told',
    'BAD_VALUE',
    ({ enter }) => enter,
    (s) => s.view.setUint32(entryOf(s, 1) + 72, PAGE, true),
  ],
  [
    'a number of another device',
    'BAD_VALUE',
    ({ enter }) => enter,
    (s) => s.view.setUint32(entryOf(s, 1) + 88, 0x7fff_ffc2, true),
  ],
  [
    'a part that no device is told of',
    'BAD_VALUE',
    ({ enter }) => enter,
    (s) => s.view.setUint32(entryOf(s, 1) + 88, 3, true),
  ],
  [
    'a call that is served from a part that is not there',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view, bytes }) => {
      const places = Array.from({ length: bytes.length / 8 }, (_, i) => 8 * i)
      const serving = places.find(
        (at) => view.getUint16(at, true) === 0x06 && view.getUint32(at + 4, true) === SECCOMP_RET_TRAP + 1,
      )
      assert.ok(serving !== undefined)
      view.setUint32(serving + 4, SECCOMP_RET_TRAP + 2, true)
    },
  ],
]

const IN_THE_LAUNCHER: readonly Lie[] = [
  [
    'a part that can be written to',
    'BAD_VALUE',
    () => FIRST_HEADER + 4,
    ({ view }) => view.setUint32(FIRST_HEADER + 4, 6, true),
  ],
  [
    'a part that can be executed',
    'BAD_VALUE',
    () => FIRST_HEADER + 4,
    ({ view }) => view.setUint32(FIRST_HEADER + 4, 5, true),
  ],
  [
    'a part of no whole pages',
    'BAD_VALUE',
    () => FIRST_HEADER + 32,
    ({ view }) => [32, 40].forEach((field) => view.setUint32(FIRST_HEADER + field, PAGE + 1, true)),
  ],
  [
    'a part below all parts',
    'BAD_VALUE',
    () => FIRST_HEADER + 16,
    ({ view }) => view.setBigUint64(FIRST_HEADER + 16, BigInt(PARTS - PAGE), true),
  ],
  [
    'a part in another place',
    'BAD_VALUE',
    ({ enter }) => enter,
    ({ view }) => view.setBigUint64(FIRST_HEADER + 16, BigInt(PARTS + PAGE), true),
  ],
  [
    'a part whose protection is changed',
    'BAD_VALUE',
    ({ record }) => record('mprotect', -1),
    ({ view, record }) => view.setBigUint64(record('mprotect', -1) + ARGUMENT(0), BigInt(PARTS), true),
  ],
  [
    'records in a part',
    'BAD_VALUE',
    () => 0,
    ({ view, note, entry, bytes }) => {
      // The executor holds the address of its first record near its end, and the note repeats it.
      const table = view.getBigUint64(note + 8, true)
      const places = Array.from({ length: (bytes.length - entry) / 8 - 1 }, (_, i) => entry + 8 * i)
      const own = places.find((at) => view.getBigUint64(at, true) === table)
      assert.ok(own !== undefined)
      for (const at of [own, note + 8]) view.setBigUint64(at, BigInt(PARTS), true)
    },
  ],
]

const IN_THE_ARTEFACT: readonly Lie[] = [
  [
    'a part that can be written to',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.bytes.set([3], mapping(s, 0) + ARGUMENT(2)),
  ],
  [
    'a part whose changes reach the file',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.bytes.set([1], mapping(s, 0) + ARGUMENT(3)),
  ],
  [
    'a part whose place does not matter',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.view.setBigUint64(mapping(s, 0) + EXPECTED, BigInt(PARTS + PAGE), true),
  ],
  [
    'a part that begins within a page of the file',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.bytes.set([1], mapping(s, 0) + ARGUMENT(5)),
  ],
  ['a part of no whole pages', 'BAD_VALUE', (s) => mapping(s, 0), (s) => s.bytes.set([1], mapping(s, 0) + ARGUMENT(1))],
  [
    'a part of no bytes',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.view.setBigUint64(mapping(s, 0) + ARGUMENT(1), 0n, true),
  ],
  [
    'a part further away than any file reaches',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.view.setBigUint64(mapping(s, 0) + ARGUMENT(5), 2n ** 63n, true),
  ],
  [
    'a part that reaches over the next',
    'BAD_VALUE',
    (s) => mapping(s, 1),
    (s) => s.view.setUint32(mapping(s, 0) + ARGUMENT(1), 16 * PAGE, true),
  ],
  [
    'a part that reaches over the launcher',
    'BAD_VALUE',
    (s) => mapping(s, 0),
    (s) => s.view.setBigUint64(mapping(s, 0) + ARGUMENT(1), 2n ** 45n, true),
  ],
  ['a part of a second file', 'BAD_VALUE', (s) => mapping(s, 0), (s) => s.bytes.set([9], mapping(s, 0) + ARGUMENT(4))],
  [
    'a part less',
    'BAD_VALUE',
    ({ enter }) => enter,
    (s) => s.view.setUint16(mapping(s, 1), SYSTEM_CALLS_X86_64.capset, true),
  ],
  [
    'a part that is unmapped again',
    'BAD_VALUE',
    ({ record }) => record('munmap', -1),
    ({ view, record }) => view.setBigUint64(record('munmap', -1) + ARGUMENT(0), BigInt(PARTS), true),
  ],
  [
    'a stack for the handler that is unmapped again',
    'BAD_VALUE',
    ({ record }) => record('munmap', -1),
    ({ view, record }) => view.setBigUint64(record('munmap', -1) + ARGUMENT(0), BigInt(HANDLER_STACK), true),
  ],
  [
    'a part whose protection is changed',
    'BAD_VALUE',
    ({ record }) => record('mprotect', -1),
    ({ view, record }) => view.setBigUint64(record('mprotect', -1) + ARGUMENT(0), BigInt(PARTS), true),
  ],
]

describe('describeLauncher() of a launcher that lies about parts', () => {
  for (const [where, options, lies] of [
    ['in the launcher', EMBEDDED, [...EITHER, ...IN_THE_LAUNCHER]],
    ['in the artefact', MAPPED, [...EITHER, ...IN_THE_ARTEFACT]],
  ] as const) {
    for (const [why, code, offset, edit] of lies) {
      it(`refuses ${why}, ${where}`, () => {
        const spoilt = sample(options)
        const at = offset(spoilt)
        edit(spoilt)
        assert.throws(() => describeBytes(spoilt.bytes), { name: 'FormatError', code, offset: at })
      })
    }
  }

  it('refuses a handler where there is nothing to read', () => {
    const { plan, artefact } = samplePlan([])
    const spoilt = openSample(joinParts(composeSpt(plan, MAPPED), artefact))
    const { bytes, view, record, pointee, enter } = spoilt
    const [at, action] = [record('rt_sigaction', -1), pointee('rt_sigaction', 1, -1)]
    view.setUint32(at + ARGUMENT(0), 31, true)
    view.setBigUint64(action, view.getBigUint64(24, true), true) // the executor, which stays
    view.setUint32(action + 8, HANDLER_FLAGS, true)
    assert.throws(() => describeBytes(bytes), { name: 'FormatError', code: 'BAD_VALUE', offset: enter })
  })

  it('says when other calls are served than usual', () => {
    const { bytes, view } = sample(MAPPED)
    assert.equal(describeBytes(bytes).filter.usual, true)
    const places = Array.from({ length: bytes.length / 8 }, (_, i) => 8 * i)
    const serving = places.find(
      (at) => view.getUint16(at, true) === 0x06 && view.getUint32(at + 4, true) === SECCOMP_RET_TRAP,
    )
    assert.ok(serving !== undefined)
    view.setUint32(serving + 4, SECCOMP_RET_TRAP + 1, true) // the first device reads from the second part
    const { usual, rules } = describeBytes(bytes).filter
    assert.equal(usual, false)
    assert.deepEqual(
      rules.filter(({ reason }) => reason === null).map(({ call, part }) => [call, part]),
      [['pread64', 1]],
    )
  })

  it('throws only FormatError for launchers that are spoilt at random', () => {
    for (const options of [EMBEDDED, MAPPED]) {
      const { bytes, note, enter, entry, boot, pointee, ...rest } = sample(options)
      const next = randomNumbers(20261126)
      const [action, stack] = [pointee('rt_sigaction', 1, -1), pointee('sigaltstack', 0)]
      const places = [24, 64, 64 + 56, 64 + 112, note, boot, boot + 40, entry, enter, action, stack]
      for (let i = 0; i < 80; i++) places.push(enter - 72 * i)
      for (const call of ['mmap', 'sigaltstack', 'rt_sigaction', 'munmap'] as const) places.push(rest.record(call, -1))
      for (let run = 0; run < RUNS; run++) {
        try {
          describeBytes(mutate(bytes, places, next))
        } catch (error) {
          if (!(error instanceof FormatError)) throw new Error(`run ${run}`, { cause: error })
        }
      }
    }
  })
})
