// The build step itself.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { needs } from '../test/support/needs.ts'
import { GUESTS, guestNames } from './tools/sources.mjs'

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-build-test-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function build(guests: string, args: string[], env = process.env) {
  return spawnSync(process.execPath, [join(guests, 'build.mjs'), ...args], { encoding: 'utf8', env })
}

// The sources somewhere else, under a name of another length and with a space in it.
function copyOfGuests(): string {
  const copy = join(scratch, 'a copy', 'guests')
  cpSync(GUESTS, copy, { recursive: true, filter: (path) => !/(prebuilt|guests\/build)$/.test(path) })
  return copy
}

describe('guests/build.mjs', needs({ commands: ['gcc', 'ld'], host: ['x86-64'] }), () => {
  it('builds all guests without a warning, and the same bytes in another directory', { timeout: 120_000 }, () => {
    const [here, there] = [join(scratch, 'here'), join(scratch, 'there')]
    const first = build(GUESTS, ['--out', here])
    const second = build(copyOfGuests(), ['--out', there])
    assert.deepEqual([first.status, first.stderr, second.status, second.stderr], [0, '', 0, ''])
    assert.deepEqual(
      readdirSync(here).sort(),
      guestNames()
        .map((name) => `${name}.spt`)
        .sort(),
    )
    for (const file of readdirSync(here)) {
      assert.ok(readFileSync(join(here, file)).equals(readFileSync(join(there, file))), file)
    }
  })

  it('puts the devices of manifest.json into the image', { timeout: 60_000 }, () => {
    const copy = copyOfGuests()
    const devices = [{ name: 'service0', type: 'NET_BASIC' }]
    writeFileSync(join(copy, 'hello/manifest.json'), JSON.stringify({ type: 'solo5.manifest', version: 1, devices }))
    const result = build(copy, ['--out', join(scratch, 'devices'), 'hello'])
    assert.equal(result.status, 0, result.stderr)
    assert.ok(readFileSync(join(scratch, 'devices/hello.spt')).includes('service0\0'))
  })

  it('stops at a manifest that is wrong', { timeout: 60_000 }, () => {
    const copy = copyOfGuests()
    writeFileSync(join(copy, 'hello/manifest.json'), '{"type":"solo5.manifest","version":2,"devices":[]}')
    const result = build(copy, ['--out', join(scratch, 'wrong'), 'hello'])
    assert.equal(result.status, 1)
    assert.match(result.stderr, /manifest\.json: version is not 1/)
  })
})

describe('guests/build.mjs without a compiler', () => {
  it('says which tool is missing and how to get it', () => {
    const empty = join(scratch, 'empty')
    mkdirSync(empty)
    const result = build(GUESTS, ['--out', join(scratch, 'none')], { PATH: empty })
    assert.equal(result.status, 1)
    assert.match(result.stderr, /gcc is not installed; on Debian: apt-get install gcc/)
  })

  const cases: [why: string, args: string[], message: RegExp][] = [
    ['an unknown guest', ['no-such-guest'], /no guest "no-such-guest"; there are .*hello/],
    ['an unknown option', ['--fast'], /usage:/],
    ['--out without a folder', ['--out'], /usage:/],
    ['two places', ['--prebuilt', '--out', 'x'], /usage:/],
  ]
  for (const [why, args, message] of cases) {
    it(`rejects ${why}`, () => {
      const result = build(GUESTS, args)
      assert.equal(result.status, 1)
      assert.match(result.stderr, message)
    })
  }
})
