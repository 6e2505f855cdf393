import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { writeJson } from '../base/json-text.ts'
import { diffConfigs, renderConfigDiff } from './config-diff.ts'
import { effectiveConfig } from './effective.ts'
import { parseConfig } from './layer.ts'

const named = (file: string, text: string) => ({ file, config: effectiveConfig([parseConfig(text, file)]) })
const before = named('a.json', '{ "env": { "A": "1", "B": "2", "T": { "$secret": "env:T" } }, "memory": "64M" }')
const after = named('b.json', '{ "memory": "64M",\n "env": { "A": "9", "T": { "$secret": "env:T" }, "C": "3" } }')

describe('diffConfigs()', () => {
  it('lists what is gone, what is new and what is another value', () => {
    const { changes } = diffConfigs(before, after)
    assert.deepEqual(
      changes.map(({ key, old, new: now }) => [key, old?.value, now?.value]),
      [
        ['env.A', '1', '9'],
        ['env.B', '2', undefined],
        ['env.C', undefined, '3'],
      ],
    )
    assert.deepEqual(changes[0]?.new?.origin, { layer: 'file', file: 'b.json', line: 2, column: 16 })
  })

  it('finds no difference in how a document is written', () => {
    assert.deepEqual(diffConfigs(before, before).changes, [])
    assert.deepEqual(diffConfigs(named('x', '{ "env": {} }'), named('y', '{}')).changes, [])
  })

  it('tells two secrets apart by their references', () => {
    const one = named('x', '{ "env": { "A": { "$secret": "env:A" } } }')
    const other = named('y', '{ "env": { "A": { "$secret": "env:B" } } }')
    const text = named('z', '{ "env": { "A": "env:A" } }')
    assert.equal(diffConfigs(one, one).changes.length, 0)
    assert.equal(diffConfigs(one, other).changes.length, 1)
    assert.equal(diffConfigs(one, text).changes.length, 1)
    assert.equal(diffConfigs(text, one).changes.length, 1)
  })

  it('agrees with schema/config-diff.schema.json', () => {
    const schema = JSON.parse(readFileSync(new URL('../../schema/config-diff.schema.json', import.meta.url), 'utf8'))
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(schema)
    const document: ReturnType<typeof JSON.parse> = JSON.parse(writeJson(diffConfigs(before, after)))
    const told = structuredClone(document)
    assert.ok(validate(told), JSON.stringify(validate.errors))
    document.changes[0].old = { value: '1' }
    assert.ok(!validate(document))
  })
})

describe('renderConfigDiff()', () => {
  it('marks what is gone and what is new', () => {
    assert.equal(
      renderConfigDiff(diffConfigs(before, after), (_, text) => text),
      [
        '"a.json" -> "b.json": 3 settings differ',
        '  - env.A "1"  (a.json:1:17)',
        '  + env.A "9"  (b.json:2:16)',
        '  - env.B "2"  (a.json:1:27)',
        '  + env.C "3"  (b.json:2:55)',
        '',
      ].join('\n'),
    )
    assert.equal(
      renderConfigDiff(diffConfigs(before, before), (_, text) => text),
      '"a.json" -> "a.json": the same\n',
    )
  })
})
