import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../base/json-text.ts'
import { sourceOf } from '../base/reader.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import { readBaked } from './baked.ts'
import { ascii } from './baked-format.ts'
import { describeDiff, type DiffReport, renderDiff } from './diff-report.ts'
import type { Change } from './diff.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, sampleArtefact } from './sample.ts'
import { sampleBaked, type SamplePart } from './sample-baked.ts'
import { readWholeArtefact } from './whole-artefact.ts'

const MIB = 2 ** 20
const USUAL = 512 * MIB
const NET = { name: 'service', type: 'net' } as const
const BLOCK = { name: 'storage', type: 'block' } as const
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const PROGRAM = sampleArtefact({ devices: [NET, BLOCK] })
const WORKER = sampleArtefact({ devices: [NET] })
const config = (text: string): SamplePart => ({ kind: 'config', bytes: ascii(text) })
const files = (text: string, more: Partial<SamplePart> = {}): SamplePart => ({
  kind: 'files',
  name: 'storage',
  format: 'tar',
  bytes: ascii(text),
  ...more,
})
const worker = (bytes: Uint8Array, name = 'worker'): SamplePart => ({ kind: 'program', name, bytes })

/** Without parts the program as it is. */
function artefact(parts: readonly SamplePart[] = [], own = PROGRAM, name = 'shop'): Uint8Array {
  const program = parts.some(({ kind }) => kind === 'program') ? name : ''
  return parts.length === 0 ? own : sampleBaked(own, { parts, program, digest })
}
function diff(before: Uint8Array, after: Uint8Array): DiffReport {
  const whole = (file: string, bytes: Uint8Array) => ({ file, artefact: readWholeArtefact(sourceOf(bytes), USUAL) })
  return describeDiff(whole('old.spt', before), whole('new.spt', after))
}
function word(change: Change): string {
  const words = wordOf(change)
  return change.program === undefined ? words : `${change.program}: ${words}`
}
function wordOf(change: Change): string {
  switch (change.aspect) {
    case 'device':
      return `${change.type} ${change.name}`
    case 'program':
      return `program ${change.name}`
    case 'access':
      return change.permissions
    case 'finding':
      return `${change.finding.field} ${change.finding.offset}`
    case 'memory':
    case 'usual memory':
      return `${change.aspect} ${change.old} to ${change.new}`
    case 'target':
    case 'processor':
      return change.aspect
  }
}
const summary = ({ asks, gaveUp }: DiffReport): [string[], string[]] => [asks.map(word), gaveUp.map(word)]

