// What has to hold for the files of the repository as they lie there.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const MADE = new Set(['.git', 'node_modules', 'dist', '.cache']) // not ours, or not checked in

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const readJson = (path: string): Record<string, unknown> => JSON.parse(read(path)) as Record<string, unknown>

function* entries(folder = ''): Generator<{ path: string; link: boolean }> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (MADE.has(entry.name) || path === join('guests', 'build')) continue
    if (entry.isDirectory()) yield* entries(path)
    else yield { path, link: entry.isSymbolicLink() }
  }
}

describe('the lock file', () => {
  const packages = Object.entries(readJson('package-lock.json')['packages'] as Record<string, Record<string, unknown>>)

  it('says nothing of where packages are downloaded from', () => {
    assert.deepEqual(
      packages.filter(([, it]) => 'resolved' in it).map(([name]) => name),
      [],
    )
  })
  it('knows the contents of every package that was fetched when it was written', () => {
    const unknown = packages.filter(([name, it]) => name !== '' && !('integrity' in it))
    assert.deepEqual(
      unknown.filter(([, it]) => it['optional'] !== true || !('os' in it)).map(([name]) => name),
      [],
    )
  })
  it('has an entry for the optional packages of every system, or `npm ci` refuses it (npm run lock adds them)', () => {
    const wanted = packages.flatMap(([, it]) => Object.keys((it['optionalDependencies'] as object | undefined) ?? {}))
    const there = new Set(packages.map(([name]) => name))
    assert.deepEqual(
      wanted.filter((name) => !there.has(`node_modules/${name}`)),
      [],
    )
  })
})

describe('package.json', () => {
  const { dependencies, devDependencies, optionalDependencies, allowScripts, scripts } = readJson('package.json')

  it('names exact versions', () => {
    for (const [name, version] of Object.entries({
      ...(devDependencies as object),
      ...(optionalDependencies as object),
    })) {
      assert.match(version as string, /^\d+\.\d+\.\d+$/, name)
    }
  })
  it('has nothing to install at run time but the optional koffi', () => {
    assert.equal(dependencies, undefined)
    assert.deepEqual(Object.keys(optionalDependencies as object), ['koffi'])
  })
  it('lets no package run a script while it is installed', () => {
    assert.deepEqual(allowScripts, { koffi: false })
  })
  it('has no script that npm would run, or want approved, where the package is installed', () => {
    const names = Object.keys(scripts as object)
    assert.deepEqual(
      names.filter((name) => ['preinstall', 'install', 'postinstall', 'prepare'].includes(name)),
      [],
    )
  })
})

describe('the tree', () => {
  it('has no symbolic links', () => {
    assert.deepEqual(
      [...entries()].filter(({ link }) => link).map(({ path }) => path),
      [],
    )
  })
  it('keeps line feeds everywhere', () => {
    assert.match(read('.gitattributes'), /^\* text=auto eol=lf$/m)
    const text = [...entries()].filter(({ path }) => /\.(ts|mjs|js|json|md|txt|c|h|S|ld)$|^bin.slipway/.test(path))
    assert.ok(text.length > 50, `only ${text.length} files`)
    for (const { path } of text) assert.ok(!read(path).includes('\r'), path)
  })
  it('has executables that can be executed', () => {
    for (const path of ['bin/slipway', '.ci/run']) {
      assert.equal(statSync(join(ROOT, path)).mode & 0o111, 0o111, path)
      assert.match(read(path), /^#!\/usr\/bin\/env /, path)
    }
  })
  it('has a CI script that says what the README says', () => {
    assert.match(read('.ci/run'), /^npm install && npm run test:all$/m)
  })
})
