// A verb that writes a file does not write over one that it has read, whatever name that is given.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { guestPath, ROOT, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

let directory = ''
const file = (name: string): string => join(directory, name)
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-other-file-'))
  copyFileSync(guestPath('blk'), file('blk.spt'))
  copyFileSync(join(ROOT, 'guests/blk/manifest.json'), file('m.json'))
  symlinkSync('m.json', file('link.json'))
  linkSync(file('m.json'), file('hard.json'))
  writeFileSync(file('disk.img'), '')
  truncateSync(file('disk.img'), 4096)
  const wiring = { schema: 'slipway.wiring', schemaVersion: 1, block: { storage: { path: 'disk.img' } } }
  writeFileSync(file('w.json'), JSON.stringify(wiring))
})
afterAll(() => rmSync(directory, { recursive: true }))

const calls: [what: string, input: string, args: readonly string[]][] = [
  ['manifest new', 'm.json', ['manifest', 'new', '-o', 'm.json', 'm.json']],
  ['manifest new through a symbolic link', 'm.json', ['manifest', 'new', '-o', 'm.json', 'link.json']],
  ['manifest new through a hard link', 'm.json', ['manifest', 'new', '-o', 'hard.json', 'm.json']],
  ['manifest embed, over its manifest', 'm.json', ['manifest', 'embed', '-o', 'm.json', 'blk.spt', 'm.json']],
  ['manifest embed, over its unikernel', 'blk.spt', ['manifest', 'embed', '-o', 'blk.spt', 'blk.spt', 'm.json']],
  ['compose, over its artefact', 'blk.spt', ['compose', '-o', 'blk.spt', '--wiring', 'w.json', 'blk.spt']],
  ['compose, over its wiring', 'w.json', ['compose', '-o', 'w.json', '--wiring', 'w.json', 'blk.spt']],
  ['compose, over its disk', 'disk.img', ['compose', '-o', 'disk.img', '--wiring', 'w.json', 'blk.spt']],
]

describe('a verb that writes', needs({ host: ['linux', 'x86-64'] }), () => {
  for (const [what, input, args] of calls) {
    it(`leaves what it has read: ${what}`, () => {
      const before = readFileSync(file(input))
      const { status, stderr } = slipway(args, { cwd: directory })
      assert.equal(status, 125, stderr)
      assert.deepEqual(readFileSync(file(input)), before)
    })
  }

  it('leaves what it has read: slipway-solo5-elftool, with the status of the original', () => {
    const before = readFileSync(file('m.json'))
    const tool = join(ROOT, 'bin/slipway-solo5-elftool')
    const result = spawnSync(process.execPath, [tool, 'gen-manifest', 'm.json', 'm.json'], {
      cwd: directory,
      encoding: 'utf8',
    })
    assert.equal(result.status, 1, result.stderr)
    assert.deepEqual(readFileSync(file('m.json')), before)
  })
})
