import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { declarations } from '../../test/support/declarations.ts'
import { mutate, randomNumbers } from '../../test/support/mutate.ts'
import { FormatError } from '../base/errors.ts'
import { writeJson } from '../base/json-text.ts'
import { sourceOf } from '../base/reader.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import { readArtefact } from './artefact.ts'
import { describeDiff, renderDiff } from './diff-report.ts'
import { diffArtefacts } from './diff.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, type SampleOptions, sampleArtefact } from './sample.ts'

const MIB = 2 ** 20
const NET = { name: 'service', type: 'net' } as const
const BLOCK = { name: 'storage', type: 'block' } as const

type Edit = (view: DataView, bytes: Uint8Array) => void
const artefact = (options: SampleOptions = {}, edit: Edit = () => {}) =>
  readArtefact(sourceOf(spoil(sampleArtefact(options), edit)))
const BASE = artefact()

/** What the second asks for and gives up, each in a word or two. */
function summary(before = BASE, after = BASE): { asks: string[]; gaveUp: string[] } {
  const word = (change: ReturnType<typeof diffArtefacts>['asks'][number]): string => {
    switch (change.aspect) {
      case 'device':
        return `${change.type} ${change.name}`
      case 'access':
        return change.permissions
      case 'finding':
        return change.finding.field
      case 'target':
        return `${change.old.target} ${change.old.abiVersion} to ${change.new.target} ${change.new.abiVersion}`
      case 'processor':
        return `${change.old.name} to ${change.new.name}`
      case 'memory':
      case 'usual memory':
        return `${change.old} to ${change.new}`
      case 'program':
        return change.name
    }
  }
  const { asks, gaveUp } = diffArtefacts(before, after)
  return { asks: asks.map(word), gaveUp: gaveUp.map(word) }
}

