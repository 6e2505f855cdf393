// The checker that guards the layers is itself checked: each kind of violation is planted, in files that exist only here.

import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { checkLayers } from '../../tools/layers/check.ts'

type Files = Record<string, string>

const found = (files: Files): string[] =>
  checkLayers(new Map(Object.entries(files))).map(
    ({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`,
  )

// What may be imported in the cases below.
const TREE: Files = {
  'src/base/errors.ts': 'export const a = 1',
  'src/elf/read.ts': "import { a } from '../base/errors.ts'\nexport const b = a",
  'src/host/files.ts': "import { readFileSync } from 'node:fs'\nexport const c = readFileSync",
  'src/targets/target.ts': 'export type Target = string',
  'src/targets/spt/spt.ts': "import type { Target } from '../target.ts'\nexport const spt: Target = 'spt'",
  'src/deploy/deploy.ts': 'export const d = 1',
}

/** Expects exactly this violation of a file in the tree. */
function refuses(why: string, file: string, text: string, at: string, message: RegExp): void {
  it(`refuses ${why}`, () => {
    const [first = 'nothing', ...others] = found({ ...TREE, [file]: text })
    assert.deepEqual(others, [])
    assert.ok(first.startsWith(`${file}:${at}: `), first)
    assert.match(first, message)
  })
}

function accepts(what: string, file: string, text: string): void {
  it(`accepts ${what}`, () => assert.deepEqual(found({ ...TREE, [file]: text }), []))
}

describe('checkLayers() on arrows', () => {
  const upwards = /imports src\/elf, but src\/base may not/
  const forms: [form: string, at: string, text: string][] = [
    ['a static import', '1:19', "import { b } from '../elf/read.ts'\nexport const x = b"],
    ['an import for its side effects', '2:8', "// nothing is named\nimport '../elf/read.ts'"],
    ['an import over several lines', '4:6', "import {\n  b,\n}\nfrom '../elf/read.ts'\nexport const x = b"],
    ['a dynamic import', '1:31', "export const x = await import('../elf/read.ts')"],
    ['a dynamic import of a template', '1:31', 'export const x = await import(`../elf/read.ts`)'],
    ['a dynamic import in a function', '2:17', "export function f() {\n  return import('../elf/read.ts')\n}"],
    ['a type-only import', '1:24', "import type { b } from '../elf/read.ts'\nexport type X = typeof b"],
    ['an import type', '1:24', "export type X = import('../elf/read.ts').X"],
    ['the type of an import', '1:31', "export type X = typeof import('../elf/read.ts')"],
    ['an import in the old form', '1:20', "import x = require('../elf/read.ts')\nexport const y = x"],
    ['a namespace', '1:20', "import * as x from '../elf/read.ts'\nexport const y = x"],
  ]
  for (const [form, at, text] of forms) refuses(`${form} that points up`, 'src/base/x.ts', text, at, upwards)
  it('refuses a required module that points up, and the loader that pure code cannot have', () => {
    const lines = found({ ...TREE, 'src/base/x.ts': "export const x = require('../elf/read.ts')" })
    assert.equal(lines.length, 2)
    assert.match(lines.join('\n'), /imports src\/elf[^]*uses require/)
  })
  refuses('an arrow that the table lacks', 'src/elf/x.ts', "import '../targets/target.ts'", '1:8', /src\/elf may not/)
  refuses('one in a test beside the source', 'src/base/x.test.ts', "import '../elf/read.ts'", '1:8', upwards)
  refuses('one from the library to the command', 'src/index.ts', "import './cli/x.ts'", '1:8', /imports src\/cli/)
  refuses('a neighbour among the targets', 'src/targets/hvt/x.ts', "import '../spt/spt.ts'", '1:8', /stand alone/)
  refuses('a target in what targets share', 'src/targets/x.ts', "import './spt/spt.ts'", '1:8', /stand alone/)
  refuses('a folder that the table does not have', 'src/misc/x.ts', '', '1:1', /in no folder of the table/)
  refuses('a file beside the library', 'src/x.ts', '', '1:1', /in no folder of the table/)
  refuses('what lies outside', 'src/base/x.ts', "import '../../tools/x.ts'", '1:8', /from outside of src/)
  accepts('an arrow of the table', 'src/artefact/x.ts', "import '../elf/read.ts'")
  accepts('a file of the same folder', 'src/elf/x.ts', "import './read.ts'")
  accepts('the contract of the targets', 'src/targets/hvt/x.ts', "import '../target.ts'")
  accepts('a target in deploy', 'src/deploy/xl/x.ts', "import '../../targets/spt/spt.ts'")
  accepts('everything in the command', 'src/cli/x.ts', "import '../host/files.ts'\nimport '../deploy/deploy.ts'")
  accepts('helpers for a test', 'src/elf/x.test.ts', "import '../../test/support/needs.ts'")
})

describe('checkLayers() on packages', () => {
  refuses('a built-in in the pure half', 'src/base/x.ts', "import 'node:fs'", '1:8', /node:fs, but this folder is pure/)
  refuses('one without its prefix', 'src/host/x.ts', "import 'fs'", '1:8', /write node:fs/)
  refuses('a part of one', 'src/elf/x.ts', "import 'fs/promises'", '1:8', /write node:fs\/promises/)
  refuses('files outside of host', 'src/cli/x.ts', "import 'node:fs'", '1:8', /only src\/host touches the machine/)
  refuses('processes outside of host', 'src/run/x.ts', "import 'node:child_process'", '1:8', /only src\/host/)
  refuses('a package that is not in the list', 'src/elf/x.ts', "import 'zod'", '1:8', /the package zod/)
  refuses('a part of one', 'src/elf/x.ts', "import '@stricli/core/x'", '1:8', /the package @stricli\/core,/)
  refuses('an alias', 'src/elf/x.ts', "import '#base'", '1:8', /imports #base/)
  refuses('an address', 'src/elf/x.ts', "import 'data:text/javascript,1'", '1:8', /imports data:/)
  accepts('a package of the list', 'src/cli/x.ts', "import { run } from '@stricli/core'\nrun()")
  accepts('harmless built-ins above host', 'src/cli/x.ts', "import 'node:path'")
  accepts('every built-in in host', 'src/host/x.ts', "import 'node:child_process'")
  accepts('packages in tests', 'src/base/x.test.ts', "import 'vitest'\nimport 'fast-check'\nimport 'node:fs'")
})

describe('checkLayers() on the pure half', () => {
  const uses: [use: string, named: string, at: string][] = [
    ['Date.now()', 'Date.now', '1:18'],
    ["Date['now']()", 'Date.now', '1:18'],
    ['new Date()', 'new Date()', '1:22'],
    ['new Date', 'new Date()', '1:22'],
    ['Date()', 'Date', '1:18'],
    ['[Date][0]', 'Date', '1:19'],
    ['Math.random()', 'Math.random', '1:18'],
    ["Math['ran' + 'dom']()", 'Math[…]', '1:18'],
    ['((({ random }) => random)(Math))', 'Math', '1:44'],
    ['performance.now()', 'performance', '1:18'],
    ['process.env', 'process', '1:18'],
    ['globalThis.crypto', 'globalThis', '1:18'],
    ['crypto.randomUUID()', 'crypto', '1:18'],
    ['setTimeout(() => {}, 1)', 'setTimeout', '1:18'],
    ['{ process }', 'process', '1:20'],
    ['import.meta.url', 'import.meta', '1:18'],
    ['console.log', 'console', '1:18'],
    ["new Function('return this')()", 'Function', '1:22'],
  ]
  for (const [use, named, at] of uses) {
    const message = new RegExp(`uses ${named.replaceAll(/[.()[\]]/g, '\\$&')}, but src/base is pure`)
    refuses(use, 'src/base/x.ts', `export const x = ${use}`, at, message)
  }
  refuses('a directive for types', 'src/base/x.ts', '/// <reference types="node" />', '1:1', /reference directive/)
  accepts('a date out of numbers', 'src/base/x.ts', 'export const x = new Date(0).getTime() + Date.UTC(1970)')
  accepts('arithmetic', 'src/base/x.ts', 'export const x = Math.max(1, Math.floor(2))')
  accepts('names after a dot and of properties', 'src/base/x.ts', 'export const x = { process: 1 }.process')
  accepts('a parameter of that name', 'src/base/x.ts', 'export const x = (process: number) => process + 1')
  accepts('a pattern with that name', 'src/base/x.ts', 'export const x = ({ a: [module] }: { a: string[] }) => module')
  accepts('the name of a type', 'src/base/x.ts', 'export type X = Date')
  accepts('the clock in host', 'src/host/x.ts', 'export const x = Date.now() + process.pid')
  accepts('the clock in a test', 'src/base/x.test.ts', 'export const x = Date.now()')
})

describe('checkLayers() on files', () => {
  refuses('an import without extension', 'src/elf/x.ts', "import './read'", '1:8', /without its extension/)
  refuses('the extension of the output', 'src/elf/x.ts', "import './read.js'", '1:8', /name the \.ts file/)
  refuses(
    'a private file of another folder',
    'src/elf/x.ts',
    "import '../base/_secret.ts'",
    '1:8',
    /private to its folder/,
  )
  refuses(
    'a private file of the folder above',
    'src/deploy/xl/x.ts',
    "import '../_x.ts'",
    '1:8',
    /private to its folder/,
  )
  accepts('a private file of the same folder', 'src/elf/x.ts', "import './_secret.ts'")
  refuses(
    'an import that no one can follow',
    'src/elf/x.ts',
    'export const x = (s: string) => import(s)',
    '1:33',
    /run time/,
  )
  refuses('what does not parse', 'src/elf/x.ts', 'export const = 1', '1:14', /does not parse/)

  const barrel = /exports what another file defines/
  refuses('a barrel', 'src/elf/x.ts', "export { b } from './read.ts'", '1:1', barrel)
  refuses('a barrel of everything', 'src/elf/x.ts', "export * from './read.ts'", '1:1', barrel)
  refuses('a barrel of types', 'src/elf/x.ts', "export type { b } from './read.ts'", '1:1', barrel)
  refuses('a barrel in two steps', 'src/elf/x.ts', "import { b } from './read.ts'\nexport { b }", '2:10', barrel)
  accepts('re-exports of the library', 'src/index.ts', "export { b } from './elf/read.ts'")

  it('refuses a cycle, once', () => {
    const cycle = {
      'src/elf/x.ts': "import './y.ts'",
      'src/elf/y.ts': "import type { Z } from './z.ts'\nexport type Y = Z",
      'src/elf/z.ts': "export const z = () => import('./x.ts')",
    }
    assert.deepEqual(found(cycle), ['src/elf/z.ts:1:31: imports src/elf/x.ts, which leads back to this file'])
  })
  it('refuses a file that imports itself', () => {
    assert.match(found({ 'src/elf/x.ts': "import './x.ts'" }).join(), /leads back/)
  })
  it('accepts two ways to one file', () => {
    const diamond = {
      'src/elf/a.ts': "import './b.ts'\nimport './c.ts'",
      'src/elf/b.ts': "import './d.ts'",
      'src/elf/c.ts': "import './d.ts'",
      'src/elf/d.ts': '',
    }
    assert.deepEqual(found(diamond), [])
  })
})