describe('diffWhole() of what is baked in', () => {
  const cases: [why: string, before: Uint8Array, after: Uint8Array, asks: string[], gaveUp: string[]][] = [
    ['files where there were none', artefact(), artefact([files('a')]), [], ['block storage']],
    ['no files any more', artefact([files('a')]), artefact(), ['block storage'], []],
    ['other files', artefact([files('a')]), artefact([files('b')]), [], []],
    ['a document', artefact(), artefact([config('{ "hostname": "a" }')]), [], []],
    ['another document', artefact([config('{}')]), artefact([config('{ "env": { "A": "1" } }')]), [], []],
    [
      'a document that wants more memory',
      artefact(),
      artefact([config('{ "memory": "1G" }')]),
      [`usual memory ${USUAL} to ${1024 * MIB}`],
      [],
    ],
    [
      'one that wants less',
      artefact([config('{ "memory": "1G" }')]),
      artefact([config('{ "memory": "64M" }')]),
      [],
      [`usual memory ${1024 * MIB} to ${64 * MIB}`],
    ],
    ['as much as everybody gets', artefact(), artefact([config('{ "memory": "512M" }')]), [], []],
    ['one more program', artefact(), artefact([worker(WORKER)]), ['program worker'], []],
    ['a program less', artefact([worker(WORKER)]), artefact([files('a')]), [], ['block storage', 'program worker']],
    ['another name', artefact([worker(WORKER)]), artefact([worker(WORKER, 'b')]), ['program b'], ['program worker']],
    [
      'a device of one of the programs',
      artefact([worker(WORKER)]),
      artefact([worker(sampleArtefact({ devices: [NET, { name: 'backup', type: 'block' }] }))]),
      ['worker: block backup'],
      [],
    ],
    [
      'a device that files are baked in for',
      artefact([worker(WORKER), files('a')]),
      artefact([worker(PROGRAM), files('a')]),
      [],
      [],
    ],
    [
      'memory of one of the programs',
      artefact([worker(sampleArtefact({ devices: [NET], bss: 5 * MIB }))]),
      artefact([worker(WORKER)]),
      [],
      [`worker: memory ${7 * MIB} to ${2 * MIB}`],
    ],
    [
      'programs that have changed places',
      artefact([worker(WORKER)], PROGRAM, 'shop'),
      artefact([worker(PROGRAM, 'shop')], PROGRAM, 'worker'),
      [],
      [],
    ],
  ]
  for (const [why, before, after, asks, gaveUp] of cases) {
    it(`tells of ${why}`, () => {
      const report = diff(before, after)
      assert.deepEqual(summary(report), [asks, gaveUp])
      assert.equal(report.asksForMore, asks.length > 0)
    })
  }

  it('counts what a run refuses in one of the programs', () => {
    const preset = spoil(WORKER, (v) => v.setUint8(N.manifest + 24 + 8 + 104 + 72, 1))
    const place = N.manifest + 24 + 8 + 104 + 72 // in the program, as a run says it
    assert.deepEqual(summary(diff(artefact([worker(WORKER)]), artefact([worker(preset)])))[0], [
      `worker: entry[1].u ${place}`,
    ])
    const code = spoil(WORKER, (v) => v.setUint32(phdrAt(H.rodata, 'p_flags'), 5, true))
    assert.deepEqual(summary(diff(artefact([worker(WORKER)]), artefact([worker(code)]))), [[], ['worker: r--']])
  })

  it('counts what cannot be read: a program, a document', () => {
    const cut = artefact([worker(WORKER.subarray(0, 100))])
    assert.deepEqual(summary(diff(artefact([worker(WORKER)]), cut)), [
      [`baked.part[0] e_phoff ${0x5000 + 32}`],
      ['program worker'],
    ])
    assert.deepEqual(summary(diff(cut, cut)), [[], []])
    for (const text of ['{ "memory": ', '{ "env": { "A": { "$secret": "env:A" } } }']) {
      assert.deepEqual(summary(diff(artefact(), artefact([config(text)])))[0], ['baked configuration 20480'])
    }
  })

  it('reads the document of an image before the artefact’s own', () => {
    const own = [files('a'), { kind: 'rumpconfig', name: 'storage', bytes: ascii('{ "memory": "1G" }') } as const]
    assert.deepEqual(summary(diff(artefact([files('a')]), artefact(own)))[0], [
      `usual memory ${USUAL} to ${1024 * MIB}`,
    ])
    const both = artefact([config('{ "memory": "512M" }'), ...own])
    assert.deepEqual(summary(diff(artefact([files('a')]), both)), [[], []])
  })

  it('lists parts that came, went and changed, whatever their places', () => {
    const before = artefact([config('{}'), worker(WORKER), files('a')])
    const after = artefact([worker(WORKER), files('longer'.repeat(1000)), { ...files('x'), name: 'other' }])
    const { baked } = diff(before, after)
    const part = (kind: string, name: string | null, bytes: string, length: number) => {
      const padded = new Uint8Array(length)
      padded.set(ascii(bytes))
      return { kind, name, format: kind === 'files' ? 'tar' : null, length, digest: digest(padded) }
    }
    assert.deepEqual(baked, {
      added: [part('files', 'other', 'x', 4096)],
      removed: [part('config', null, '{}', 2)],
      changed: [
        {
          old: part('files', 'storage', 'a', 4096),
          new: part('files', 'storage', 'longer'.repeat(1000), 8192),
        },
      ],
    })
    assert.notDeepEqual(
      readBaked(sourceOf(before))?.parts.map(({ offset }) => offset),
      readBaked(sourceOf(after))?.parts.map(({ offset }) => offset),
    )
  })

  it('takes another format for a change, and says nothing where nothing is baked in', () => {
    const other = diff(artefact([files('a')]), artefact([files('a', { format: 'cpio' })]))
    assert.equal(other.baked?.changed.length, 1)
    assert.equal(diff(artefact(), artefact()).baked, undefined)
    assert.deepEqual(diff(artefact([files('a')]), artefact([files('a')])).baked, {
      added: [],
      removed: [],
      changed: [],
    })
  })
})

