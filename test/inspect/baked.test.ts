// What slipway inspect and slipway diff say about artefacts that slipway bake has made, and what binutils say about them.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, it } from 'vitest'
import { parseInspectReport } from '../../src/artefact/parse-report.ts'
import { sampleBzImage } from '../../src/artefact/sample-boot.ts'
import { sampleUnikraft } from '../../src/artefact/samples.ts'
import { guestPath, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { run, scratch } from './_tools.ts'

describe('what is baked into an artefact', () => {
  const directory = scratch()
  const place = (name: string): string => join(directory, name)
  const TIME = ['--mtime', '2026-01-02', '--owner', '0:0']
  const bake = (output: string, ...args: string[]): void => {
    const { status, stderr } = slipway(['bake', ...args, '-o', place(output)])
    assert.equal(status, 0, stderr)
  }
  const inspect = (file: string) => parseInspectReport(slipway(['inspect', '--json', file]).stdout, file)
  const diff = (before: string, after: string) => slipway(['diff', before, after])

  beforeAll(() => {
    mkdirSync(place('site'))
    writeFileSync(place('site/index.html'), 'hello')
    writeFileSync(place('app.json'), '{ "hostname": "shop", "memory": "64M" }\n')
    bake('files.spt', guestPath('blk'), '-R', place('site'), ...TIME)
    bake('shop.spt', place('files.spt'), '--config', place('app.json'), '--add', `hello=${guestPath('hello')}`)
  })

  it('is shown by slipway inspect, for people and for programs', () => {
    const report = inspect(place('shop.spt'))
    assert.deepEqual(report.findings, [])
    assert.equal(report.baked?.program, 'files')
    assert.deepEqual(
      report.baked?.parts.map(({ kind, name, format }) => [kind, name, format]),
      [
        ['config', null, null],
        ['program', 'hello', null],
        ['files', 'storage', 'tar'],
      ],
    )
    const bytes = readFileSync(place('shop.spt'))
    for (const { offset, length, digest } of report.baked?.parts ?? []) {
      assert.equal(
        createHash('sha256')
          .update(bytes.subarray(offset, offset + length))
          .digest('hex'),
        digest,
      )
    }
    const text = slipway(['inspect', place('shop.spt')]).stdout
    assert.match(text, /\n {2}1 {2}block {2}"storage" {2}nothing: it is baked in\n/)
    assert.match(text, /\nprograms\n.*\n {2}"files" .* block "storage"\n {2}"hello" .* none\n/)
  })

  it('is shown of kernels of other families', () => {
    writeFileSync(place('vmlinuz'), sampleBzImage())
    writeFileSync(place('unikraft'), sampleUnikraft())
    for (const [file, family] of [
      ['vmlinuz', 'linux'],
      ['unikraft', 'unikraft'],
    ] as const) {
      bake(`${file}.baked`, place(file), '-R', place('site'), '--device', 'rootfs', ...TIME)
      const report = inspect(place(`${file}.baked`))
      assert.deepEqual(
        [report.family, report.baked?.parts.map(({ kind, name }) => `${kind} ${name}`)],
        [family, ['files rootfs']],
      )
      const before = readFileSync(place(file))
      assert.ok(
        readFileSync(place(`${file}.baked`))
          .subarray(0, before.length)
          .equals(before),
      )
    }
  })

  it('is a finding where it is damaged', () => {
    const bytes = readFileSync(place('files.spt'))
    const note = bytes.indexOf('BAK1Slipway')
    bytes.writeUInt32LE(2, note + 12) // the version
    writeFileSync(place('newer.spt'), bytes)
    const report = inspect(place('newer.spt'))
    assert.deepEqual(
      report.findings.map(({ severity, field, offset }) => [severity, field, offset]),
      [['refused', 'baked.version', note + 12]],
    )
    const refused = slipway(['run', place('newer.spt')])
    assert.deepEqual([refused.status, refused.stdout], [125, ''])
    assert.match(refused.stderr, /baked\.version at offset \d+: is 2, only 1 is known\n {2}use a newer Slipway\n$/)
  })

  it('is compared by slipway diff', () => {
    const more = diff(place('files.spt'), place('shop.spt'))
    assert.equal(more.status, 1)
    assert.match(more.stdout, /\nasks for\n {2}\+ {2}program {2}"hello"/)
    assert.match(more.stdout, /\ngave up\n {2}- {2}memory {2}64 MiB unless --mem says otherwise {2}was 512 MiB\n/)
    assert.match(more.stdout, /\nbaked in\n {2}\+ {2}config {3}- .*\n {2}\+ {2}program {2}"hello"/)
    writeFileSync(place('site/more.html'), 'more'.repeat(5000))
    bake('more.spt', guestPath('blk'), '-R', place('site'), ...TIME)
    const other = diff(place('files.spt'), place('more.spt'))
    assert.deepEqual([other.status, /~ {2}files {2}"storage" {2}tar {2}.* {2}was /.test(other.stdout)], [0, true])
    const without = diff(place('files.spt'), guestPath('blk'))
    assert.equal(without.status, 1)
    assert.match(without.stdout, /\nasks for\n {2}\+ {2}block {2}"storage"/)
    assert.equal(diff(place('files.spt'), place('files.spt')).stdout.split('\n').length, 2)
  })

  it('is nothing that binutils load, and nothing that they keep', needs({ commands: ['readelf', 'strip'] }), () => {
    const loads = (file: string): string[] => run('readelf', '-lW', file).match(/^ {2}LOAD .*$/gm) ?? []
    assert.ok(loads(guestPath('blk')).length > 2)
    assert.deepEqual(loads(place('shop.spt')), loads(guestPath('blk')))
    copyFileSync(place('shop.spt'), place('stripped.spt'))
    run('strip', place('stripped.spt'))
    const { status, stderr } = slipway(['inspect', place('stripped.spt')])
    assert.equal(status, 125)
    assert.match(stderr, /phdr\[9\]\.p_filesz at offset \d+: is 0, too small for a note/)
  })
})