describe('diffArtefacts()', () => {
  const execute: Edit = (v) => v.setUint32(phdrAt(H.rodata, 'p_flags'), 5, true)
  const preset: Edit = (v) => v.setUint8(N.manifest + 32 + 104 + 72, 2)

  const cases: [why: string, after: typeof BASE, asks: string[], gaveUp: string[]][] = [
    ['the same file', BASE, [], []],
    ['a device', artefact({ devices: [NET, BLOCK] }), ['block storage'], []],
    ['a device less', artefact({ devices: [] }), [], ['net service']],
    ['another name', artefact({ devices: [{ ...NET, name: 'web' }] }), ['net web'], ['net service']],
    ['another type', artefact({ devices: [{ ...NET, type: 'block' }] }), ['block service'], ['net service']],
    ['more memory', artefact({ bss: 5 * MIB }), [`${2 * MIB} to ${7 * MIB}`], []],
    ['another target', artefact({ target: 'virtio' }), ['spt 2 to virtio 1'], []],
    ['another processor', artefact({ machine: 183 }), ['x86_64 to aarch64'], []],
    ['memory of another kind', artefact({}, (v) => v.setUint32(phdrAt(H.data, 'p_flags'), 4, true)), [], []],
    ['constants that are code', artefact({}, execute), [], ['r--']],
    ['a preset', artefact({}, preset), ['entry[1].u'], []],
    [
      'another version of the contract',
      artefact({}, (v) => v.setUint32(N.abi + 24, 3, true)),
      ['spt 2 to spt 3', 'abi.version'],
      [],
    ],
    ['zeroed memory whatever its flags', artefact({}, (v) => v.setUint32(phdrAt(H.bss, 'p_flags'), 0, true)), [], []],
    [
      'no memory that can be written',
      artefact({}, (v) => {
        v.setUint32(phdrAt(H.data, 'p_flags'), 4, true)
        v.setBigUint64(phdrAt(H.bss, 'p_memsz'), 0n, true)
      }),
      [],
      ['rw-'],
    ],
    [
      'memory that is writable and executable',
      artefact({}, (v) => v.setUint32(phdrAt(H.data, 'p_flags'), 7, true)),
      [`${2 * MIB} to null`, 'rwx', 'phdr[3].p_flags'],
      [],
    ],
  ]
  for (const [why, after, asks, gaveUp] of cases) {
    it(`tells of ${why}`, () => assert.deepEqual(summary(BASE, after), { asks, gaveUp }))
  }

  it('counts less memory as given up, and a permission that nobody has any more', () => {
    const large = artefact({ bss: 5 * MIB }, execute)
    assert.deepEqual(summary(large, BASE), { asks: ['r--'], gaveUp: [`${7 * MIB} to ${2 * MIB}`] })
  })

  it('counts an amount where none was enough as less', () => {
    const broken = artefact({}, (v) => v.setBigUint64(phdrAt(H.data, 'p_align'), 3n, true))
    assert.deepEqual(summary(broken, BASE).gaveUp, [`null to ${2 * MIB}`, 'phdr[3].p_align'])
    assert.deepEqual(summary(BASE, broken).asks, [`${2 * MIB} to null`, 'phdr[3].p_align'])
  })

  it('does not count the order of devices, nor the sizes of segments', () => {
    const other = artefact({ devices: [BLOCK, NET], bss: 0x100 })
    assert.deepEqual(summary(artefact({ devices: [NET, BLOCK] }), other), { asks: [], gaveUp: [] })
  })

  it('does not count the place of what is refused, but another reason', () => {
    const moved = artefact({ devices: [NET], target: 'hvt' }, preset)
    assert.deepEqual(summary(artefact({}, preset), moved).asks, ['spt 2 to hvt 2', '--x'])
  })

  it('counts one refusal for another reason as more', () => {
    const named = (name: string) => artefact({}, (_, b) => b.set(new TextEncoder().encode(name), N.manifest + 32 + 104))
    const diff = summary(named('a-b'), named('c-d'))
    assert.deepEqual(diff.asks, ['net c-dvice', 'entry[1].name'])
    assert.deepEqual(diff.gaveUp, ['net a-bvice', 'entry[1].name'])
  })

  it('lists notices apart', () => {
    const padded = artefact({}, (v) => v.setUint8(N.manifest + 32 + 104 + 97, 1))
    const { asks, noticed } = diffArtefacts(BASE, padded)
    assert.deepEqual([asks, noticed.now.map(({ field }) => field), noticed.before], [[], ['entry[1].padding'], []])
    assert.equal(diffArtefacts(padded, BASE).noticed.before.length, 1)
  })

  it('is the difference of two sets of devices, and the other way round what was asked for is given up', () => {
    fc.assert(
      fc.property(declarations(8), declarations(8), (before, after) => {
        const [a, b] = [artefact({ devices: before }), artefact({ devices: after })]
        const devices = (list: readonly { aspect: string }[]) => list.filter(({ aspect }) => aspect === 'device')
        const there = diffArtefacts(a, b)
        const back = diffArtefacts(b, a)
        assert.deepEqual(devices(there.asks), devices(back.gaveUp))
        assert.deepEqual(devices(there.gaveUp), devices(back.asks))
        const kept = after.length - devices(there.asks).length
        assert.equal(kept, before.length - devices(there.gaveUp).length)
      }),
    )
  })
})

const HOSTILE = artefact({ devices: [BLOCK] }, (_, b) => {
  b.set([0x1b, 0x5b, 0x32, 0x4a, 0x9b, 0x0a], N.manifest + 32 + 104)
})
const named = (file: string, own: typeof BASE) => ({
  file,
  artefact: { own, programs: new Map(), usualMemory: 2 ** 29, problems: [] },
})
const EVERYTHING = describeDiff(
  named(
    'old.spt',
    artefact({ target: 'hvt', machine: 183, bss: 5 * MIB }, (v) => v.setUint8(N.manifest + 32 + 97, 1)),
  ),
  named('new\u001b.spt', HOSTILE),
)

