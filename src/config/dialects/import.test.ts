import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { mutate, randomNumbers } from '../../../test/support/mutate.ts'
import { ConfigError } from '../../base/errors.ts'
import { effectiveConfig } from '../effective.ts'
import { parseConfig } from '../layer.ts'
import { importConfig, type ImportFormat, IMPORTS, renderNotices } from './import.ts'
import { MAX_GUEST_TEXT } from './source-text.ts'
import { XL_GUESTS } from './xl/import.ts'

const golden = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, 'golden', name))
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const COMMAND = `# comment
A=1 sudo rumprun -S xen -e A=1 -e 'B=two words' -b "a.img",/data -I net0,xenif,'bridge=br0' \\
  -W net0,inet,static,10.0.0.2/24,10.0.0.1 -W net0,inet6,auto -M 64 -N web -- ./app.bin one "t wo"
`
const XL = `name = 'www' # comment
memory = 64; vif = [ 'bridge=br0', "x" ]
root = "/dev/xvda1 ro"
extra = 'console=hvc0 ip=10.0.0.2::10.0.0.1:255.255.255.0:web:eth0:off:10.0.0.1 A="two words" init=/x -- one'
`
const SAMPLES: readonly (readonly [ImportFormat, Uint8Array])[] = [
  ['rumprun-legacy', golden('rumprun-legacy.rumprun-legacy.txt')],
  ['rumprun-legacy', golden('rumprun-legacy-line.rumprun-legacy.txt')],
  ['rumprun-legacy', bytesOf('hello.bin {, {"c":"p \'a b\' \\"c"} "env":"A=\\u0041", } {"h":"x"} ')],
  ['rumprun', golden('rumprun.rumprun.txt')],
  [
    'rumprun',
    bytesOf('x {"rc":[{"bin":"*"},,] "env":{"A":"1"},"env":{"A":"\\ud83d\\udea2"},"other":[1.5e3,null,true] } rest'),
  ],
  ['rumprun-command', bytesOf(COMMAND)],
  ['xl', bytesOf(XL)],
  ['xl', bytesOf('extra = "--ipv4=10.0.0.2/24 --inner-ipv6=fd00::2/64 -l *:info \\"a b\\" c\\\\\\\\ d"')],
]

/** Imports, and reads the result as a document of ours; throws only what importers may throw. */
function attempt(from: ImportFormat, bytes: Uint8Array): boolean {
  const guest = from === 'xl' ? XL_GUESTS[bytes.length % XL_GUESTS.length] : undefined
  let report: ReturnType<typeof importConfig>
  try {
    report = importConfig(bytes, from, { file: 'sample', guest })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return false
  }
  effectiveConfig([parseConfig(JSON.stringify(report.document), 'imported')])
  return true
}

