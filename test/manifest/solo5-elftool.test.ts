// slipway-solo5-elftool in the place of the program that it stands in for: under its name, in pipes, with the files that builds have.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { encodeManifestNote } from '../../src/artefact/manifest.ts'
import { guestPath, ROOT } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { noteOf, scratch, tool } from './_tools.ts'

const place = scratch()
const device = (name: string): string => `{ "name": "${name}", "type": "BLOCK_BASIC" }`
const source = (count: number): string => {
  const devices = Array.from({ length: count }, (_, i) => device(`storage${i}`))
  return `{ "type": "solo5.manifest", "version": 1, "devices": [ ${devices.join(', ')} ] }`
}

beforeAll(() => {
  symlinkSync(join(ROOT, 'bin/slipway-solo5-elftool'), place('solo5-elftool'))
  writeFileSync(place('m.json'), source(1))
})

const elftool = (args: readonly string[], input = '') =>
  spawnSync(process.execPath, [place('solo5-elftool'), ...args], { encoding: 'utf8', input, timeout: 60_000 })

/** Runs it, which has to fail with one line. */
function refusal(...args: string[]): string {
  const { status, stdout, stderr } = elftool(args)
  assert.deepEqual([status, stdout], [1, ''])
  assert.equal(stderr.split('\n').length, 2, stderr)
  return stderr
}