describe('renderDiff()', () => {
  it('has a line for each thing', () => {
    const text = renderDiff(
      describeDiff(named('a.spt', BASE), named('b.spt', artefact({ devices: [BLOCK], bss: 5 * MIB }))),
    )
    assert.equal(
      text,
      [
        '"a.spt" -> "b.spt": asks for more',
        '',
        'asks for',
        '  +  memory  7 MiB at least  was 2 MiB at least',
        '  +  block   "storage"       wired with --block storage=PATH',
        '',
        'gave up',
        '  -  net  "service"  wired with --net service=user',
        '',
      ].join('\n'),
    )
  })

  it('says that there is nothing more', () => {
    assert.equal(renderDiff(describeDiff(named('a', BASE), named('b', BASE))), '"a" -> "b": asks for nothing more\n')
  })

  it('writes nothing that a terminal acts on, whatever the files hold', () => {
    assert.match(renderDiff(EVERYTHING), /^[\n\x20-\x7e]*$/)
    assert.match(renderDiff(EVERYTHING), /\n {2}\+ {2}refused +entry\[1\]\.name is "\\u001b\[2J/)
    assert.match(writeJson(EVERYTHING), /^[\n\x20-\x7e]*$/)
  })

  it('does so for spoiled files too, as long as they can be decoded', { timeout: 60_000 }, () => {
    const next = randomNumbers(20_261_121)
    const places = [
      24,
      ...Object.values(H).map((index) => phdrAt(index, 'p_type')),
      N.abi,
      N.manifest,
      N.manifest + 136,
    ]
    const samples = [sampleArtefact(), sampleArtefact({ target: 'hvt', devices: [NET, BLOCK] })]
    let compared = 0
    for (let run = 0; run < 5_000; run++) {
      const spoiled = mutate(samples[run % 2] as Uint8Array, places, next)
      const artefact = decodedOr(spoiled)
      if (artefact === undefined) continue
      compared++
      const text = renderDiff(describeDiff(named('a', BASE), named('b', artefact)))
      assert.doesNotMatch(text, /[^\n\x20-\x7e\xa1-\xff…]|\xad/, `run ${run}`)
    }
    assert.ok(compared > 500, `${compared}`)
  })
})

function decodedOr(bytes: Uint8Array): typeof BASE | undefined {
  try {
    return readArtefact(sourceOf(bytes))
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

describe('schema/diff.schema.json', () => {
  const schema = JSON.parse(readFileSync(new URL('../../schema/diff.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)
  const check = (report: unknown): boolean => validate(JSON.parse(writeJson(report)))

  it('agrees with reports of everything and of nothing', () => {
    assert.ok(EVERYTHING.asks.length > 2 && EVERYTHING.gaveUp.length > 1 && EVERYTHING.noticed.before.length === 1)
    const preset = artefact({}, (v) => v.setUint32(phdrAt(H.data, 'p_flags'), 7, true))
    for (const report of [
      EVERYTHING,
      describeDiff(named('a', BASE), named('b', BASE)),
      describeDiff(named('a', BASE), named('b', preset)),
    ]) {
      assert.ok(check(report), JSON.stringify(validate.errors))
    }
  })

  it('names every key of a report', () =>
    assert.deepEqual(schema.required.toSorted(), Object.keys(EVERYTHING).toSorted()))

  for (const [why, change] of [
    ['another schema', { schema: 'other' }],
    ['a newer version', { schemaVersion: 2 }],
    ['an unknown key', { extra: 1 }],
    ['an unknown aspect', { asks: [{ aspect: 'clock' }] }],
    ['a device without a name', { asks: [{ aspect: 'device', type: 'net' }] }],
    ['permissions that are none', { gaveUp: [{ aspect: 'access', permissions: 'all' }] }],
    ['memory in words', { asks: [{ aspect: 'memory', old: 1, new: '2 MiB' }] }],
    [
      'a message with an escape',
      { noticed: { now: [{ ...EVERYTHING.noticed.before[0], message: '\u001b' }], before: [] } },
    ],
  ] as const) {
    it(`refuses ${why}`, () => assert.ok(!check({ ...EVERYTHING, ...change })))
  }
})
