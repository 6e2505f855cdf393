import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../base/json-text.ts'
import { sourceOf } from '../base/reader.ts'
import { phdrAt, spoil } from '../elf/sample.ts'
import { checkArtefact, checkManifestSource, renderManifest, showManifest } from './manifest-report.ts'
import { SAMPLE_HEADERS as H, SAMPLE_NOTES as N, sampleArtefact } from './sample.ts'

const SAMPLE = sampleArtefact()
const NAME = N.manifest + 32 + 104
const HOSTILE = spoil(SAMPLE, (v, b) => {
  b.set([0x1b, 0x5b, 0x32, 0x4a, 0x9b, 0x0a], NAME)
  v.setUint8(NAME + 72, 2)
  v.setUint8(NAME + 97, 1)
})

describe('showManifest()', () => {
  it('returns the devices with the flags that wire them', () => {
    const { form, accepted, devices, findings } = showManifest(sourceOf(SAMPLE), 'a.spt')
    assert.deepEqual([form, accepted, findings], ['elf', true, []])
    assert.deepEqual(devices, [{ name: 'service', type: 'net', handle: 1, flag: '--net service=user' }])
  })

  it('looks at nothing else, and needs no ABI note', () => {
    const odd = spoil(SAMPLE, (v) => {
      v.setUint32(N.abi + 8, 7, true)
      v.setUint32(phdrAt(H.data, 'p_flags'), 7, true)
    })
    assert.ok(showManifest(sourceOf(odd), 'a').accepted)
  })

  it('lists what is odd about the manifest', () => {
    const { accepted, devices, findings } = showManifest(sourceOf(HOSTILE), 'a')
    assert.deepEqual([accepted, devices[0]?.flag], [false, null])
    assert.deepEqual(
      findings.map(({ severity, code, place }) => [severity, code, place]),
      [
        ['refused', 'BAD_VALUE', { field: 'entry[1].name', offset: NAME }],
        ['refused', 'BAD_VALUE', { field: 'entry[1].u', offset: NAME + 72 }],
        ['notice', 'BAD_VALUE', { field: 'entry[1].padding', offset: NAME + 97 }],
      ],
    )
  })

  it('refuses a program without a manifest, and one that cannot be decoded', () => {
    const without = spoil(SAMPLE, (v) => v.setUint32(N.manifest + 8, 7, true))
    assert.throws(() => showManifest(sourceOf(without), 'a'), { name: 'FormatError', code: 'BAD_MAGIC', offset: 64 })
    const broken = spoil(SAMPLE, (v) => v.setUint32(N.manifest + 24, 9, true))
    const place = { name: 'FormatError', code: 'UNSUPPORTED', offset: N.manifest + 24 }
    assert.throws(() => showManifest(sourceOf(broken), 'a'), place)
  })
})

describe('checkArtefact()', () => {
  it('accepts a unikernel in order', () => assert.ok(checkArtefact(sourceOf(SAMPLE), 'a').accepted))

  it('looks at all of it', () => {
    const odd = spoil(HOSTILE, (v) => v.setUint32(phdrAt(H.data, 'p_flags'), 7, true))
    const { accepted, findings } = checkArtefact(sourceOf(odd), 'a')
    assert.equal(accepted, false)
    assert.deepEqual(
      findings.map(({ place }) => 'field' in place && place.field),
      ['entry[1].name', 'entry[1].u', 'entry[1].padding', 'phdr[3].p_flags'],
    )
  })

  it('reports what cannot be decoded', () => {
    const { accepted, findings } = checkArtefact(sourceOf(SAMPLE.subarray(0, 100)), 'a')
    assert.deepEqual([accepted, findings[0]?.code], [false, 'TRUNCATED'])
  })
})

