import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { arbitraryOf } from '../../test/support/arbitrary-config.ts'
import { ConfigError, UsageError } from '../base/errors.ts'
import type { JsonObject, JsonValue } from '../base/json.ts'
import { writeJson } from '../base/json-text.ts'
import type { EffectiveConfig, Setting } from './document.ts'
import { parseSet } from './edit.ts'
import { effectiveConfig } from './effective.ts'
import { explainConfig, renderExplanation, reportSettings } from './explain.ts'
import { splitKey } from './key.ts'
import { CONFIG_SHAPE } from './keys.ts'
import { layerOf, parseConfig } from './layer.ts'
import { SAMPLE } from './sample.ts'
import { configToJson } from './write-document.ts'

const plain = (_: string, text: string) => text
const config = effectiveConfig(
  [
    layerOf({ memory: '512M' }, { layer: 'defaults' }),
    parseConfig('{ "env": { "A": "baked", "B": "baked" } }', 'baked.json', 'baked'),
    parseConfig(
      '{\n  "env": { "A": "a", "B": null, "T": { "$secret": "env:T" } },\n  "rc": [{ "bin": "shop.bin" }]\n}',
      'a.json',
    ),
    parseConfig('{ "env": { "A": "b" } }', 'b.json'),
  ],
  [parseSet('env.A=c'), parseSet('netbsd.sysctl.kern.somaxconn=5')],
)

describe('explainConfig()', () => {
  it('tells which value wins, by whose word, and what lost, the closest first', () => {
    const { settings } = explainConfig(config, 'shop.spt', 'env.A')
    assert.deepEqual(settings, [
      {
        key: 'env.A',
        value: 'c',
        origin: { layer: 'command line', flag: '--set env.A' },
        losing: [
          { value: 'b', origin: { layer: 'file', file: 'b.json', line: 1, column: 17 } },
          { value: 'a', origin: { layer: 'file', file: 'a.json', line: 2, column: 17 } },
          { value: 'baked', origin: { layer: 'baked', file: 'baked.json', line: 1, column: 17 } },
        ],
        read: 'boot',
        about: 'Environment variables.',
      },
    ])
  })

  it('tells why something is not there', () => {
    const [setting] = explainConfig(config, 'shop.spt', 'env.B').settings
    assert.deepEqual([setting?.value, setting?.origin], [null, { layer: 'file', file: 'a.json', line: 2, column: 27 }])
  })

  it('tells who removed a list of which nobody has said anything', () => {
    const [setting] = explainConfig(effectiveConfig([parseConfig('{ "rc": null }', 'b.json')]), 'x', 'rc').settings
    assert.deepEqual(
      [setting?.key, setting?.value, setting?.origin],
      ['rc', null, { layer: 'file', file: 'b.json', line: 1, column: 9 }],
    )
  })

  const search = (...names: readonly string[]) => JSON.stringify({ net: { dns: { search: names } } })
  const lists: readonly (readonly [
    why: string,
    documents: readonly string[],
    set: readonly string[],
    told: unknown,
  ])[] = [
    [
      'a shorter list',
      [search('a', 'b', 'c'), search('z')],
      [],
      [
        ['z', 'a'],
        [null, 'b'],
        [null, 'c'],
      ],
    ],
    [
      'an empty list',
      [search('a', 'b'), '{ "net": { "dns": { "search": [] } } }'],
      [],
      [
        [null, 'a'],
        [null, 'b'],
      ],
    ],
    [
      'null',
      [search('a', 'b'), '{ "net": { "dns": { "search": null } } }'],
      [],
      [
        [null, 'a'],
        [null, 'b'],
      ],
    ],
    ['null for the object around it', [search('a'), '{ "net": null }'], [], [[null, 'a']]],
    ['null for an element', [search('a', 'b')], ['net.dns.search[0]=null'], [['b'], [null, 'a']]],
    [
      'a list after null',
      [search('a', 'b'), '{ "net": null }', search('z')],
      [],
      [
        ['z', null, 'a'],
        [null, 'b'],
      ],
    ],
    [
      'null for a list that others are appended to',
      [
        '{ "linux": { "parameters": ["a"] } }',
        '{ "linux": { "parameters": null } }',
        '{ "linux": { "parameters": ["b"] } }',
      ],
      [],
      [['b'], [null, 'a']],
    ],
  ]
  for (const [why, documents, set, told] of lists) {
    it(`tells every element that has lost to ${why}`, () => {
      const layers = documents.map((text, i) => parseConfig(text, `${i}.json`))
      const whole = effectiveConfig(layers, set.map(parseSet))
      const values = reportSettings(whole).map(({ value, losing }) => [value, ...losing.map((lost) => lost.value)])
      assert.deepEqual(values, told)
    })
  }

  const keys: readonly (readonly [key: string, found: readonly string[]])[] = [
    ['env', ['env.A', 'env.T', 'env.B']],
    ['rc', ['rc[0].bin']],
    ['rc.shop.bin', ['rc[0].bin']],
    ['rc.shop.bin.bin', ['rc[0].bin']],
    ['rc[0]', ['rc[0].bin']],
    ['netbsd.sysctl.kern.somaxconn', ['netbsd.sysctl["kern.somaxconn"]']],
    ['netbsd.sysctl["kern.somaxconn"]', ['netbsd.sysctl["kern.somaxconn"]']],
  ]
  for (const [key, found] of keys) {
    it(`finds ${key}`, () => {
      assert.deepEqual(
        explainConfig(config, 'x', key).settings.map((setting) => setting.key),
        found,
      )
    })
  }

  const unknown: readonly (readonly [key: string, message: RegExp, advice: string])[] = [
    ['envv', /there is no key/, 'did you mean env?'],
    ['env.AA', /nobody says anything/, 'did you mean env.A?'],
    ['hostname', /nobody says anything/, 'leave the key out to see all'],
    ['env.A=5', /is no key/, 'write for example net.interfaces.service'],
  ]
  for (const [key, message, advice] of unknown) {
    it(`knows nothing of ${key}`, () => {
      assert.throws(() => explainConfig(config, 'x', key), { name: 'UsageError', message, advice })
    })
  }

  it('agrees with the document that is shown, whatever the layers', () => {
    const some = arbitraryOf(CONFIG_SHAPE, true).map((value) => layerOf(value ?? {}, { layer: 'program' }))
    let told = 0
    fc.assert(
      fc.property(some, some, (a, b) => {
        let both: EffectiveConfig
        try {
          both = effectiveConfig([a, b])
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
          return
        }
        const document = configToJson(both.document)
        for (const { key, value } of explainConfig(both, 'x').settings) {
          // What is shown has one spelling; sizes and what follows from an address are written out.
          if (value === null || key.endsWith('.size') || key === 'memory' || key.endsWith('.order')) continue
          if (value === '' || value === false) continue // what no document says either
          assert.deepEqual(valueAt(document, key), plainValue(value), key)
          told++
        }
      }),
      { numRuns: 600 },
    )
    assert.ok(told > 300, `${told} settings`)
  })
})

