// What a guest is told: by files, flags and secrets of the operator's, through the command and the library.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { compose } from '../../src/run/compose.ts'
import { configure } from '../../src/run/configure.ts'
import type { Listener } from '../../src/run/guest-config.ts'
import { describePlan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { guestPath, ROOT, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const linux = needs({ host: ['linux', 'x86-64'] })
const ECHO = guestPath('echo-args')
const SECRET = 's3cr3t-4711'
const env = { ...process.env, SHOP_TOKEN: SECRET }

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-config-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** A document in a file of its own. */
function file(name: string, document: unknown): string {
  const path = join(directory, name)
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document, undefined, 2))
  return path
}

/** Who is told, with a document in the artefact. */
const withBaked = (bytes: Uint8Array): Listener => ({
  program: 'echo-args',
  programs: undefined,
  startsOne: true,
  baked: [{ bytes, file: 'x' }],
  memory: { usual: 2 ** 29, given: undefined },
})

/** What the guest prints: a line for each word that it was given. */
function told(...args: readonly string[]): string {
  const { status, stdout, stderr } = slipway(['run', ...args], { env })
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

const NET = { net: { interfaces: { service: { addrs: [{ addr: '10.0.0.2/24' }] } } } }
const WITH_SECRET = { rc: [{ bin: '*', argv: ['echo', 'public', { $secret: 'env:SHOP_TOKEN' }] }] }

describe('slipway run with a configuration', linux, () => {
  it('gives the guest what a file says, and words behind it', () => {
    const config = file('net.json', NET)
    assert.equal(told('--config', config, ECHO, '--', 'one', 'two words'), '--ipv4=10.0.0.2/24\none\ntwo words\n')
  })

  it('lets later files win over earlier ones, and flags over all', () => {
    const first = file('first.json', { hostname: 'first', mirage: { logs: ['info'] } })
    const second = file('second.json', { hostname: 'second' })
    const files = ['--config', first, '--config', second]
    assert.match(told(...files, ECHO), /^--name=second$/m)
    assert.match(told(...files, '--hostname', 'third', ECHO), /^--name=third$/m)
    assert.match(told(...files, '--platform-config', file('p.json', { hostname: 'p' }), ECHO), /^--name=p$/m)
    assert.doesNotMatch(told(...files, '--set', 'hostname=null', ECHO), /--name/)
  })

  it('takes the words of a program from its entry, and those behind -- in their place', () => {
    const config = file('rc.json', { rc: [{ bin: 'shop', argv: ['shop', 'old', 'words'] }] })
    assert.equal(told('--config', config, ECHO), 'old\nwords\n')
    assert.equal(told('--config', config, ECHO, '--', 'new'), 'new\n')
    assert.equal(told('--config', config, '--set', 'rc.shop.argv[]=more', ECHO), 'old\nwords\nmore\n')
  })

  it('gives words as a run without a configuration does', () => {
    const words = ['a b', 'c"d', '\\', 'é']
    assert.equal(told('--set', 'memory=64M', ECHO, '--', ...words), told(ECHO, '--', ...words))
  })

  it('takes memory from it, unless --mem says something', () => {
    const config = file('memory.json', { memory: '64M' })
    const sizeOf = (...args: readonly string[]) =>
      JSON.parse(slipway(['plan', '--json', '--config', config, ...args, ECHO]).stdout).memorySize
    assert.equal(sizeOf(), 64 * 2 ** 20)
    assert.equal(sizeOf('--mem', '128M'), 128 * 2 ** 20)
  })

  const refused: readonly (readonly [why: string, args: readonly string[], message: RegExp])[] = [
    [
      'what it cannot be told',
      ['-e', 'LANG=C', ECHO],
      /^slipway: "-e LANG": "env\.LANG" is nothing that a mirage guest can be told/,
    ],
    [
      'a key that is not known',
      ['--set', 'hostnam=a', ECHO],
      /"--set hostnam": "hostnam" is not known\n {2}did you mean hostname\?/,
    ],
    [
      'a dialect that nobody speaks',
      ['--for', 'klingon', ECHO],
      /^slipway: --for is "klingon", no dialect\n {2}known are solo5, mirage, /,
    ],
    ['two dialects', ['--raw-args', '--for', 'mirage', ECHO], /is said twice/],
    [
      'a variable that is not set',
      ['--set', 'rc=[{"bin":"a","argv":["a",{"$secret":"env:NO_SUCH"}]}]', ECHO],
      /NO_SUCH, which is not set\n/,
    ],
  ]
  for (const [why, args, message] of refused) {
    it(`refuses ${why}, and starts nothing`, () => {
      const { status, stdout, stderr } = slipway(['run', ...args])
      assert.deepEqual([status, stdout], [125, ''])
      assert.match(stderr, message)
    })
  }

  it('names file, line, column and the nearest key', () => {
    const config = file('wrong.json', '{\n  "net": { "interface": {} }\n}\n')
    const { status, stderr } = slipway(['run', '--config', config, ECHO])
    assert.equal(status, 125)
    assert.equal(stderr, `slipway: "${config}":2:12: "net.interface" is not known\n  did you mean interfaces?\n`)
  })

  it('refuses a document of 10 MB before it looks at it', () => {
    const config = file('large.json', `{ "env": { "A": "${'x'.repeat(10_000_000)}" } }`)
    const start = performance.now()
    const { status, stderr } = slipway(['run', '--config', config, ECHO])
    assert.equal(status, 125)
    assert.match(stderr, /has 9\.5 MiB, at most 1 MiB are read/)
    assert.ok(performance.now() - start < 10_000)
  })
})

describe('secrets', linux, () => {
  it('reach the guest, from a variable and from a file', () => {
    const secret = file('secret', `${SECRET}\n`)
    assert.equal(told('--config', file('s.json', WITH_SECRET), ECHO), `public\n${SECRET}\n`)
    assert.equal(told('--set', `rc.x.argv=["x",{"$secret":"file:${secret}"}]`, ECHO), `${SECRET}\n`)
  })

  it('are shown by no verb, as references only', () => {
    const config = file('s.json', WITH_SECRET)
    for (const verb of [
      ['plan'],
      ['plan', '--json'],
      ['config', 'show'],
      ['config', 'show', '--json'],
      ['config', 'explain'],
    ]) {
      const { status, stdout, stderr } = slipway([...verb, '--config', config, ECHO], { env })
      assert.deepEqual([status, stderr], [0, ''])
      assert.ok(!stdout.includes(SECRET), verb.join(' '))
      assert.ok(stdout.includes('env:SHOP_TOKEN'), verb.join(' '))
    }
  })

  it('are variables of the process, never what objects have by themselves', () => {
    for (const name of ['constructor', '__proto__']) {
      const { status, stderr } = slipway(['run', '--set', `rc.x.argv=["x",{"$secret":"env:${name}"}]`, ECHO], { env })
      assert.equal(status, 125)
      assert.ok(stderr.includes(`is the variable ${name}, which is not set`), stderr)
    }
  })

  it('are in no message, whatever is wrong with their value', () => {
    const config = file('s.json', WITH_SECRET)
    for (const value of [`${SECRET}${'x'.repeat(9000)}`, '']) {
      const { status, stderr } = slipway(['run', '--config', config, ECHO], { env: { ...env, SHOP_TOKEN: value } })
      assert.equal(status, 125)
      assert.match(stderr, /"env:SHOP_TOKEN": has a value that this guest cannot be told/)
      assert.ok(!stderr.includes(SECRET))
    }
  })

  it('are not written into a launcher that is kept, unless somebody asks for it', () => {
    const config = file('s.json', WITH_SECRET)
    const output = join(directory, 'kept')
    const refused = slipway(['compose', '-o', output, '--config', config, ECHO], { env })
    assert.equal(refused.status, 125)
    assert.match(
      refused.stderr,
      /"rc\[0\]\.argv\[2\]" is a secret, and would be written into a file\n {2}give --embed-secrets/,
    )
    assert.ok(!existsSync(output))
    assert.equal(slipway(['compose', '-o', output, '--embed-secrets', '--config', config, ECHO], { env }).status, 0)
    assert.equal(spawnSync(output, { encoding: 'utf8' }).stdout, `public\n${SECRET}\n`)
    assert.equal(statSync(output).mode & 0o777, 0o700)
  })

  it('are in no file while the guest starts: without FFI there is no place for its launcher', () => {
    const bare = join(directory, 'bare')
    mkdirSync(bare)
    for (const part of ['bin', 'dist', 'package.json']) {
      cpSync(join(ROOT, part), join(bare, part), { recursive: true, filter: (path) => !path.includes('types') })
    }
    const start = (...args: readonly string[]) =>
      spawnSync(process.execPath, [join(bare, 'bin/slipway'), 'run', ...args], {
        encoding: 'utf8',
        env: { ...env, XDG_RUNTIME_DIR: directory },
      })
    assert.equal(start('--set', 'hostname=a', ECHO).stdout, '--name=a\n')
    for (const way of [[], ['--timeout', '30s']]) {
      const { status, stdout, stderr } = start(...way, '--config', file('s.json', WITH_SECRET), ECHO)
      assert.deepEqual([status, stdout], [125, ''])
      assert.match(stderr, /a launcher with secrets is held in memory only/)
    }
  })
})

describe('slipway config', linux, () => {
  const config = () => file('shop.json', { ...NET, memory: '64M' })

  it('explains what run would do, with the same flags', () => {
    const { status, stdout } = slipway([
      'config',
      'explain',
      'memory',
      '--config',
      config(),
      '--mem',
      '1G',
      ECHO,
      '--',
      'a',
    ])
    assert.equal(status, 0)
    assert.match(
      stdout,
      /^ {2}memory {2}"1G" {9}--mem\n {10}over "64M" {3}\S*shop\.json:\d+:\d+\n {10}over "512M" {2}defaults\n/m,
    )
  })

  it('shows a document that says the same again', () => {
    const args = ['config', 'show', '--json', '--set', 'env.A=b', '--config']
    const { stdout } = slipway([...args, config(), ECHO, '--', 'x y'])
    const again = slipway(['config', 'show', '--json', '--config', file('again.json', stdout), ECHO])
    assert.equal(again.stdout, stdout)
  })

  it('checks several files, and says so by its status', () => {
    const wrong = file('wrong.json', '{ "a": 1, "b": 2 }')
    const { status, stdout } = slipway(['config', 'check', '--json', config(), wrong])
    assert.equal(status, 1)
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      reports.map(({ accepted, findings }) => [accepted, findings.length]),
      [
        [true, 0],
        [false, 2],
      ],
    )
    assert.equal(slipway(['config', 'check', config()]).status, 0)
    assert.equal(slipway(['config', 'check', join(directory, 'none')]).status, 125)
  })

  it('takes standard input for a file', () => {
    const input = JSON.stringify({ hostname: 'piped' })
    assert.equal(slipway(['config', 'check', '-'], { input }).stdout, '"-": nothing is wrong with it\n')
    assert.match(slipway(['config', 'explain', '--config', '-', ECHO], { input }).stdout, /"piped" {2}-:1:13\n/)
    assert.equal(slipway(['run', '--config', '-', ECHO], { input }).stdout, '--name=piped\n')
  })

  it('takes a pipe for a file, and says of a directory what it wants instead', () => {
    const script = `printf '{ "hostname": "piped" }' | "$0" config show --json --config /dev/stdin "$1"`
    const { stdout, stderr } = spawnSync('sh', ['-c', script, join(ROOT, 'bin/slipway'), ECHO], { encoding: 'utf8' })
    assert.deepEqual([stderr, JSON.parse(stdout).hostname], ['', 'piped'])
    const refused = slipway(['config', 'check', directory])
    assert.match(refused.stderr, /is a directory\n {2}give the path of a file with text in it\n/)
  })

  it('compares two, and says so by its status', () => {
    const other = file('other.json', { ...NET, memory: '128M' })
    assert.equal(slipway(['config', 'diff', config(), config()]).status, 0)
    const { status, stdout } = slipway(['config', 'diff', '--json', config(), other])
    assert.equal(status, 1)
    assert.deepEqual(
      JSON.parse(stdout).changes.map(({ key }: { key: string }) => key),
      ['memory'],
    )
  })

  it('takes a first word for a key only where it is one', () => {
    assert.match(slipway(['config', 'explain', 'envv', '--config', config(), ECHO]).stderr, /there is no key "envv"\n/)
    assert.match(slipway(['config', 'explain', 'hostname', '--hostname', 'a', ECHO]).stdout, /It is read at boot/)
    assert.match(slipway(['config', 'explain', ECHO, '--', 'word']).stdout, /"word"/)
  })
})