describe('checkManifestSource()', () => {
  it('says where each thing is', () => {
    const text = '{"type":"solo5.manifest",\n"version":1,"devices":[{"name":"a b","typ":"NET_BASIC"}]}'
    const { form, accepted, findings } = checkManifestSource(text, 'm.json')
    assert.deepEqual([form, accepted], ['json', false])
    assert.deepEqual(findings, [
      {
        severity: 'refused',
        code: 'UNKNOWN_KEY',
        place: { line: 2, column: 38, path: ['devices', 0, 'typ'] },
        message: '"typ" is not known here',
        advice: 'did you mean type?',
      },
      {
        severity: 'refused',
        code: 'BAD_VALUE',
        place: { line: 2, column: 32, path: ['devices', 0, 'name'] },
        message: '"devices.0.name" is "a b", which cannot be a device\'s name',
        advice: 'use 1 to 67 letters and digits of ASCII',
      },
      {
        severity: 'refused',
        code: 'BAD_VALUE',
        place: { line: 2, column: 24, path: ['devices', 0] },
        message: '"devices.0" "type" is missing',
        advice: null,
      },
    ])
  })
})

describe('renderManifest()', () => {
  it('lists devices and findings', () => {
    assert.equal(
      renderManifest(showManifest(sourceOf(SAMPLE), 'a.spt')),
      '"a.spt": 1 device\n  #  type  name       would be wired with\n  1  net   "service"  --net service=user\n',
    )
    assert.equal(
      renderManifest(checkManifestSource('{"type":"solo5.manifest","version":7,"devices":[]}', 'm.json')),
      '"m.json": refused\n  refused  line 1, column 36: "version" is 7, only 1 is known\n',
    )
    assert.equal(renderManifest(showManifest(sourceOf(sampleArtefact({ devices: [] })), 'a')), '"a": no devices\n')
  })

  it('writes nothing that a terminal acts on, whatever the file holds', () => {
    const report = checkArtefact(sourceOf(HOSTILE), 'a\u001b')
    for (const text of [renderManifest(report), writeJson(report)]) assert.match(text, /^[\n\x20-\x7e]*$/)
    const source = checkManifestSource('{"\u001b[2J":"\u009b","\u202e":1}', 'm\u001b')
    for (const text of [renderManifest(source), writeJson(source)]) assert.match(text, /^[\n\x20-\x7e]*$/)
  })
})

describe('schema/manifest.schema.json', () => {
  const schema = JSON.parse(readFileSync(new URL('../../schema/manifest.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema)
  const check = (report: unknown): boolean => validate(JSON.parse(writeJson(report)))
  const ELF = checkArtefact(sourceOf(HOSTILE), 'a.spt')
  const SOURCE = checkManifestSource(
    '{"type":1,"devices":[{"name":"","typ":"x"},{"name":"b","type":"NET_BASIC"}]}',
    'm',
  )

  it('agrees with reports of both forms', () => {
    assert.ok(ELF.findings.length === 3 && SOURCE.findings.length > 3 && SOURCE.devices.length === 1)
    for (const report of [ELF, SOURCE, showManifest(sourceOf(SAMPLE), 'a')]) {
      assert.ok(check(report), JSON.stringify(validate.errors))
    }
  })

  it('names every key of a report', () => assert.deepEqual(schema.required, Object.keys(ELF)))

  for (const [why, change] of [
    ['another schema', { schema: 'other' }],
    ['a newer version', { schemaVersion: 2 }],
    ['an unknown key', { extra: 1 }],
    ['another form', { form: 'yaml' }],
    ['a device without a handle', { devices: [{ name: 'a', type: 'net', flag: null }] }],
    ['a name of 68 letters', { devices: [{ name: 'x'.repeat(68), type: 'net', handle: 1, flag: null }] }],
    ['a finding of two places', { findings: [{ ...ELF.findings[0], place: { field: 'a', offset: 1, line: 1 } }] }],
    ['a message with an escape', { findings: [{ ...ELF.findings[0], message: '\u001b' }] }],
  ] as const) {
    it(`refuses ${why}`, () => assert.ok(!check({ ...ELF, ...change })))
  }
})