const EVERYTHING = diff(
  artefact([worker(sampleArtefact({ devices: [NET], bss: 5 * MIB })), files('a'), worker(WORKER, 'gone')]),
  artefact([
    config('{ "memory": "1G" }'),
    worker(sampleArtefact({ devices: [NET, { name: 'backup', type: 'block' }] })),
    worker(sampleArtefact({ devices: [] }), 'admin'),
    worker(WORKER.subarray(0, 100), 'cut'),
    files('b'),
  ]),
)

describe('renderDiff() of what is baked in', () => {
  it('has a line for each thing', () => {
    assert.equal(
      renderDiff(EVERYTHING),
      [
        '"old.spt" -> "new.spt": asks for more',
        '',
        'asks for',
        '  +  memory   1 GiB unless --mem says otherwise  was 512 MiB',
        '  +  program  "admin"                            2 MiB at least',
        '  +  block    "backup"                           wired with --block backup=PATH  in the program "worker"',
        '  +  refused  baked.part[3] e_phoff is 64, and 560 bytes from there do not lie in a file of 100',
        '',
        'gave up',
        '  -  program  "gone"          2 MiB at least, net "service"',
        '  -  memory   2 MiB at least  was 7 MiB at least  in the program "worker"',
        '',
        'baked in',
        '  +  config   -          -    18 B',
        '  +  program  "admin"    -    12.1 KiB',
        '  +  program  "cut"      -    100 B',
        '  -  program  "gone"     -    12.1 KiB',
        '  ~  program  "worker"   -    12.1 KiB  other contents',
        '  ~  files    "storage"  tar  4 KiB     other contents',
        '',
      ].join('\n'),
    )
  })

  it('says that nothing more is asked for where only contents are others', () => {
    const text = renderDiff(diff(artefact([files('a')]), artefact([files('b'.repeat(5000))])))
    assert.equal(
      text,
      [
        '"old.spt" -> "new.spt": asks for nothing more',
        '',
        'baked in',
        '  ~  files  "storage"  tar  8 KiB  was 4 KiB',
        '',
      ].join('\n'),
    )
    const format = diff(artefact([files('a')]), artefact([files('a', { format: null })]))
    assert.match(renderDiff(format), /\n {2}~ {2}files {2}"storage" {2}- {2}4 KiB {2}was tar, 4 KiB\n$/)
  })

  it('writes nothing that a terminal acts on, whatever the programs hold', () => {
    const hostile = spoil(WORKER, (_, b) => b.set([0x1b, 0x5b, 0x9b, 0x0a], N.manifest + 24 + 8 + 104))
    const report = diff(artefact([files('a')]), artefact([files('a'), worker(hostile)]))
    assert.match(renderDiff(report), /^[\n\x20-\x7e]*$/)
    assert.match(renderDiff(report), /net "\\u001b\[\\u009b\\n/)
    const document = diff(artefact(), artefact([config('{ "a\u001b]0;x\u0007": 1 }')]))
    assert.match(renderDiff(document), /^[\n\x20-\x7e]*$/)
    assert.match(writeJson(document), /^[\n\x20-\x7e]*$/)
  })
})

describe('schema/diff.schema.json, about what is baked in', () => {
  const schema = JSON.parse(readFileSync(new URL('../../schema/diff.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)
  const check = (report: unknown): boolean => validate(JSON.parse(writeJson(report)))

  it('agrees with reports', () => {
    for (const report of [EVERYTHING, diff(artefact([files('a')]), artefact())])
      assert.ok(check(report), JSON.stringify(validate.errors))
  })

  const part = EVERYTHING.baked?.added[0]
  for (const [why, change] of [
    ['parts that are none', { baked: {} }],
    ['a part with a place', { baked: { added: [{ ...part, offset: 1 }], removed: [], changed: [] } }],
    ['a part of an unknown kind', { baked: { added: [{ ...part, kind: 'x' }], removed: [], changed: [] } }],
    ['a change without what was', { baked: { added: [], removed: [], changed: [{ new: part }] } }],
    ['a program without devices', { asks: [{ aspect: 'program', name: 'a', memory: 1 }] }],
    ['a program with an escape', { asks: [{ aspect: 'access', permissions: 'r--', program: '\u001b' }] }],
    ['usual memory that is none', { asks: [{ aspect: 'usual memory', old: null, new: 1 }] }],
  ] as const) {
    it(`refuses ${why}`, () => assert.ok(!check({ ...EVERYTHING, ...change })))
  }
})
