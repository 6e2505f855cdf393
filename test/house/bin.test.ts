// What is in bin/, where there is nothing for it to start.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const BIN = join(import.meta.dirname, '../../bin')

describe('bin/slipway', () => {
  let place = ''
  beforeEach(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-bin-')))
    cpSync(BIN, join(place, 'bin'), { recursive: true })
  })
  afterEach(() => rmSync(place, { recursive: true }))

  const start = (...options: string[]) =>
    spawnSync(process.execPath, [...options, join(place, 'bin/slipway'), '--version'], { encoding: 'utf8' })

  it('prints one line where it is not built', () => {
    const { status, stdout, stderr } = start()
    assert.deepEqual({ status, stdout }, { status: 125, stdout: '' })
    assert.equal(stderr, `slipway: not built yet: run \`npm install\` or \`npm run build\` in ${place}\n`)
  })

  it('does not take a fault inside of the build for that', () => {
    mkdirSync(join(place, 'dist'))
    writeFileSync(join(place, 'dist/cli.cjs'), "require('./missing.cjs')")
    const { status, stderr } = start()
    assert.equal(status, 1)
    assert.match(stderr, /Cannot find module '.\/missing.cjs'/)
  })

  it('prints one line under a Node.js that is too old', () => {
    const disguise = join(place, 'disguise.cjs')
    const versions = (node: string): string => `{ value: { ...process.versions, node: '${node}' } }`
    for (const [node, status] of [
      ['18.20.8', 125],
      ['20.18.3', 125],
      ['20.19.0', 125],
      ['21.0.0', 125],
    ] as const) {
      writeFileSync(disguise, `Object.defineProperty(process, 'versions', ${versions(node)})`)
      const result = start('--require', disguise)
      const tooOld = `slipway: needs Node.js 20.19 or newer, this is ${node}\n`
      assert.equal(result.status, status)
      if (node.startsWith('18') || node === '20.18.3') assert.equal(result.stderr, tooOld)
      else assert.match(result.stderr, /not built yet/)
    }
  })
})

describe('a front end in bin/', () => {
  let place = ''
  beforeEach(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-bin-')))
    cpSync(BIN, join(place, 'bin'), { recursive: true })
  })
  afterEach(() => rmSync(place, { recursive: true }))

  const frontEnds = Object.entries(packageJson.bin).filter(([name]) => name !== 'slipway')
  for (const [name, path] of frontEnds) {
    const start = (...options: string[]) =>
      spawnSync(process.execPath, [...options, join(place, path)], { encoding: 'utf8' })

    it(`prints one line where ${name} is not built`, () => {
      const { status, stdout, stderr } = start()
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' })
      assert.equal(stderr, `${name}: not built yet: run \`npm install\` or \`npm run build\` in ${place}\n`)
    })

    it(`does not take a fault inside of ${name} for that`, () => {
      mkdirSync(join(place, 'dist'))
      writeFileSync(join(place, `dist/${name.replace('slipway-', '')}.cjs`), "require('./missing.cjs')")
      assert.match(start().stderr, /Cannot find module '.\/missing.cjs'/)
    })

    it(`says under which Node.js ${name} starts`, () => {
      const disguise = join(place, 'disguise.cjs')
      const versions = "{ value: { ...process.versions, node: '20.18.3' } }"
      writeFileSync(disguise, `Object.defineProperty(process, 'versions', ${versions})`)
      const { status, stderr } = start('--require', disguise)
      assert.deepEqual([status, stderr], [1, `${name}: needs Node.js 20.19 or newer, this is 20.18.3\n`])
    })
  }
})
