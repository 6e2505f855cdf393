import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../base/json-text.ts'
import { sourceOf } from '../base/reader.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import { readArtefact } from './artefact.ts'
import { originalOf } from './bake.ts'
import { readBaked } from './baked.ts'
import { ascii, BAKED_NOTE_LEAD, BAKED_RECORD, descriptorSize } from './baked-format.ts'
import { countReads } from './fuzz.ts'
import { identify } from './identify.ts'
import { parseInspectReport } from './parse-report.ts'
import { renderInspect, renderTable } from './render-report.ts'
import { describeFile, type InspectReport } from './report.ts'
import { SAMPLE_HEADERS, SAMPLE_NOTES, sampleArtefact } from './sample.ts'
import { sampleBaked, type SamplePart } from './sample-baked.ts'
import { SAMPLES } from './samples.ts'

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const NET = { name: 'service', type: 'net' } as const
const BLOCK = { name: 'storage', type: 'block' } as const
const PROGRAM = sampleArtefact({ devices: [NET, BLOCK] })
const WORKER = sampleArtefact({ devices: [BLOCK] })
const CONFIG: SamplePart = { kind: 'config', bytes: ascii('{}') }
const FILES: SamplePart = { kind: 'files', name: 'storage', format: 'tar', bytes: ascii('x') }
const worker = (bytes: Uint8Array, name = 'worker'): SamplePart => ({ kind: 'program', name, bytes })

const bake = (...parts: readonly SamplePart[]): Uint8Array =>
  sampleBaked(PROGRAM, { parts, program: parts.some(({ kind }) => kind === 'program') ? 'shop' : '', digest })
function look(bytes: Uint8Array): InspectReport {
  return describeFile(identify(sourceOf(bytes)), { file: 'shop.spt', size: bytes.length, slipwayVersion: '1.2.3' })
}
const odd = ({ findings }: InspectReport): string[] =>
  findings.map(({ severity, code, field, offset }) => `${severity} ${code} ${field} ${offset}`)

const SHOP = bake(CONFIG, worker(WORKER), FILES)
const REPORT = look(SHOP)
/** Where a field of a part's record lies. */
function record(bytes: Uint8Array, part: number, field: keyof typeof BAKED_RECORD): number {
  const { note } = readBaked(sourceOf(bytes))!
  return note.offset + BAKED_NOTE_LEAD + descriptorSize(part) + BAKED_RECORD[field]
}

