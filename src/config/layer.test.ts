import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { arbitraryOf } from '../../test/support/arbitrary-config.ts'
import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import type { JsonValue } from '../base/json.ts'
import { CONFIG_SHAPE } from './keys.ts'
import { checkConfig, layerOf, parseConfig } from './layer.ts'
import { MAX_PROBLEMS } from './read-node.ts'
import { SAMPLE } from './sample.ts'
import { walk } from './tree.ts'

type Document = ReturnType<typeof JSON.parse>
type Edit = (document: Document) => void

function spoil(edit: Edit): string {
  const document = structuredClone(SAMPLE)
  edit(document)
  return JSON.stringify(document, undefined, 2)
}

const parse = (text: string) => parseConfig(text, 'shop.json')

function countValues(value: JsonValue): number {
  if (typeof value !== 'object' || value === null || '$secret' in value) return 1
  return Object.values(value).reduce((sum: number, inner) => sum + countValues(inner), 0)
}

describe('parseConfig()', () => {
  it('knows where each value stands', () => {
    const text = JSON.stringify(SAMPLE, undefined, 2)
    const lines = text.split('\n')
    let seen = 0
    walk(parse(text).root, (key, node) => {
      const { origin } = node
      assert.ok('line' in origin && node.kind === 'leaf', key)
      const shown = JSON.stringify(node.value).slice(0, 1) // of a reference its bracket
      assert.equal(lines[origin.line - 1]?.slice(origin.column - 1, origin.column), shown, key)
      seen++
    })
    assert.equal(seen, countValues(SAMPLE) - 2) // without schema and schemaVersion
  })

  it('names file, line, column, key and the nearest known key', () => {
    const text = '{\n  "rc": [\n    { "bin": "shop",\n      "args": [] } ]\n}'
    assert.throws(() => parse(text), {
      name: 'ConfigError',
      code: 'UNKNOWN_KEY',
      file: 'shop.json',
      line: 4,
      column: 7,
      path: ['rc', 0, 'args'],
      message: '"shop.json":4:7: "rc[0].args" is not known',
      advice: 'did you mean argv?',
    })
  })

  it('takes a document without a schema, as rumprun’s specification has it', () => {
    assert.equal(parse('{}').root.entries.size, 0)
  })

  it('refuses a newer version before it looks at anything else', () => {
    assert.throws(() => parse('{ "schemaVersion": 2, "disks": {} }'), { name: 'ConfigError', code: 'NEWER_SCHEMA' })
  })

  it('takes names that objects have by themselves for names', () => {
    const { root } = parse('{ "env": { "__proto__": "a", "constructor": "b" } }')
    const keys: string[] = []
    walk(root, (key) => keys.push(key))
    assert.deepEqual(keys, ['env.__proto__', 'env.constructor'])
    assert.equal(Object.prototype.hasOwnProperty.call(Object.prototype, 'a'), false)
  })

  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`knows no key ${key}`, () => {
      assert.throws(() => parse(`{ "${key}": {} }`), { name: 'ConfigError', code: 'UNKNOWN_KEY' })
      const mount = `{ "mount": { "/a": { "source": "${key}" } } }`
      assert.throws(() => parse(mount), { name: 'ConfigError', code: 'BAD_VALUE' })
    })
  }

  const TEXTS: readonly (readonly [why: string, code: ConfigErrorCode, text: string])[] = [
    ['nothing', 'SYNTAX', ''],
    ['something else than an object', 'BAD_VALUE', '[]'],
    ['a key twice', 'DUPLICATE_KEY', '{ "env": {}, "env": {} }'],
    ['a name twice', 'DUPLICATE_KEY', '{ "env": { "A": "1", "A": "2" } }'],
    ['a trailing comma', 'SYNTAX', '{ "env": { }, }'],
    ['what stands behind the document', 'SYNTAX', '{} {}'],
    ['keys without quotation marks', 'SYNTAX', '{ env: {} }'],
    ['a raw tab in a string', 'SYNTAX', '{ "hostname": "a\tb" }'],
    ['a number with a zero in front', 'SYNTAX', '{ "netbsd": { "sysctl": { "a": 01 } } }'],
    ['a number that no computer has', 'BAD_VALUE', '{ "netbsd": { "sysctl": { "a": 1e400 } } }'],
    ['a number that would become another', 'BAD_VALUE', '{ "netbsd": { "sysctl": { "a": 12345678901234567890 } } }'],
    ['deep nesting', 'LIMIT', `${'{"net":'.repeat(100)}1${'}'.repeat(100)}`],
    ['half a character', 'BAD_VALUE', '{ "env": { "A": "\\ud800" } }'],
  ]
  for (const [why, code, text] of TEXTS) {
    it(`refuses ${why}`, () => assert.throws(() => parse(text), { name: 'ConfigError', code }))
  }

  it('refuses references to secrets in what an artefact brings, with an error of their own', () => {
    const text = '{ "env": { "A": { "$secret": "file:/etc/shadow" } } }'
    assert.throws(() => parseConfig(text, 'baked', 'baked'), {
      name: 'ConfigError',
      code: 'BAKED_SECRET',
      line: 1,
      column: 17,
    })
    assert.throws(() => parseConfig(text, 'platform', 'platform'), { name: 'ConfigError', code: 'BAKED_SECRET' })
    parse(text)
  })

  it('throws ConfigError, and nothing else, for every truncation and every changed byte', () => {
    const text = JSON.stringify(SAMPLE)
    const attempt = (spoiled: string) => {
      try {
        parse(spoiled)
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error))
      }
    }
    for (let i = 0; i < text.length; i++) {
      attempt(text.slice(0, i))
      for (const char of ['"', '}', 'x']) attempt(`${text.slice(0, i)}${char}${text.slice(i + 1)}`)
    }
  })

  it('needs time that grows with the document and no faster', () => {
    const entries = (count: number) => Array.from({ length: count }, (_, i) => `"k${i}":{"a":[{}]}`).join(',')
    const time = (text: string) => {
      const start = performance.now()
      assert.throws(() => parse(text), ConfigError)
      return performance.now() - start
    }
    time(`{${entries(1000)}}`)
    const [small, large] = [time(`{${entries(5000)}}`), time(`{${entries(40_000)}}`)]
    assert.ok(large < 40 * small + 100, `${small} ms for an eighth of what takes ${large} ms`)
  })
})

