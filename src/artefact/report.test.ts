import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../base/json-text.ts'
import { sourceOf } from '../base/reader.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import type { DeviceDeclaration } from './manifest.ts'
import { parseInspectReport } from './parse-report.ts'
import { identify } from './identify.ts'
import { renderInspect, renderTable } from './render-report.ts'
import { describeFile, type InspectReport, type LookForStarter } from './report.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, sampleArtefact } from './sample.ts'

const DEVICES: DeviceDeclaration[] = [
  { name: 'service', type: 'net' },
  { name: 'storage', type: 'block' },
]
const SERVICE = N.manifest + 24 + 8 + 104

const CLEAN = describe_(sampleArtefact({ devices: DEVICES }))
/** A file that is wrong in many ways and hostile in one: a name that would clear the screen. */
const HOSTILE = describe_(
  spoil(sampleArtefact({ devices: DEVICES }), (v, b) => {
    b.set([0x1b, 0x5b, 0x32, 0x4a, 0x9b, 0x32, 0x4a, 0x0a], SERVICE)
    v.setUint8(SERVICE + 72, 1)
    v.setUint32(phdrAt(H.data, 'p_flags'), 7, true)
    v.setBigUint64(phdrAt(H.bss, 'p_memsz'), 2n ** 64n - 1n, true)
    v.setBigUint64(phdrAt(H.bss, 'p_vaddr'), 2n ** 64n - 1n, true)
    v.setUint32(phdrAt(H.tls, 'p_type'), 0x70000001, true)
  }),
  'a\u001b]0;title\u0007.spt',
)

function describe_(bytes: Uint8Array, file = 'sample.spt'): InspectReport {
  const look: LookForStarter = ({ name }) =>
    name === 'slipway run' ? { here: 'yes', missing: null } : { here: 'no', missing: `no ${name} in PATH` }
  return describeFile(identify(sourceOf(bytes)), { file, size: bytes.length, slipwayVersion: '1.2.3', look })
}

describe('describeArtefact()', () => {
  it('returns what the artefact is and needs', () => {
    const { segments, ...rest } = CLEAN
    assert.deepEqual(rest, {
      schema: 'slipway.inspect',
      schemaVersion: 2,
      slipwayVersion: '1.2.3',
      file: 'sample.spt',
      size: 0x3040,
      family: 'solo5',
      summary: 'Solo5 unikernel',
      target: 'spt',
      abiVersion: 2,
      processor: { id: 62, name: 'x86_64' },
      entry: '0x100020',
      minimumMemory: 2 * 2 ** 20,
      facts: [],
      needs: [{ kind: 'boot protocol', detail: 'Solo5 spt: a process in a seccomp sandbox' }],
      accepts: [
        {
          name: 'command line',
          form: 'at most 8191 bytes',
          detail: 'one string; words that begin with --solo5: come first',
        },
      ],
      startedBy: [
        { name: 'slipway run', how: 'slipway run FILE -- WORDS', here: 'yes', missing: null },
        { name: 'solo5-spt', how: 'solo5-spt FILE -- WORDS', here: 'no', missing: 'no solo5-spt in PATH' },
      ],
      devices: [
        { name: 'service', type: 'net', handle: 1, flag: '--net service=user' },
        { name: 'storage', type: 'block', handle: 2, flag: '--block storage=PATH' },
      ],
      findings: [],
    })
    assert.deepEqual(segments[H.text], {
      index: 1,
      type: 'LOAD',
      permissions: 'r-x',
      address: '0x100000',
      memorySize: '0x40',
      fileSize: '0x40',
    })
    assert.deepEqual(
      segments.map(({ type, permissions }) => `${type} ${permissions}`),
      [
        ['INTERP r--', 'LOAD r-x', 'LOAD r--', 'LOAD rw-', 'LOAD r--', 'TLS ---', 'LOAD rw-'],
        ['NOTE r--', 'NOTE r--', 'NOTE r--'],
      ].flat(),
    )
  })

  it('keeps 64-bit numbers whole and offers no flag for a name that cannot be wired', () => {
    assert.equal(HOSTILE.segments[H.bss]?.memorySize, '0xffffffffffffffff')
    assert.equal(HOSTILE.segments[H.tls]?.type, '0x70000001')
    assert.equal(HOSTILE.minimumMemory, null)
    assert.deepEqual(
      HOSTILE.devices.map(({ flag }) => flag),
      [null, '--block storage=PATH'],
    )
    assert.equal(HOSTILE.findings.filter(({ severity }) => severity === 'refused').length, 4)
  })
})

