import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'vitest'
import { ConfigError } from '../base/errors.ts'
import { writeJson } from '../base/json-text.ts'
import { checkDocument, refusedDocument, renderCheck } from './check-report.ts'

const plain = (_: string, text: string) => text
const check = (text: string) => checkDocument(text, 'shop.json').report
const schema = JSON.parse(readFileSync(new URL('../../schema/config-check.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

describe('checkDocument()', () => {
  it('accepts a document that a run would take', () => {
    const report = check('{ "hostname": "shop" }')
    assert.deepEqual([report.accepted, report.findings], [true, []])
  })

  it('lists what is wrong with keys and values', () => {
    assert.deepEqual(check('{ "envv": {},\n  "memory": 5 }').findings, [
      {
        code: 'UNKNOWN_KEY',
        line: 1,
        column: 3,
        key: 'envv',
        message: '"envv" is not known',
        advice: 'did you mean env?',
      },
      {
        code: 'BAD_VALUE',
        line: 2,
        column: 13,
        key: 'memory',
        message: '"memory" must be a string, not a number',
        advice: null,
      },
    ])
  })

  it('finds what contradicts itself', () => {
    const [finding] = check('{ "rc": [{ "bin": "a", "runmode": "|" }] }').findings
    assert.deepEqual([finding?.code, finding?.key, finding?.column], ['BAD_VALUE', 'rc[0].runmode', 35])
  })

  it('finds what is no JSON', () => {
    assert.deepEqual(check('{ x').findings, [
      { code: 'SYNTAX', line: 1, column: 3, key: '', message: '"x" is not what JSON has here', advice: null },
    ])
  })

  it('agrees with schema/config-check.schema.json', () => {
    const unreadable = refusedDocument(
      new ConfigError('SYNTAX', { file: 'x', line: 1, column: 1 }, 'is not valid UTF-8'),
      'x',
    )
    for (const report of [check('{}'), check('{ "a": 1, "b": 2 }'), check(''), unreadable]) {
      assert.ok(validate(JSON.parse(writeJson(report))), JSON.stringify(validate.errors))
    }
    const spoiled = JSON.parse(writeJson(check('{ "a": 1 }')))
    delete spoiled.findings[0].code
    assert.ok(!validate(spoiled))
  })
})

describe('renderCheck()', () => {
  it('has a line for each finding, with its place in front', () => {
    assert.equal(
      renderCheck(check('{ "envv": {},\n  "memory": 5 }'), plain),
      [
        'shop.json:1:3: refused "envv" is not known',
        '  did you mean env?',
        'shop.json:2:13: refused "memory" must be a string, not a number',
        '',
      ].join('\n'),
    )
    assert.equal(renderCheck(check('{}'), plain), '"shop.json": nothing is wrong with it\n')
  })

  it('shows nothing that a terminal acts on', () => {
    const { report } = checkDocument('{ "\u202e\u009b": 1, "hostname": "\\u001b" }', '\u001b[31m')
    assert.match(renderCheck(report, plain), /^[\n\x20-\x7e]*$/)
  })
})
