// Configurations in the words of each family of guests, and back, through the command.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { SAMPLES } from '../../src/artefact/samples.ts'
import { guestPath, ROOT, slipway } from '../support/guests.ts'

const GOLDEN = join(ROOT, 'src/config/dialects/golden')
const golden = (name: string): string => readFileSync(join(GOLDEN, name), 'utf8')
const validator = (name: string) => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schema', name), 'utf8')) as object
  return new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)
}

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-dialects-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, contents: string | Uint8Array): string {
  const path = join(directory, name)
  writeFileSync(path, contents)
  return path
}

describe('slipway config render', () => {
  const render = (...args: readonly string[]) => slipway(['config', 'render', ...args])

  it('prints what a guest receives, to the byte, and notes on standard error', () => {
    const { status, stdout, stderr } = render('--for', 'linux', '--config', join(GOLDEN, 'linux.json'))
    assert.deepEqual([status, stdout, stderr], [0, golden('linux.linux.txt'), ''])
    const unikraft = render('--for', 'unikraft', '--config', join(GOLDEN, 'words.json'))
    assert.equal(unikraft.stdout, golden('words.unikraft.txt'))
    assert.match(unikraft.stderr, /^slipway: the image’s list of parameters is not known/)
  })

  it('ends a document as its carrier wants it', () => {
    const args = [
      '--for',
      'rumprun',
      '--program',
      'shop',
      '--program',
      'httpd',
      '--config',
      join(GOLDEN, 'rumprun.json'),
    ]
    assert.equal(render(...args).stdout, golden('rumprun.rumprun.txt'))
    assert.equal(render(...args, '--carrier', 'cmdline').stdout, golden('rumprun.rumprun.cmdline.txt'))
  })

  it('gives a Solo5 guest what a run gives it', () => {
    const words = ['--set', 'hostname=web', guestPath('echo-args'), '--', 'two words', 'a"b']
    const { stdout } = render(...words)
    assert.equal(stdout, '--name=web two\\ words a\\"b')
    const plan = JSON.parse(slipway(['plan', '--json', ...words]).stdout) as { commandLine: string }
    assert.equal(plan.commandLine, stdout)
  })

  it('takes the list of parameters from a Unikraft image, and refuses what is not in it', () => {
    const [image, old] = new Map(SAMPLES).get('unikraft') ?? []
    assert.ok(image !== undefined && old !== undefined)
    const path = file('app_qemu-x86_64', image)
    const inspected = JSON.parse(slipway(['inspect', '--json', path]).stdout) as { accepts: { name: string }[] }
    assert.ok(inspected.accepts.some(({ name }) => name === 'vfs.fstab'))
    assert.equal(
      render('--set', 'mount./={"source":"initrd"}', path).stdout,
      'app_qemu-x86_64 vfs.fstab=[ initrd0:/:extract::ramfs=1: ] --',
    )
    const { status, stdout, stderr } = render('-e', 'A=1', path)
    assert.deepEqual([status, stdout], [125, ''])
    assert.match(
      stderr,
      /^slipway: "-e A": "env\.A" needs the parameter env\.vars, which the image does not have\n {2}it lists /,
    )
  })

  it('refuses what a guest cannot be told, where it was said', () => {
    const config = file('app.json', '{\n  "env": {\n    "A": "1"\n  }\n}\n')
    const { status, stdout, stderr } = render('--for', 'solo5', '--config', config)
    assert.deepEqual([status, stdout], [125, ''])
    assert.match(stderr, /app\.json":3:10: "env\.A" is nothing that a solo5 guest can be told/)
  })

  it('prints no secret, and says so', () => {
    const args = ['config', 'render', '--for', 'linux', '-e', 'TOKEN']
    const { stdout, stderr } = slipway(args, { env: { ...process.env, TOKEN: 's3cr3t' } })
    assert.equal(stdout, 'TOKEN=<secret:env:TOKEN>')
    assert.equal(stderr, 'slipway: env:TOKEN: put in when the guest is started\n')
  })

  it('refuses a carrier, a platform and a path that will not do', () => {
    assert.match(render('--carrier', 'module').stderr, /a mirage guest reads nothing from the carrier module/)
    assert.match(render('--for', 'rumprun', '--platform', 'solo5').stderr, /no rumprun guests on the platform solo5/)
    const path = ['--for', 'rumprun-legacy', '--carrier', 'cmdline', '--kernel-path', 'a{b']
    assert.match(render(...path).stderr, /has a \{ in it/)
  })

  it('prints a report that its schema describes', () => {
    const validate = validator('render.schema.json')
    const reports = [
      render('--json', '--config', join(GOLDEN, 'words.json')),
      render('--json', '--for', 'linux', '-e', 'TOKEN', '--config', join(GOLDEN, 'linux.json')),
      render('--json', guestPath('hello'), '--', 'word'),
    ].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>)
    for (const report of reports) assert.ok(validate(report), JSON.stringify(validate.errors))
    assert.deepEqual(
      reports.map(({ bytes }) => bytes),
      [golden('words.mirage.txt').length, null, 4],
    )
    assert.deepEqual(
      reports.map((report) => report['file']),
      [null, null, guestPath('hello')],
    )
    assert.ok(!validate({ ...reports[0], extra: 1 }))
  })
})

describe('slipway config import', () => {
  const importFrom = (format: string, input: string, ...args: readonly string[]) =>
    slipway(['config', 'import', '--from', format, ...args], { input })

  it('prints the document, and what was tolerated on standard error', () => {
    const { status, stdout, stderr } = importFrom('rumprun-legacy', 'x {"c":"p a"}')
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout), {
      schema: 'slipway.config',
      schemaVersion: 1,
      rc: [{ bin: '*', argv: ['p', 'a'] }],
    })
    assert.match(
      stderr,
      /^standard input:1:1: "x " stands in front .*\nstandard input:1:4: "c" is taken for cmdline.*\n$/,
    )
    assert.ok(stdout.endsWith('}\n'))
  })

  it('prints both in a report that its schema describes', () => {
    const validate = validator('import.schema.json')
    const { stdout, stderr } = importFrom('xl', "kernel = 'x'\nextra = '--ipv4=10.0.0.2/24'", '--json')
    const report = JSON.parse(stdout) as { notices: object[] }
    assert.ok(validate(report), JSON.stringify(validate.errors))
    assert.deepEqual([report.notices.length, stderr], [1, ''])
  })

  it('gives back what was rendered', () => {
    for (const [name, dialect, ...args] of [
      ['rumprun', 'rumprun', '--program', 'shop', '--program', 'httpd'],
      ['rumprun-legacy-line', 'rumprun-legacy'],
    ] as const) {
      const path = file(`${name}.txt`, golden(`${name}.${dialect}.txt`))
      const { stdout } = slipway(['config', 'import', '--from', dialect, ...args, path])
      const again = slipway(['config', 'render', '--for', dialect, ...args, '--config', file(`${name}.json`, stdout)])
      assert.equal(again.stdout.trimEnd(), golden(`${name}.${dialect}.txt`).trimEnd())
    }
  })

  it('refuses what guests refuse, with its place', () => {
    const { status, stdout, stderr } = importFrom('rumprun', '{\n "env": {"A": 1} }')
    assert.deepEqual([status, stdout], [125, ''])
    assert.equal(stderr, 'slipway: "standard input":2:15: "A" must be a string, not a number\n')
  })

  it('refuses --guest where there is none to choose', () => {
    assert.match(importFrom('rumprun', '{}', '--guest', 'linux').stderr, /--guest is for an xl\.cfg/)
  })
})