describe('checkConfig()', () => {
  it('lists all that is wrong', () => {
    const { problems } = checkConfig(
      '{ "a": 1, "hostname": "-", "env": { "A": 1, "B": "x", "=": "y" }, "memory": 5 }',
      'x',
    )
    assert.deepEqual(
      problems.map(({ code, path }) => [code, path.join('.')]),
      [
        ['UNKNOWN_KEY', 'a'],
        ['BAD_VALUE', 'hostname'],
        ['BAD_VALUE', 'env.A'],
        ['BAD_VALUE', 'env.='],
        ['BAD_VALUE', 'memory'],
      ],
    )
  })
  it('stops at a hundred', () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `"k${i}": 1`)
    assert.equal(checkConfig(`{ ${keys.join(', ')} }`, 'x').problems.length, MAX_PROBLEMS)
  })
})

describe('layerOf()', () => {
  it('reads an object of a program, which has no lines', () => {
    const { root } = layerOf({ env: { A: '1' } }, { layer: 'program' })
    walk(root, (key, { origin }) => assert.deepEqual([key, origin], ['env.A', { layer: 'program' }]))
    assert.throws(() => layerOf({ env: { A: 1 } }, { layer: 'program' }), {
      name: 'ConfigError',
      code: 'BAD_VALUE',
      line: 0,
      message: '"program": "env.A" must be a string, not a number',
    })
  })
  it('refuses what is nothing in JSON', () => {
    assert.throws(() => layerOf(undefined, { layer: 'program' }), { name: 'ConfigError', code: 'BAD_VALUE' })
  })
})