describe('renderInspect()', () => {
  it('shows a table that people can scan', () => {
    assert.equal(
      renderInspect(CLEAN),
      [
        '"sample.spt": Solo5 unikernel',
        '  target     spt, ABI version 2',
        '  processor  x86_64',
        '  entry      0x100020',
        '  memory     2 MiB at least',
        '  file       12.1 KiB',
        '',
        'segments',
        '  #  type    access  address   memory  in the file',
        '  0  INTERP  r--     0x100000  24 B    24 B',
        '  1  LOAD    r-x     0x100000  64 B    64 B',
        '  2  LOAD    r--     0x101000  404 B   404 B',
        '  3  LOAD    rw-     0x102000  64 B    64 B',
        '  4  LOAD    r--     0x0       0 B     0 B',
        '  5  TLS     ---     0x103000  8 B     0 B',
        '  6  LOAD    rw-     0x103000  18 KiB  0 B',
        '  7  NOTE    r--     0x101000  24 B    24 B',
        '  8  NOTE    r--     0x101018  36 B    36 B',
        '  9  NOTE    r--     0x10103c  344 B   344 B',
        '',
        'devices',
        '  #  type   name       would be wired with',
        '  1  net    "service"  --net service=user',
        '  2  block  "storage"  --block storage=PATH',
        '',
        'needs',
        '  boot protocol  Solo5 spt: a process in a seccomp sandbox',
        '',
        'accepts',
        '  command line  at most 8191 bytes  one string; words that begin with --solo5: come first',
        '',
        'started by',
        '  slipway run  slipway run FILE -- WORDS  here',
        '  solo5-spt    solo5-spt FILE -- WORDS    not here: no solo5-spt in PATH',
        '',
      ].join('\n'),
    )
  })

  it('says that there are no devices', () => {
    assert.match(renderInspect(describe_(sampleArtefact({ devices: [] }))), /\ndevices\n {2}none declared\n\nneeds\n/)
  })

  it('lists the findings, refused ones marked', () => {
    const text = renderInspect(HOSTILE)
    assert.match(
      text,
      /\n {2}refused {2}entry\[1\]\.name at offset \d+ is "\\u001b\[2J\\u009b2J\\n", not 1 to 67 letters/,
    )
    assert.match(
      text,
      /\n {2}refused {2}phdr\[3\]\.p_flags at offset \d+ asks for memory that is writable and executable/,
    )
    assert.match(text, / 0xffffffffffffffff {2}0xffffffffffffffff {2}/)
    assert.match(text, /\n {2}memory +no amount is enough\n/)
  })

  it('writes nothing that a terminal acts on, whatever the file holds', () => {
    assert.match(renderInspect(HOSTILE), /^[\n\x20-\x7e…]*$/)
    assert.match(writeJson(HOSTILE), /^[\n\x20-\x7e]*$/)
  })

  it('sets off headings and findings as the caller says', () => {
    const text = renderInspect(HOSTILE, (format, inner) => `<${format}>${inner}</${format}>`)
    assert.match(text, /^<bold>"a/)
    assert.match(text, /\n<bold>segments<\/bold>\n {2}<dim># {2}type/)
    assert.match(text, /\n {2}target {5}spt/)
    assert.match(text, /\n {2}<red>refused<\/red> {2}entry/)
  })
})

describe('renderTable()', () => {
  it('has a line for each file, with what it needs and how much is odd', () => {
    const text = describe_(new TextEncoder().encode('#!/bin/sh\n'), 'run.sh')
    assert.deepEqual(renderTable([CLEAN, HOSTILE, text]).split('\n'), [
      '  file                         family   target  processor  size      findings      needs',
      '  "sample.spt"                 solo5    spt     x86_64     12.1 KiB  0             net "service", block "storage"',
      `  "a\\u001b]0;title\\u0007.spt"  solo5    spt     x86_64     12.1 KiB  ${HOSTILE.findings.length}, 4 refused  net "\\u001b[2J\\u009b2J\\n", block "storage"`,
      '  "run.sh"                     unknown  -       -          10 B      0             unknown: a script that begins with "#!/bin/sh"',
      '',
    ])
  })
})

describe('renderTable() of many devices', () => {
  it('shows the first three and counts the others', () => {
    const devices = Array.from({ length: 5 }, (_, i) => ({ name: `disk${i}`, type: 'block' }) as const)
    const text = renderTable([describe_(sampleArtefact({ devices }))])
    assert.match(text, / {2}block "disk0", block "disk1", block "disk2" and 2 more\n$/)
  })
})

type Mutable = Record<string, unknown>
type Spoil = (report: Mutable) => void
const first = (report: Mutable, list: string): Mutable => (report[list] as Mutable[])[0] as Mutable

/** Each changes one thing that makes the document wrong for the schema as well as for the parser. */
const spoilers: [why: string, path: (string | number)[], spoil: Spoil][] = [
  ['another schema', ['schema'], (r) => (r['schema'] = 'other')],
  ['schema version 0', ['schemaVersion'], (r) => (r['schemaVersion'] = 0)],
  ['a schema version that is a string', ['schemaVersion'], (r) => (r['schemaVersion'] = '1')],
  ['a version that is none', ['slipwayVersion'], (r) => (r['slipwayVersion'] = 'newest')],
  ['a missing key', [], (r) => delete r['target']],
  ['an unknown key', ['extra'], (r) => (r['extra'] = 1)],
  ['a file name that is a number', ['file'], (r) => (r['file'] = 1)],
  ['a negative size', ['size'], (r) => (r['size'] = -1)],
  ['half a byte', ['size'], (r) => (r['size'] = 0.5)],
  ['another family', ['family'], (r) => (r['family'] = 'windows')],
  ['a Solo5 unikernel without an ABI', ['abiVersion'], (r) => (r['abiVersion'] = null)],
  ['a summary with an escape', ['summary'], (r) => (r['summary'] = '\u001b[2J')],
  ['a fact without a value', ['facts', 0], (r) => (r['facts'] = [{ name: 'format' }])],
  ['a need of an unknown kind', ['needs', 0, 'kind'], (r) => (first(r, 'needs')['kind'] = 'luck')],
  ['a parameter with an escape', ['accepts', 0, 'name'], (r) => (first(r, 'accepts')['name'] = '\u009b')],
  ['a starter that may be here', ['startedBy', 0, 'here'], (r) => (first(r, 'startedBy')['here'] = 'maybe')],
  [
    'a starter here that misses something',
    ['startedBy', 0, 'missing'],
    (r) => (first(r, 'startedBy')['missing'] = 'all'),
  ],
  ['an unknown target', ['target'], (r) => (r['target'] = 'firecracker')],
  ['an ABI version beyond 32 bits', ['abiVersion'], (r) => (r['abiVersion'] = 2 ** 32)],
  ['a Solo5 unikernel without a processor', ['processor'], (r) => (r['processor'] = null)],
  ['a processor without a number', ['processor'], (r) => (r['processor'] = { name: 'x86_64' })],
  ['a processor with an escape', ['processor', 'name'], (r) => (r['processor'] = { id: 1, name: '\u009b2J' })],
  ['an entry that is a number', ['entry'], (r) => (r['entry'] = 1048608)],
  ['an entry with a leading zero', ['entry'], (r) => (r['entry'] = '0x0100020')],
  ['an entry beyond 64 bits', ['entry'], (r) => (r['entry'] = '0x10000000000000000')],
  ['no memory at all', ['minimumMemory'], (r) => (r['minimumMemory'] = 0)],
  ['segments that are no list', ['segments'], (r) => (r['segments'] = {})],
  ['too many segments', ['segments'], (r) => (r['segments'] = Array(1025).fill(first(r, 'segments')))],
  ['a segment beyond the table', ['segments', 0, 'index'], (r) => (first(r, 'segments')['index'] = 1024)],
  [
    'a segment with other permissions',
    ['segments', 0, 'permissions'],
    (r) => (first(r, 'segments')['permissions'] = 'rwxs'),
  ],
  ['a segment of an odd type', ['segments', 0, 'type'], (r) => (first(r, 'segments')['type'] = 'load')],
  ['a segment with an unknown key', ['segments', 0, 'paddr'], (r) => (first(r, 'segments')['paddr'] = '0x0')],
  ['a device of an unknown type', ['devices', 0, 'type'], (r) => (first(r, 'devices')['type'] = 'gpu')],
  ['a device with handle 0', ['devices', 0, 'handle'], (r) => (first(r, 'devices')['handle'] = 0)],
  [
    'a flag that does more',
    ['devices', 0, 'flag'],
    (r) => (first(r, 'devices')['flag'] = '--net service=user; reboot'),
  ],
  ['the flag of another type', ['devices', 0, 'flag'], (r) => (first(r, 'devices')['flag'] = '--block service=PATH')],
  ['a name of 68 letters', ['devices', 0, 'name'], (r) => (first(r, 'devices')['name'] = 'x'.repeat(68))],
  ['a finding without severity', ['findings', 0], (r) => delete first(r, 'findings')['severity']],
  ['a finding with an unknown code', ['findings', 0, 'code'], (r) => (first(r, 'findings')['code'] = 'ODD')],
  ['a message with an escape', ['findings', 0, 'message'], (r) => (first(r, 'findings')['message'] = '\u001b[2J')],
  ['a message with a direction mark', ['findings', 0, 'message'], (r) => (first(r, 'findings')['message'] = '\u202e')],
  [
    'a message with a no-break space',
    ['findings', 0, 'message'],
    (r) => (first(r, 'findings')['message'] = 'a\u00a0b'),
  ],
  ['a field with a line feed', ['findings', 0, 'field'], (r) => (first(r, 'findings')['field'] = 'a\nb')],
]

const schema = JSON.parse(readFileSync(new URL('../../schema/inspect.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)

describe('schema/inspect.schema.json', () => {
  for (const [what, report] of [
    ['a clean report', CLEAN],
    ['a report full of findings', HOSTILE],
  ] as const) {
    it(`agrees with ${what}`, () => {
      assert.ok(validate(JSON.parse(writeJson(report))), JSON.stringify(validate.errors))
    })
  }

  it('names every key of a report', () => {
    assert.deepEqual(Object.keys(schema.properties), [...Object.keys(CLEAN), 'baked', 'launcher'])
    assert.deepEqual(schema.required, Object.keys(CLEAN))
  })

  for (const [why, , spoil] of spoilers) {
    it(`refuses ${why}`, () => {
      const report = JSON.parse(writeJson(HOSTILE)) as Mutable
      ;(report['devices'] as Mutable[]).splice(0, 1, {
        name: 'service',
        type: 'net',
        handle: 1,
        flag: '--net service=user',
      })
      assert.ok(validate(report), 'before it is spoiled')
      spoil(report)
      assert.ok(!validate(report))
    })
  }
})

describe('parseInspectReport()', () => {
  it('returns what was written', () => {
    for (const report of [CLEAN, HOSTILE]) assert.deepEqual(parseInspectReport(writeJson(report), 'f'), report)
  })

  for (const [why, path, spoil] of spoilers) {
    it(`refuses ${why}, and names the place`, () => {
      const report = JSON.parse(writeJson(HOSTILE)) as Mutable
      ;(report['devices'] as Mutable[]).splice(0, 1, {
        name: 'service',
        type: 'net',
        handle: 1,
        flag: '--net service=user',
      })
      spoil(report)
      assert.throws(() => parseInspectReport(JSON.stringify(report), 'saved.json'), {
        name: 'ConfigError',
        file: 'saved.json',
        path,
      })
    })
  }

  it('refuses the flag of another device, which the schema cannot compare', () => {
    const report = { ...CLEAN, devices: [{ ...CLEAN.devices[0], flag: '--net other=user' }] }
    assert.throws(() => parseInspectReport(JSON.stringify(report), 'f'), { path: ['devices', 0, 'flag'] })
    const bad = { ...CLEAN, devices: [{ ...CLEAN.devices[0], name: 'a b', flag: '--net a b=user' }] }
    assert.throws(() => parseInspectReport(JSON.stringify(bad), 'f'), { path: ['devices', 0, 'flag'] })
  })

  it('refuses a newer schema, whatever else is new, and names the version needed', () => {
    const newer = { ...CLEAN, schemaVersion: 3, slipwayVersion: '3.1.0', family: 'windows', news: true }
    assert.throws(() => parseInspectReport(writeJson(newer), 'saved.json'), {
      name: 'ConfigError',
      code: 'NEWER_SCHEMA',
      line: 3,
      column: 20,
      path: ['schemaVersion'],
      advice: 'use Slipway "3.1.0" or newer',
    })
  })

  it('does not repeat a version that is none', () => {
    const newer = { ...CLEAN, schemaVersion: 3, slipwayVersion: '3.1.0; reboot' }
    assert.throws(() => parseInspectReport(writeJson(newer), 'f'), { code: 'BAD_VALUE', path: ['slipwayVersion'] })
  })
})