describe('inspecting what is baked in', () => {
  it('returns every part, and what each program is', () => {
    const page = new Uint8Array(4096)
    page[0] = 0x78
    assert.deepEqual(REPORT.findings, [])
    assert.deepEqual(REPORT.baked, {
      program: 'shop',
      originalSize: PROGRAM.length,
      parts: [
        { kind: 'config', name: null, format: null, offset: 0x5000, length: 2, digest: digest(ascii('{}')) },
        {
          kind: 'program',
          name: 'worker',
          format: null,
          offset: 0x6000,
          length: WORKER.length,
          digest: digest(WORKER),
          contents: {
            family: 'solo5',
            summary: 'Solo5 unikernel',
            target: 'spt',
            processor: 'x86_64',
            devices: [BLOCK],
          },
        },
        { kind: 'files', name: 'storage', format: 'tar', offset: 0xa000, length: 4096, digest: digest(page) },
      ],
    })
    assert.deepEqual(
      REPORT.devices.map(({ flag }) => flag),
      ['--net service=user', '--block storage=baked:'],
    )
  })

  for (const [family, [sample = new Uint8Array()]] of SAMPLES) {
    it(`knows a file of the family ${family} as before`, () => {
      const baked = sampleBaked(sample, { parts: [CONFIG] })
      const [before, after] = [look(sample), look(baked)]
      assert.deepEqual(
        after.baked?.parts.map(({ kind }) => kind),
        ['config'],
      )
      assert.equal(after.baked?.originalSize, sample.length)
      assert.deepEqual([after.family, after.target, after.needs], [before.family, before.target, before.needs])
      assert.deepEqual(odd(after).length, odd(before).length)
    })
  }

  it('goes on where the note is damaged, and refuses the file', () => {
    const at = record(SHOP, 2, 'offset')
    const report = look(spoil(SHOP, (v) => v.setBigUint64(at, 0n, true)))
    assert.deepEqual(odd(report), [`refused BAD_VALUE baked.part[2].offset ${at}`])
    assert.deepEqual(
      [report.baked, report.devices.length, report.devices[1]?.flag],
      [undefined, 2, '--block storage=PATH'],
    )
    const [, [kernel = new Uint8Array()] = []] = [...SAMPLES].find(([family]) => family === 'linux') ?? []
    const trailed = sampleBaked(kernel, { parts: [CONFIG] })
    const lying = spoil(trailed, (v) => v.setBigUint64(trailed.length - 16, 2n ** 53n, true))
    assert.deepEqual(
      [look(lying).family, odd(look(lying)).at(-1)],
      ['linux', `refused BAD_VALUE trailer.offset ${lying.length - 16}`],
    )
  })

  it('refuses files for a disk that no program declares', () => {
    const stray: SamplePart = { kind: 'files', name: 'service', bytes: ascii('x') }
    for (const bytes of [bake(stray), bake(stray, worker(WORKER))]) {
      const part = readBaked(sourceOf(bytes))?.parts.findIndex(({ kind }) => kind === 'files') ?? 0
      assert.deepEqual(odd(look(bytes)), [`refused BAD_VALUE baked.part[${part}].name ${record(bytes, part, 'name')}`])
    }
    assert.equal(readArtefact(sourceOf(bake(stray))).findings.length, 1)
    assert.deepEqual(odd(look(bake({ ...stray, name: 'storage' }, worker(WORKER)))), [])
    assert.deepEqual(odd(look(sampleBaked(WORKER, { parts: [worker(PROGRAM), stray], program: 'a' }))).length, 1)
    const declared = sampleArtefact({ devices: [{ name: 'other', type: 'block' }] })
    assert.deepEqual(odd(look(bake({ ...stray, name: 'other' }, worker(declared)))), [])
  })

  it('tells what is wrong with a program, at its place in the file', () => {
    const preset = spoil(WORKER, (v) => v.setUint8(SAMPLE_NOTES.manifest + 24 + 8 + 104 + 72, 1))
    const bytes = bake(worker(preset), FILES)
    const place = 0x5000 + SAMPLE_NOTES.manifest + 24 + 8 + 104 + 72
    assert.deepEqual(odd(look(bytes)), [`refused BAD_VALUE baked.part[0] entry[1].u ${place}`])
    const cut = bake(worker(WORKER.subarray(0, 100)), FILES)
    assert.deepEqual(odd(look(cut)), [`refused TRUNCATED baked.part[0] e_phoff ${0x5000 + 32}`])
    const [program] = look(cut).baked?.parts ?? []
    assert.equal(program?.kind === 'program' && program.contents, null)
  })

  it('tells no more than a few things about each program', () => {
    const devices = Array.from({ length: 20 }, (_, i) => ({ name: `d${i}`, type: 'net' }) as const)
    const presets = spoil(sampleArtefact({ devices }), (v) => {
      for (let i = 1; i <= 20; i++) v.setUint8(SAMPLE_NOTES.manifest + 24 + 8 + i * 104 + 72, 1)
    })
    const bytes = bake(worker(presets), FILES)
    const lines = odd(look(bytes))
    assert.deepEqual([lines.length, lines.at(-1)], [9, `refused LIMIT baked.part[0] ${record(bytes, 0, 'name')}`])
    const padded = spoil(sampleArtefact({ devices }), (v) => {
      for (let i = 1; i <= 20; i++) v.setUint8(SAMPLE_NOTES.manifest + 24 + 8 + i * 104 + 97, 1)
    })
    assert.match(odd(look(bake(worker(padded), FILES))).at(-1) ?? '', /^notice LIMIT/)
  })

  it('does not look for parts in a program, and says that nobody does', () => {
    const report = look(bake(worker(bake(worker(WORKER), FILES)), FILES))
    assert.deepEqual(odd(report), ['notice UNSUPPORTED baked.part[0] 20480'])
    assert.deepEqual(report.baked?.parts.length, 2)
  })

  it('takes a program of another family for what it is', () => {
    const [, [kernel = new Uint8Array()] = []] = [...SAMPLES].find(([family]) => family === 'unikraft') ?? []
    const [part] = look(bake(worker(kernel))).baked?.parts ?? []
    assert.equal(part?.kind === 'program' && part.contents?.summary, 'Unikraft unikernel')
  })

  it('reads little, however much is baked in', () => {
    const source = sourceOf(bake(CONFIG, worker(WORKER), { ...FILES, bytes: new Uint8Array(2 ** 20) }))
    const counted = countReads(source)
    identify(counted.source)
    assert.ok(counted.total() < 16384, `${counted.total()}`)
  })

  it('shows nothing of a file that is stripped', () => {
    const source = sourceOf(SHOP)
    assert.deepEqual(
      look(Uint8Array.from(originalOf(source, readBaked(source)!).readAt(0, PROGRAM.length))),
      look(PROGRAM),
    )
  })
})