function plainValue(value: Setting['value']): unknown {
  return typeof value === 'object' ? { ...value } : value
}

function valueAt(document: JsonObject, key: string): unknown {
  let value: JsonValue | undefined = document
  for (const step of splitKey(key, key).steps) value = (value as Record<string, JsonValue> | undefined)?.[String(step)]
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

describe('renderExplanation()', () => {
  it('is a table that can be scanned', () => {
    assert.equal(
      renderExplanation(explainConfig(config, 'shop.spt', 'env'), plain),
      [
        '  key    value         said by',
        '  env.A  "c"           --set env.A',
        '         over "b"      b.json:1:17',
        '         over "a"      a.json:2:17',
        '         over "baked"  baked baked.json:1:17',
        '  env.T  secret env:T  a.json:2:38',
        '  env.B  removed       a.json:2:27',
        '         over "baked"  baked baked.json:1:31',
        '',
      ].join('\n'),
    )
  })

  it('says of a single setting what it is for and when it is read', () => {
    const text = renderExplanation(explainConfig(config, 'shop.spt', 'memory'), plain)
    assert.match(text, /\n {2}How much memory the guest wants\.\n {2}It is read when the guest is planned\.\n$/)
  })

  it('says that there is nothing', () => {
    assert.equal(
      renderExplanation(explainConfig(effectiveConfig([]), 'a.spt'), plain),
      '"a.spt": nobody says anything\n',
    )
  })

  it('shows nothing that a terminal acts on', () => {
    const hostile = effectiveConfig([
      layerOf({ env: { 'a b\u202e': '\u001b[31m', C: '\u009b' } }, { layer: 'program' }),
    ])
    assert.match(renderExplanation(explainConfig(hostile, '\u001b'), plain), /^[\n\x20-\x7e]*$/)
    const other = effectiveConfig([parseConfig('{ "hostname": "a" }', '\u001b[2J.json')])
    assert.match(renderExplanation(explainConfig(other, 'x'), plain), /^[\n\x20-\x7e]*$/)
  })
})

describe('schema/explain.schema.json', () => {
  const schema = JSON.parse(readFileSync(new URL('../../schema/explain.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(schema)
  const document = (key?: string) => JSON.parse(writeJson(explainConfig(config, 'shop.spt', key)))

  it('agrees with reports', () => {
    const all = effectiveConfig([layerOf(SAMPLE, { layer: 'program' })])
    for (const told of [document(), document('env.A'), JSON.parse(writeJson(explainConfig(all, 'x')))]) {
      assert.ok(validate(told), JSON.stringify(validate.errors))
    }
  })

  it('refuses what no report says', () => {
    const edits: readonly ((told: ReturnType<typeof document>) => void)[] = [
      (d) => delete d.key,
      (d) => (d.schemaVersion = 2),
      (d) => (d.settings[0].origin = { layer: 'file', file: 'x' }),
      (d) => (d.settings[0].value = []),
      (d) => (d.settings[0].read = 'never'),
      (d) => delete d.settings[0].losing,
    ]
    for (const edit of edits) {
      const told = document()
      edit(told)
      assert.ok(!validate(told), edit.toString())
    }
  })

  it('is only thrown at by whoever asks for what is not there', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('env', 'rc', '.', '[0]', '[', 'A', '"', 'sysctl') }), (key) => {
        try {
          explainConfig(config, 'x', key)
        } catch (error) {
          assert.ok(error instanceof UsageError || error instanceof ConfigError, String(error))
        }
      }),
    )
  })
})
