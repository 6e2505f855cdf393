// `slipway run` and `slipway fs` are parsed in bundles of their own, and nobody may notice but by their speed.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { guestPath, ROOT, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const bundle = (name: string): string => join(ROOT, 'dist', `${name}.cjs`)

function outcomeOf(name: string, words: readonly string[]) {
  const program = 'require(process.argv[1]).main(JSON.parse(process.argv[2]))'
  const args = ['-e', program, bundle(name), JSON.stringify(words)]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  return { status, stdout, stderr }
}

describe('the bundle of slipway run', needs({ host: ['linux', 'x86-64'] }), () => {
  const cases: readonly string[][] = [
    ['run', '--help'],
    ['run'],
    ['run', '--mem=', guestPath('hello')],
    ['run', '--mem', 'lots', guestPath('hello')],
    ['run', '--consol', 'raw', guestPath('hello')],
    ['run', '-x', guestPath('hello')],
    ['run', '--console', 'loud', guestPath('hello')],
    ['run', 'there-is-none.spt'],
    ['run', guestPath('hello'), '--', 'one', 'two words'],
    ['run', '--version'],
  ]
  for (const words of cases) {
    it(`does with ${words.join(' ')} what that of all verbs does`, () => {
      const whole = outcomeOf('cli-app', words)
      assert.deepEqual(outcomeOf('cli-run', words), whole)
      assert.notEqual(whole.stdout + whole.stderr, '')
    })
  }

  it('is the one that slipway run takes, and help the other', () => {
    assert.equal(slipway(['run', '--help']).stdout, slipway(['help', 'run']).stdout)
    const program = 'require(process.argv[1]); setTimeout(() => console.log(Object.keys(require.cache).join()))'
    const args = ['-e', program, bundle('cli'), 'run', '--help']
    const traced = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.match(traced.stdout, /cli-run\.cjs/)
    assert.doesNotMatch(traced.stdout, /cli-app\.cjs/)
  })

  it('does not hold the networks that a guest may be on: few guests are', () => {
    const words = 'frames travel over UDP'
    assert.ok(readFileSync(bundle('network'), 'utf8').includes(words))
    assert.ok(!readFileSync(bundle('cli-run'), 'utf8').includes(words))
  })

  it('does not hold the other verbs', () => {
    const brief = 'Write a self-contained launcher'
    assert.ok(readFileSync(bundle('cli-app'), 'utf8').includes(brief))
    assert.ok(!readFileSync(bundle('cli-run'), 'utf8').includes(brief))
  })
})

describe('the bundle of slipway fs', () => {
  const cases: readonly string[][] = [
    ['fs', '--help'],
    ['fs'],
    ['fs', 'creat'],
    ['fs', 'create', '--help'],
    ['fs', 'create', '-o', 'image.tar'],
    ['fs', 'create', '-R', 'there-is-none', '-o', 'image.tar'],
    ['fs', 'create', '-R', ROOT, '--format', 'zip', '-o', 'image.zip'],
    ['fs', 'ls', join(ROOT, 'bin')],
    ['fs', 'cat', join(ROOT, 'bin:/slipway')],
  ]
  for (const words of cases) {
    it(`does with ${words.join(' ')} what that of all verbs does`, () => {
      const whole = outcomeOf('cli-app', words)
      assert.deepEqual(outcomeOf('cli-fs', words), whole)
      assert.notEqual(whole.stdout + whole.stderr, '')
    })
  }

  it('is the one that slipway fs takes, with neither guests nor what packing takes', () => {
    const [loaded, modules] = loadedBy(['fs', 'ls', join(ROOT, 'bin')])
    assert.match(loaded, /cli-fs\.cjs/)
    assert.doesNotMatch(loaded, /cli-app\.cjs|parser\.cjs|codecs\.cjs/)
    assert.doesNotMatch(modules, /NativeModule (crypto|worker_threads|zlib)\b/)
    const brief = 'Write a self-contained launcher'
    assert.ok(!readFileSync(bundle('cli-fs'), 'utf8').includes(brief))
  })
})

/** The files and the modules of Node.js that are loaded when it is done. */
function loadedBy(words: readonly string[]): [files: string, modules: string] {
  const report = 'console.error(`${Object.keys(require.cache)}\\n${process.moduleLoadList}`)'
  const program = `require(process.argv[1]); process.on('exit', () => ${report})`
  const args = ['-e', program, bundle('cli'), ...words]
  const [files = '', modules = ''] = spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr.split('\n')
  return [files, modules]
}