describe('renderInspect() of what is baked in', () => {
  it('shows tables that people can scan', () => {
    const text = renderInspect(REPORT)
    const short = [ascii('{}'), WORKER, SHOP.subarray(0xa000, 0xb000)].map((bytes) => digest(bytes).slice(0, 12))
    assert.ok(
      text.includes(
        [
          'devices',
          '  #  type   name       would be wired with',
          '  1  net    "service"  --net service=user',
          '  2  block  "storage"  nothing: it is baked in',
          '',
          'baked in',
          '  kind     name       format  size      at     sha-256',
          `  config   -          -       2 B       20480  ${short[0]}`,
          `  program  "worker"   -       12.1 KiB  24576  ${short[1]}`,
          `  files    "storage"  tar     4 KiB     40960  ${short[2]}`,
          '',
          'programs',
          '  program   is               target  processor  devices',
          '  "shop"    Solo5 unikernel  spt     x86_64     net "service", block "storage"',
          '  "worker"  Solo5 unikernel  spt     x86_64     block "storage"',
          '',
        ].join('\n'),
      ),
      text,
    )
    assert.match(text, /\n {2}file +44 KiB, 12\.1 KiB without what is baked in\n/)
  })

  it('has no table of programs where there is one, and says of one that cannot be read', () => {
    assert.doesNotMatch(renderInspect(look(bake(FILES))), /\nprograms\n/)
    const text = renderInspect(look(bake(worker(ascii('\x7fELF')), FILES)))
    assert.match(text, /\n {2}"worker" {2}cannot be read {3}- +- +-\n/)
  })

  it('writes nothing that a terminal acts on', () => {
    const hostile = spoil(WORKER, (_, b) => b.set([0x1b, 0x5b, 0x9b, 0x0a], SAMPLE_NOTES.manifest + 24 + 8 + 104))
    const report = look(bake(worker(hostile), FILES))
    assert.match(renderInspect(report), /^[\n\x20-\x7e]*$/)
    assert.match(renderInspect(report), /block "\\u001b\[\\u009b\\n/)
    assert.match(writeJson(report), /^[\n\x20-\x7e]*$/)
  })
})

describe('renderTable() of what is baked in', () => {
  it('names only what has to be wired', () => {
    assert.match(renderTable([REPORT]), / {2}0 {9}net "service"\n$/)
    assert.match(
      renderTable([look(sampleBaked(WORKER, { parts: [FILES] }))]),
      / {2}Solo5 spt: a process in a seccomp sandbox\n$/,
    )
  })
})

type Mutable = Record<string, unknown>
const DAMAGED = look(
  bake(CONFIG, worker(ascii('\x7fELF')), FILES, { kind: 'rumpconfig', name: 'storage', bytes: ascii('{}') }),
)

/** What makes the document wrong for the schema as well as for the parser. Parts: a document, a program, files. */
const spoilers: [why: string, path: (string | number)[], spoil: (baked: Mutable, parts: Mutable[]) => void][] = [
  ['an unknown key', ['extra'], (baked) => (baked['extra'] = 1)],
  ['a missing size', [], (baked) => delete baked['originalSize']],
  ['a program’s name that is a path', ['program'], (baked) => (baked['program'] = 'a/b')],
  ['parts that are none', ['parts'], (baked) => (baked['parts'] = [])],
  ['too many parts', ['parts'], (baked, parts) => (baked['parts'] = Array(129).fill(parts[0]))],
  ['an unknown kind', ['parts', 0, 'kind'], (_, parts) => (parts[0]!['kind'] = 'secret')],
  ['a document with a name', ['parts', 0, 'name'], (_, parts) => (parts[0]!['name'] = 'a')],
  ['a document with a format', ['parts', 0, 'format'], (_, parts) => (parts[0]!['format'] = 'tar')],
  ['a document that is a program', ['parts', 0, 'contents'], (_, parts) => (parts[0]!['contents'] = null)],
  ['a part of nothing', ['parts', 0, 'length'], (_, parts) => (parts[0]!['length'] = 0)],
  ['a part before the file', ['parts', 0, 'offset'], (_, parts) => (parts[0]!['offset'] = -1)],
  ['a digest that is none', ['parts', 0, 'digest'], (_, parts) => (parts[0]!['digest'] = 'A'.repeat(64))],
  ['a program without contents', ['parts', 1], (_, parts) => delete parts[1]!['contents']],
  ['a program without a name', ['parts', 1, 'name'], (_, parts) => (parts[1]!['name'] = null)],
  [
    'a program with an escape',
    ['parts', 1, 'contents', 'summary'],
    (_, parts) => (contents(parts)['summary'] = '\u009b'),
  ],
  ['a program of no family', ['parts', 1, 'contents', 'family'], (_, parts) => (contents(parts)['family'] = 'x')],
  [
    'a device of no type',
    ['parts', 1, 'contents', 'devices', 0, 'type'],
    (_, parts) => (device(parts)['type'] = 'gpu'),
  ],
  [
    'a device with a key more',
    ['parts', 1, 'contents', 'devices', 0, 'flag'],
    (_, parts) => (device(parts)['flag'] = 1),
  ],
  ['files without a device', ['parts', 2, 'name'], (_, parts) => (parts[2]!['name'] = null)],
  ['files for a device with a dash', ['parts', 2, 'name'], (_, parts) => (parts[2]!['name'] = 'a-b')],
  ['files of no format', ['parts', 2, 'format'], (_, parts) => (parts[2]!['format'] = 'zip')],
]
const contents = (parts: Mutable[]): Mutable => parts[1]!['contents'] as Mutable
const device = (parts: Mutable[]): Mutable => (contents(parts)['devices'] as Mutable[])[0]!

function spoiled(spoil: (baked: Mutable, parts: Mutable[]) => void): Mutable {
  const report = JSON.parse(writeJson(REPORT)) as Mutable
  const baked = report['baked'] as Mutable
  spoil(baked, baked['parts'] as Mutable[])
  return report
}

describe('schema/inspect.schema.json, about what is baked in', () => {
  const schema = JSON.parse(readFileSync(new URL('../../schema/inspect.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

  it('agrees with reports', () => {
    for (const report of [REPORT, DAMAGED, look(bake(FILES))])
      assert.ok(validate(JSON.parse(writeJson(report))), JSON.stringify(validate.errors))
  })

  for (const [why, , spoil] of spoilers) {
    it(`refuses ${why}`, () => assert.ok(!validate(spoiled(spoil))))
  }
})

describe('parseInspectReport() of what is baked in', () => {
  it('returns what was written', () => {
    for (const report of [REPORT, DAMAGED]) assert.deepEqual(parseInspectReport(writeJson(report), 'f'), report)
  })

  for (const [why, path, spoil] of spoilers) {
    it(`refuses ${why}, and names the place`, () => {
      const expected = { name: 'ConfigError', file: 'saved.json', path: ['baked', ...path] }
      assert.throws(() => parseInspectReport(JSON.stringify(spoiled(spoil)), 'saved.json'), expected)
    })
  }
})

describe('readArtefact()', () => {
  it('refuses a damaged note, since what is to be run depends on it', () => {
    const at = record(SHOP, 2, 'offset')
    const expected = { name: 'FormatError', code: 'BAD_VALUE', field: 'baked.part[2].offset', offset: at }
    assert.throws(() => readArtefact(sourceOf(spoil(SHOP, (v) => v.setBigUint64(at, 0n, true)))), expected)
  })

  it('says first what is wrong with the program', () => {
    const both = spoil(SHOP, (v) => {
      v.setBigUint64(record(SHOP, 2, 'offset'), 0n, true)
      v.setUint32(SAMPLE_NOTES.abi + 20, 9, true)
    })
    assert.throws(() => readArtefact(sourceOf(both)), { code: 'UNSUPPORTED', field: 'abi.target' })
  })

  it('sees a second note', () => {
    const { note } = readBaked(sourceOf(SHOP))!
    const longer = Uint8Array.from({ length: SHOP.length + note.size }, (_, i) => SHOP[i] ?? 0)
    const twice = spoil(longer, (v, b) => {
      b.copyWithin(SHOP.length, note.offset, note.offset + note.size)
      const header = 0x4000 - 64 + phdrAt(SAMPLE_HEADERS.openbsd, 'p_type')
      v.setBigUint64(header + 8, BigInt(SHOP.length), true)
      v.setBigUint64(header + 32, BigInt(note.size), true)
    })
    const expected = { code: 'BAD_VALUE', field: 'phdr[10] note 0', offset: note.offset }
    assert.throws(() => readArtefact(sourceOf(twice)), expected)
  })
})
