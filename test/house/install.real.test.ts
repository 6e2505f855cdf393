// Every way in which Slipway gets onto a machine: a checkout with and without install scripts and optional packages, and the
// package as npm publishes it.

import assert from 'node:assert/strict'
import {
  mkdtempSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { needs } from '../support/needs.ts'
import { nodeBinaries } from '../support/node-binaries.ts'
import { copyCheckout, npm, run } from './_checkout.ts'

const VERSION = `slipway ${packageJson.version}\n`

let place = ''
beforeAll(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-install-')))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const versionOf = (command: string, node = process.execPath): string => run(node, [command, '--version'], place).stdout

describe('a checkout without install scripts', needs({ commands: ['git'], host: ['git-checkout'] }), () => {
  let checkout = ''
  let tarball = ''
  beforeAll(() => {
    checkout = join(place, 'checkout')
    copyCheckout(checkout)
    npm(['ci', '--ignore-scripts'], checkout)
  })

  it('says that it is not built', () => {
    const { status, stderr } = run(process.execPath, [join(checkout, 'bin/slipway')], place)
    assert.deepEqual([status, stderr.includes('not built yet')], [125, true])
  })
  it('is ready after npm run build', () => {
    npm(['run', 'build'], checkout)
    assert.equal(versionOf(join(checkout, 'bin/slipway')), VERSION)
  })
  it('comes with the licences of what is bundled', () => {
    const text = readFileSync(join(checkout, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
    assert.match(text, /^@stricli\/core \d+\.\d+\.\d+ \(Apache-2\.0\)$/m)
    assert.match(text, /Apache License\s+Version 2\.0/)
  })
  it('packs what is needed to run, and no sources', () => {
    npm(['pack', '--pack-destination', place], checkout)
    tarball = join(place, `slipway-${packageJson.version}.tgz`)
    const files = run('tar', ['-tzf', tarball], place).stdout.trim().split('\n')
    const frontEnds = ['solo5-elftool', 'solo5-spt'].flatMap((name) => [`bin/slipway-${name}`, `dist/${name}.cjs`])
    const bundles = [
      'cli.cjs',
      'cli-app.cjs',
      'cli-run.cjs',
      'cli-fs.cjs',
      'network.cjs',
      'network-worker.cjs',
      'index.js',
    ].map((name) => `dist/${name}`)
    const made = [...bundles, 'dist/types/index.d.ts', 'docs/reference/slipway.1']
    for (const file of ['bin/slipway', 'bin/front-end', 'bin/package.json', ...frontEnds, ...made]) {
      assert.ok(files.includes(`package/${file}`), `${file} is not in the package`)
    }
    assert.ok(files.includes('package/guests/prebuilt/hello.spt'))
    assert.ok(files.some((file) => file.startsWith('package/schema/')))
    assert.deepEqual(
      files.filter((file) => /^package\/(src|test|tools)\/|\.map$/.test(file)),
      [],
    )
  })

  describe('whose package is installed globally', () => {
    let prefix = ''
    beforeAll(() => {
      prefix = join(place, 'prefix')
      npm(['install', '--global', '--prefix', prefix, '--ignore-scripts', tarball], place)
    })

    for (const { version, path } of nodeBinaries()) {
      it(`starts under Node.js ${version}`, () => assert.equal(versionOf(join(prefix, 'bin/slipway'), path), VERSION))
    }
    it('inspects the guest that comes with it', () => {
      const guest = join(prefix, 'lib/node_modules/slipway/guests/prebuilt/hello.spt')
      const { status, stdout } = run(join(prefix, 'bin/slipway'), ['inspect', '--json', guest], place)
      assert.equal(status, 0)
      assert.equal((JSON.parse(stdout) as { target: string }).target, 'spt')
    })
    it('asks it through the front end, under the name that it replaces', () => {
      const guest = join(prefix, 'lib/node_modules/slipway/guests/prebuilt/hello.spt')
      symlinkSync(join(prefix, 'bin/slipway-solo5-elftool'), join(place, 'solo5-elftool'))
      const { stdout } = run(join(place, 'solo5-elftool'), ['query-abi', guest], place)
      assert.equal((JSON.parse(stdout) as { target: string }).target, 'spt')
      assert.match(run(join(place, 'solo5-elftool'), [], place).stderr, /^usage: solo5-elftool COMMAND/)
    })
    it('runs it', needs({ host: ['linux', 'x86-64'] }), () => {
      const guest = join(prefix, 'lib/node_modules/slipway/guests/prebuilt/hello.spt')
      const { status, stdout } = run(join(prefix, 'bin/slipway'), ['run', guest, '--', 'a word'], place)
      assert.equal(status, 0)
      assert.match(stdout, /SUCCESS/)
    })
    it('runs it through the front end, under the name that it replaces', needs({ host: ['linux', 'x86-64'] }), () => {
      const guest = join(prefix, 'lib/node_modules/slipway/guests/prebuilt/hello.spt')
      symlinkSync(join(prefix, 'bin/slipway-solo5-spt'), join(place, 'solo5-spt'))
      const { status, stdout } = run(join(place, 'solo5-spt'), ['--mem=2', guest, 'word'], place)
      assert.equal(status, 0)
      assert.match(stdout, /^command line: word$/m)
      assert.match(run(join(place, 'solo5-spt'), [], place).stderr, /^solo5-spt: Missing KERNEL operand/)
    })
  })

  describe('whose package is a dependency', () => {
    let project = ''
    beforeAll(() => {
      project = mkdtempSync(join(place, 'project-'))
      writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
      npm(['install', '--ignore-scripts', tarball], project)
    })

    it('is a library', () => {
      const program = "import { inspect } from 'slipway'; console.log(typeof inspect)"
      assert.equal(run(process.execPath, ['--input-type=module', '-e', program], project).stdout, 'function\n')
    })
    it('has types that need no others but those of Node.js', () => {
      writeFileSync(join(project, 'a.ts'), "import { inspect } from 'slipway'\nexport const x: number = inspect\n")
      const modules = join(checkout, 'node_modules')
      const language = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023']
      const types = ['--typeRoots', join(modules, '@types'), '--types', 'node']
      const args = [join(modules, 'typescript/bin/tsc'), '--noEmit', ...language, ...types, 'a.ts']
      const { stdout } = run(process.execPath, args, project)
      assert.deepEqual(stdout.match(/^\S+\(\d+,\d+\): error \w+/gm), ['a.ts(2,14): error TS2322'], stdout)
    })
    it('brings nothing but koffi', () => {
      const names = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))
      assert.deepEqual(names.toSorted(), ['@koromix', 'koffi', 'slipway'])
    })
  })
})

describe('a checkout', needs({ commands: ['git'], host: ['git-checkout'] }), () => {
  it('is ready after npm install --omit=optional', () => {
    const checkout = join(place, 'omit')
    copyCheckout(checkout)
    const lock = readFileSync(join(checkout, 'package-lock.json'), 'utf8')
    const { stdout, stderr } = npm(['install', '--omit=optional'], checkout)
    assert.equal(existsSync(join(checkout, 'node_modules/koffi')), false)
    assert.equal(versionOf(join(checkout, 'bin/slipway')), VERSION)
    assert.doesNotMatch(stdout + stderr, /slipway:|install-scripts|deprecated/)
    assert.equal(readFileSync(join(checkout, 'package-lock.json'), 'utf8'), lock)
  })
  it('asks for no approval of install scripts', () => {
    const checkout = join(place, 'whole')
    copyCheckout(checkout)
    const { stdout, stderr } = npm(['install'], checkout)
    assert.equal(versionOf(join(checkout, 'bin/slipway')), VERSION)
    assert.doesNotMatch(stdout + stderr, /slipway:|install-scripts|deprecated/)
  })
})