describe('slipway-solo5-elftool', () => {
  for (const args of [
    [],
    ['--help'],
    ['gen-manifest'],
    ['gen-manifest', 'a', 'b', 'c'],
    ['query-abi'],
    ['query-manifest', 'a', 'b'],
    ['__proto__'],
  ]) {
    it(`says how it is used, for ${JSON.stringify(args)}`, () => {
      const { status, stdout, stderr } = elftool(args)
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(
        stderr,
        /^usage: solo5-elftool COMMAND \.\.\.\nsolo5-elftool version \d+\.\d+\.\d+\n\nCOMMAND is:\n {4}gen-manifest SOURCE OUTPUT:/,
      )
    })
  }

  it('goes by the name that it is called by', () => {
    symlinkSync(join(ROOT, 'bin/slipway-solo5-elftool'), place('other\u001bname'))
    const { stderr } = spawnSync(process.execPath, [place('other\u001bname')], { encoding: 'utf8' })
    assert.match(stderr, /^usage: other\\u001bname COMMAND/)
  })

  it('asks a unikernel', () => {
    const abi = '{\n  "type": "solo5.abi",\n  "target": "spt",\n  "version": 2\n}\n'
    const manifest = '{\n  "type": "solo5.manifest",\n  "version": 1,\n  "devices": [\n  ]\n}\n'
    assert.equal(elftool(['query-abi', guestPath('hello')]).stdout, abi)
    assert.equal(elftool(['query-manifest', guestPath('hello')]).stdout, manifest)
  })

  const unreadable: [what: string, args: () => string[], line: RegExp][] = [
    [
      'a missing binary',
      () => ['query-abi', 'missing'],
      /^solo5-elftool: missing: Could not open: No such file or directory\n$/,
    ],
    [
      'a folder for a binary',
      () => ['query-manifest', '/'],
      /^solo5-elftool: \/: pread_in_full for elf header while loading note returned 18446744073709551615 < 0\n$/,
    ],
    ['a program for the host', () => ['query-manifest', '/bin/sh'], /^solo5-elftool: \/bin\/sh: invalid executable: /],
    [
      'a missing source',
      () => ['gen-manifest', 'missing', '-'],
      /^solo5-elftool: missing: Could not open for reading: No such file or directory\n$/,
    ],
    ['a folder for a source', () => ['gen-manifest', '/', '-'], /^solo5-elftool: premature EOF in JSON data\n$/],
    [
      'a folder that is missing for the output',
      () => ['gen-manifest', place('m.json'), place('missing/m.c')],
      /^solo5-elftool: .*\/m\.c: Could not open for writing: No such file or directory\n$/,
    ],
    [
      'a folder for the output',
      () => ['gen-manifest', place('m.json'), '/tmp'],
      /^solo5-elftool: \/tmp: Could not open for writing: Is a directory\n$/,
    ],
    ['an escape in a name', () => ['query-abi', '\u001b[2J'], /^solo5-elftool: \\u001b\[2J: Could not open: /],
  ]
  for (const [what, args, line] of unreadable) it(`refuses ${what}`, () => assert.match(refusal(...args()), line))

  it('refuses a folder without permission', needs({ host: ['not-root'] }), () => {
    mkdirSync(place('closed'))
    chmodSync(place('closed'), 0o500)
    assert.match(refusal('gen-manifest', place('m.json'), place('closed/m.c')), /writing: Permission denied\n$/)
  })

  it('refuses 64 devices, as the reference’s own test has it', () => {
    writeFileSync(place('many.json'), source(64))
    const line = refusal('gen-manifest', place('many.json'), '/dev/null')
    assert.equal(line, `solo5-elftool: ${place('many.json')}:1: .devices[]: too many entries, maximum 63\n`)
  })

  it('writes into a device, a link, and standard output', () => {
    assert.equal(elftool(['gen-manifest', place('m.json'), '/dev/null']).status, 0)
    writeFileSync(place('target.c'), '')
    symlinkSync(place('target.c'), place('link.c'))
    assert.equal(elftool(['gen-manifest', place('m.json'), place('link.c')]).status, 0)
    const { stdout } = elftool(['gen-manifest', '-', '-'], source(1))
    assert.equal(readFileSync(place('target.c'), 'utf8'), stdout)
    const piped = '"$0" "$1" gen-manifest "$2" /dev/stdout | cat' // a pipe, because sockets cannot be opened by their names
    const args = [process.execPath, place('solo5-elftool'), place('m.json')]
    assert.equal(spawnSync('/bin/sh', ['-c', piped, ...args], { encoding: 'utf8' }).stdout, stdout)
    assert.match(stdout, /^\/\* .* solo5-elftool \d+\.\d+\.\d+\. \*\/\n/)
  })

  it('leaves what there was where the source is wrong', () => {
    writeFileSync(place('kept.c'), 'old')
    writeFileSync(place('bad.json'), source(1).replace('storage0', ''))
    const before = readdirSync(place('.'))
    assert.match(refusal('gen-manifest', place('bad.json'), place('kept.c')), /\.name may not be empty\n$/)
    refusal('gen-manifest', place('bad.json'), place('new.c'))
    assert.equal(readFileSync(place('kept.c'), 'utf8'), 'old')
    assert.deepEqual(readdirSync(place('.')), before)
  })

  it('ends as by a signal where nobody reads', () => {
    const script = `"$0" "$1" query-manifest "$2"; echo $? >&2`
    const args = [process.execPath, place('solo5-elftool'), guestPath('hello')]
    const { stderr } = spawnSync('/bin/bash', ['-c', `{ sleep 0.3; ${script}; } | true`, ...args], { encoding: 'utf8' })
    assert.equal(stderr, '141\n')
  })

  it('says that standard output is full', needs({ host: ['linux'] }), () => {
    for (const args of [`query-abi "$2"`, `gen-manifest "$3" -`]) {
      const line = [
        '-c',
        `"$0" "$1" ${args} >/dev/full`,
        process.execPath,
        place('solo5-elftool'),
        guestPath('hello'),
        place('m.json'),
      ]
      const { status, stderr } = spawnSync('/bin/sh', line, { encoding: 'utf8' })
      assert.deepEqual(
        [status, stderr],
        [1, 'solo5-elftool: cannot write to standard output: No space left on device\n'],
      )
    }
  })

  it('writes C that compiles to the note, without a header', needs({ commands: ['gcc', 'objcopy'] }), () => {
    const c = elftool(['gen-manifest', '-', '-'], source(63)).stdout
    tool('gcc', ['-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdinc', '-c', '-xc', '-o', place('c.o'), '-'], c)
    const devices = Array.from({ length: 63 }, (_, i) => ({ name: `storage${i}`, type: 'block' }) as const)
    assert.deepEqual(noteOf(place('c.o')), Buffer.from(encodeManifestNote(devices)))
  })
})