describe('importConfig()', () => {
  it('reads every sample', () => {
    for (const [from, bytes] of SAMPLES) assert.ok(attempt(from, bytes))
  })

  it('throws only ConfigError for samples that were spoiled, and returns nothing that is no document', () => {
    const next = randomNumbers(6)
    let accepted = 0
    for (const [from, bytes] of SAMPLES) {
      const places = Array.from({ length: 16 }, (_, i) => Math.floor((bytes.length * i) / 16))
      for (let i = 0; i < 300; i++) accepted += Number(attempt(from, mutate(bytes, places, next)))
    }
    assert.ok(accepted > 50, `only ${accepted} of the spoiled samples mean something`)
  })

  it('throws only ConfigError for samples cut off anywhere', () => {
    for (const [from, bytes] of SAMPLES) {
      for (let end = 0; end < bytes.length; end += 1 + (end % 3)) attempt(from, bytes.subarray(0, end))
    }
  })

  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    "'",
    '\\',
    ' ',
    '\n',
    '\0',
    '=',
    '-',
    '#',
    ';',
    '\u{1f6a2}',
    '\u0080',
    '\\u0000',
    '\\ud800',
    '"cmdline"',
    '"rc"',
    '"env"',
    '"A=1"',
    '"net"',
    '"blk"',
    '"mount"',
    '"__proto__"',
    '"constructor"',
    '1',
    'true',
    'null',
    'rumprun',
    'kvm',
    'xen',
    '-e',
    '-I',
    '-W',
    '-b',
    'a,b',
    'extra',
    'root',
    '--',
    '--ipv4=',
    '10.0.0.2/24',
    'ip=',
    'root=',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  )

  it('throws only ConfigError for any text and any bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...IMPORTS), text, (from, any) => void attempt(from, bytesOf(any))),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...IMPORTS),
        fc.uint8Array({ maxLength: 40 }),
        (from, any) => void attempt(from, any),
      ),
      { numRuns: 500 },
    )
  })

  const whole = (part: string): Uint8Array => bytesOf(part.repeat(Math.floor(MAX_GUEST_TEXT / part.length)))
  const LONG = [
    '[',
    '{',
    '{"a":',
    '[[],',
    '"',
    '\\',
    "'",
    ',',
    '{,',
    ' ',
    '\n',
    '#',
    '{"rc":[',
    '{"net":{',
    '{"":"',
    'a=[',
    "a='",
    'x ',
    'A=1 ',
    '-e ',
    '""',
    '\\"',
    '{"env":"A=1",',
  ]
  for (const part of LONG) {
    it(`is quick with as many ${JSON.stringify(part)} as there may be`, () => {
      const start = performance.now()
      for (const from of IMPORTS) attempt(from, whole(part))
      const seconds = (performance.now() - start) / 1000
      assert.ok(seconds < 5, `${seconds} s`) // quadratic readers need minutes
    })
  }

  it('refuses ten megabytes before it looks at them', () => {
    const bytes = bytesOf('['.repeat(10_000_000))
    for (const from of IMPORTS) {
      assert.throws(() => importConfig(bytes, from, { file: 'long' }), { name: 'ConfigError', code: 'LIMIT' })
    }
    assert.throws(() => importConfig(new Uint8Array(MAX_GUEST_TEXT + 1), 'rumprun', { file: 'x' }), { code: 'LIMIT' })
    assert.doesNotThrow(() => importConfig(new Uint8Array(MAX_GUEST_TEXT), 'rumprun', { file: 'x' }))
  })

  it('keeps names like any other that mean something to JavaScript', () => {
    const { document } = importConfig(bytesOf('{"env":{"__proto__":"1","constructor":"2"}}\n'), 'rumprun', {
      file: 'x',
    })
    assert.deepEqual(Object.entries(document['env'] as object), [
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
    assert.equal(Object.getPrototypeOf(document['env']), null)
  })

  it('says where a text is not UTF-8, and what a NUL hides', () => {
    assert.throws(() => importConfig(new Uint8Array([0x7b, 0xff]), 'rumprun', { file: 'x' }), { code: 'SYNTAX' })
    const { notices } = importConfig(bytesOf('{"env":{}}\n\0{"rc":0}'), 'rumprun', { file: 'x' })
    assert.deepEqual(
      notices.map(({ line, column }) => [line, column]),
      [[2, 1]],
    )
  })

  it('tells where the configuration is, where it is in a file', () => {
    const elsewhere = bytesOf('app.bin _RUMPRUN_ROOTFSCFG=//json.cfg')
    for (const from of ['rumprun-legacy', 'rumprun'] as const) {
      const refused = { code: 'BAD_VALUE', column: 9, message: /"json.cfg"/ }
      assert.throws(() => importConfig(elsewhere, from, { file: 'x' }), refused)
    }
  })

  it('tells at most a hundred things, and how many more there are', () => {
    const commas = bytesOf(`{"cmdline":"p"${','.repeat(501)}"env":"A=1"}`)
    const { notices } = importConfig(commas, 'rumprun-legacy', { file: 'x' })
    assert.equal(notices.length, 101)
    assert.match(notices.at(-1)?.message ?? '', /^400 further/)
  })
})

describe('renderNotices()', () => {
  it('has a line for each, with the place as compilers write it', () => {
    const notices = [{ line: 2, column: 3, message: 'a comma too many' }]
    assert.equal(renderNotices({ file: 'a\u001bb', notices }), 'a\\u001bb:2:3: a comma too many\n')
  })
})

describe('schema/import.schema.json', () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(import.meta.dirname, '../../../schema', name), 'utf8')) as object
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(read('import.schema.json'))
  const validateDocument = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(read('config.schema.json'))

  for (const [from, bytes] of SAMPLES) {
    it(`describes what comes of ${from}`, () => {
      const report = JSON.parse(JSON.stringify(importConfig(bytes, from, { file: 'x' }))) as { document: object }
      assert.ok(validate(report), JSON.stringify(validate.errors))
      assert.ok(validateDocument(report.document), JSON.stringify(validateDocument.errors))
    })
  }
  it('describes nothing else', () => assert.ok(!validate({ schema: 'slipway.import' })))
})