describe('configure()', linux, () => {
  it('gives a program what files and flags give the command', async () => {
    const chunks: Uint8Array[] = []
    const config = configure({ documents: [NET, file('name.json', { hostname: 'a' })], set: ['mirage.logs=["debug"]'] })
    const outcome = await run(ECHO, { config, args: ['x'], console: (chunk) => void chunks.push(chunk) })
    assert.deepEqual(outcome, { kind: 'exited', status: 0 })
    const lines = Buffer.concat(chunks).toString().trim().split('\n')
    assert.deepEqual(new Set(lines), new Set(['--ipv4=10.0.0.2/24', '--name=a', '--logs=debug', 'x']))
  })

  it('is told by a plan with its origins', () => {
    const { configuration, commandLine } = describePlan(ECHO, { config: configure({ documents: [NET] }), args: ['x'] })
    assert.equal(commandLine, '--ipv4=10.0.0.2/24 x')
    assert.deepEqual(
      configuration.map(({ key, origin }) => [key, origin.layer]),
      [
        ['rc[0].bin', 'program'],
        ['rc[0].argv[0]', 'program'],
        ['rc[0].argv[1]', 'program'],
        ['net.interfaces.service.addrs[0].addr', 'program'],
        ['memory', 'defaults'],
      ],
    )
  })

  it('takes what is baked in as the layer that all others win over', () => {
    const bytes = new TextEncoder().encode('{ "hostname": "baked", "memory": "64M" }')
    const { settings } = configure({ documents: [{ hostname: 'mine' }] }).effective(withBaked(bytes))
    const [host, memory] = [settings.get('hostname'), settings.get('memory')]
    assert.deepEqual([host?.value, host?.losing[0]?.origin.layer, memory?.origin.layer], ['mine', 'baked', 'baked'])
    const refused = (document: Uint8Array, expected: object): void =>
      assert.throws(() => configure({}).effective(withBaked(document)), { name: 'ConfigError', ...expected })
    const reference = new TextEncoder().encode('{ "env": { "A": { "$secret": "env:HOME" } } }')
    refused(reference, { code: 'BAKED_SECRET', file: 'x' })
    refused(Uint8Array.of(0x22, 0xff), { code: 'SYNTAX' })
    refused(new Uint8Array(2 ** 20 + 1), { code: 'LIMIT' })
  })

  it('never takes what is baked in for a name on this machine', () => {
    const path = file('host-secret', SECRET)
    const text = JSON.stringify({ rc: [{ bin: '*', argv: ['a', '$HOME', `file:${path}`, 'env:HOME', `@${path}`] }] })
    const told = configure({}).tell(withBaked(new TextEncoder().encode(text)), 'hidden')
    assert.equal(told.commandLine, `$HOME file:${path} env:HOME @${path}`)
  })

  it('leaves secrets out of a launcher in memory as well', () => {
    process.env['SLIPWAY_TEST_TOKEN'] = SECRET
    try {
      const config = configure({ set: ['rc.x.argv=["x",{"$secret":"env:SLIPWAY_TEST_TOKEN"}]'] })
      assert.throws(() => compose(ECHO, { config }), { name: 'ConfigError', code: 'NO_SECRET' })
      assert.ok(Buffer.from(compose(ECHO, { config, embedSecrets: true })).includes(SECRET))
    } finally {
      delete process.env['SLIPWAY_TEST_TOKEN']
    }
  })

  it('is given instead of a whole command line, not with one', () => {
    assert.throws(() => describePlan(ECHO, { config: configure({}), commandLine: 'a' }), { name: 'UsageError' })
  })
})

describe('the bundle of slipway run', linux, () => {
  it('has no configuration in it', () => {
    const sentence = 'is nothing that'
    assert.ok(readFileSync(join(ROOT, 'dist/cli-config.cjs'), 'utf8').includes(sentence))
    assert.ok(!readFileSync(join(ROOT, 'dist/cli-run.cjs'), 'utf8').includes(sentence))
  })
})