const schema = JSON.parse(readFileSync(new URL('../../schema/config.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  strictTypes: false,
}).compile(schema)

const REFUSED: readonly (readonly [why: string, code: ConfigErrorCode, edit: Edit])[] = [
  ['another schema', 'BAD_VALUE', (d) => (d.schema = 'slipway.wiring')],
  ['version 0', 'BAD_VALUE', (d) => (d.schemaVersion = 0)],
  ['a key that is not known', 'UNKNOWN_KEY', (d) => (d.cmdline = 'shop')],
  ['programs by name', 'BAD_VALUE', (d) => (d.rc = {})],
  ['a program without a name', 'BAD_VALUE', (d) => delete d.rc[0].bin],
  ['a program whose name is taken away', 'BAD_VALUE', (d) => (d.rc[0].bin = null)],
  ['no program', 'BAD_VALUE', (d) => (d.rc[0] = null)],
  ['one word instead of several', 'BAD_VALUE', (d) => (d.rc[0].argv = 'init --once')],
  ['a word that is a number', 'BAD_VALUE', (d) => (d.rc[0].argv[1] = 5)],
  ['a word that is missing', 'BAD_VALUE', (d) => (d.rc[0].argv[1] = null)],
  ['a word with a NUL', 'BAD_VALUE', (d) => (d.rc[0].argv[1] = 'a\0')],
  ['another run mode', 'BAD_VALUE', (d) => (d.rc[0].runmode = 'bg')],
  ['65 programs', 'LIMIT', (d) => (d.rc = Array.from({ length: 65 }, () => ({ bin: 'a' })))],
  ['1025 variables', 'LIMIT', (d) => (d.env = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [i, ''])))],
  ['a long value', 'LIMIT', (d) => (d.env.LANG = 'x'.repeat(65_537))],
  ['variables as a list', 'BAD_VALUE', (d) => (d.env = ['LANG=C'])],
  ['a variable that is a number', 'BAD_VALUE', (d) => (d.env.LANG = 1)],
  ['a variable with = in its name', 'BAD_VALUE', (d) => (d.env['A=B'] = 'c')],
  ['a variable without a name', 'BAD_VALUE', (d) => (d.env[''] = 'c')],
  ['a secret from nowhere', 'BAD_VALUE', (d) => (d.env.TOKEN = { $secret: 'vault:x' })],
  ['a secret with more to it', 'BAD_VALUE', (d) => (d.env.TOKEN = { $secret: 'env:A', also: 1 })],
  ['a secret host name', 'BAD_VALUE', (d) => (d.hostname = { $secret: 'env:A' })],
  ['a host name with an underscore', 'BAD_VALUE', (d) => (d.hostname = 'a_b')],
  ['a long host name', 'LIMIT', (d) => (d.hostname = 'a.'.repeat(127).slice(0, 253) + 'b')],
  ['interfaces as a list', 'BAD_VALUE', (d) => (d.net.interfaces = [])],
  ['a switch that is a word', 'BAD_VALUE', (d) => (d.net.interfaces.xenif0.create = 'true')],
  ['an address without a prefix', 'BAD_VALUE', (d) => (d.net.interfaces.service.addrs[0].addr = '10.0.0.2')],
  ['an address that does not exist', 'BAD_VALUE', (d) => (d.net.interfaces.service.addrs[0].addr = '10.0.0.256/24')],
  ['a prefix that does not exist', 'BAD_VALUE', (d) => (d.net.interfaces.service.addrs[0].addr = '10.0.0.2/33')],
  ['octal numbers', 'BAD_VALUE', (d) => (d.net.interfaces.service.addrs[0].addr = '10.0.0.02/24')],
  ['an address of IPv6 with a zone', 'BAD_VALUE', (d) => (d.net.gateways[1].addr = 'fe80::1%eth0')],
  ['an address of IPv6 with two gaps', 'BAD_VALUE', (d) => (d.net.gateways[1].addr = '1::2::3')],
  ['nine groups', 'BAD_VALUE', (d) => (d.net.gateways[1].addr = '1:2:3:4:5:6:7:8:9')],
  ['a gateway without an address', 'BAD_VALUE', (d) => delete d.net.gateways[0].addr],
  ['a family that is none', 'BAD_VALUE', (d) => (d.net.gateways[0].type = 'ipx')],
  ['three gateways', 'LIMIT', (d) => d.net.gateways.push({ addr: '10.0.0.3' })],
  ['four name servers', 'LIMIT', (d) => (d.net.dns.nameservers = ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'])],
  ['seven domains', 'LIMIT', (d) => (d.net.dns.search = Array.from('abcdefg'))],
  ['another file system of the network', 'BAD_VALUE', (d) => (d.net.mount['/home'].source = 'smb')],
  ['a server that is no name', 'BAD_VALUE', (d) => (d.net.mount['/home'].server = 'a b')],
  ['a disk without a path', 'BAD_VALUE', (d) => delete d.blk.xbd0.path],
  ['a disk of another type', 'BAD_VALUE', (d) => (d.blk.xbd0.type = 'ram')],
  ['a disk whose path is taken away', 'BAD_VALUE', (d) => (d.blk.xbd0.path = null)],
  ['a mount point that is relative', 'BAD_VALUE', (d) => (d.mount['data'] = { source: 'kernfs' })],
  ['a mount point with two spellings', 'BAD_VALUE', (d) => (d.mount['/data/'] = { source: 'kernfs' })],
  ['a mount point that leads back', 'BAD_VALUE', (d) => (d.mount['/a/..'] = { source: 'kernfs' })],
  ['a mount of nothing', 'BAD_VALUE', (d) => delete d.mount['/kern'].source],
  ['a mount of something unknown', 'BAD_VALUE', (d) => (d.mount['/kern'].source = 'none')],
  ['a mount of a disk that is not named', 'BAD_VALUE', (d) => delete d.mount['/data'].path],
  ['a path where none belongs', 'UNKNOWN_KEY', (d) => (d.mount['/kern'].path = '/dev/x')],
  ['an option that is not known', 'UNKNOWN_KEY', (d) => (d.mount['/tmp'].options.mode = '777')],
  ['a size in terabytes', 'BAD_VALUE', (d) => (d.mount['/tmp'].options.size = '1T')],
  ['a size that is a number', 'BAD_VALUE', (d) => (d.mount['/tmp'].options.size = 1)],
  ['half an order', 'BAD_VALUE', (d) => (d.mount['/data'].order = 0.5)],
  ['a large order', 'BAD_VALUE', (d) => (d.mount['/data'].order = 1001)],
  ['a node that is a list', 'BAD_VALUE', (d) => (d.netbsd.sysctl.a = [])],
  ['half a number for a node', 'BAD_VALUE', (d) => (d.netbsd.sysctl.a = 1.5)],
  ['a node with a blank in it', 'BAD_VALUE', (d) => (d.netbsd.sysctl['a b'] = 1)],
  ['a level that is none', 'BAD_VALUE', (d) => (d.mirage.logs = ['loud'])],
  ['a prefix with a dash in front', 'BAD_VALUE', (d) => (d.mirage.prefixes.service = '-x')],
  ['a parameter with a line feed', 'BAD_VALUE', (d) => (d.linux.parameters = ['a\nb'])],
  ['another dialect', 'BAD_VALUE', (d) => (d.dialect = 'klingon')],
  ['memory that is a number', 'BAD_VALUE', (d) => (d.memory = 64)],
  ['memory without a unit', 'BAD_VALUE', (d) => (d.memory = '64')],
  ['no memory', 'BAD_VALUE', (d) => (d.memory = '0M')],
]

describe('schema/config.schema.json', () => {
  it('accepts what parseConfig() accepts', () => {
    assert.ok(validate(SAMPLE), JSON.stringify(validate.errors))
    parse(JSON.stringify(SAMPLE))
  })

  for (const [why, code, edit] of REFUSED) {
    it(`and parseConfig() refuse ${why}`, () => {
      const text = spoil(edit)
      assert.ok(!validate(JSON.parse(text)))
      assert.throws(() => parse(text), { name: 'ConfigError', code })
    })
  }

  it('agrees with parseConfig() on any document', () => {
    let [accepted, refused] = [0, 0]
    const document = fc.oneof(
      arbitraryOf(CONFIG_SHAPE, true),
      arbitraryOf(CONFIG_SHAPE, true, 1),
      arbitraryOf(CONFIG_SHAPE, true, 2),
    )
    fc.assert(
      fc.property(document, (value) => {
        const text = JSON.stringify(value)
        let problem: unknown
        try {
          parse(text)
          accepted++
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
          problem = error
          refused++
        }
        assert.equal(
          validate(JSON.parse(text)),
          problem === undefined,
          `${String(problem)} ${JSON.stringify(validate.errors)}`,
        )
      }),
      { numRuns: 1200 },
    )
    assert.ok(accepted > 100 && refused > 100, `${accepted} accepted, ${refused} refused`)
  })
})
