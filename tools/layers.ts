// Checks who imports whom: `node tools/run.mjs tools/layers.ts`. The rules are in tools/layers/; docs/architecture.md tells why.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkLayers } from './layers/check.ts'

const root = join(import.meta.dirname, '..')
const FOLDERS = ['src', 'guests', 'test', 'tools', 'bench', 'examples', 'web']
const SKIPPED = /(^|\/)(node_modules|build)\/|\.d\.ts$/

const files = new Map<string, string>()
for (const folder of FOLDERS.filter((it) => existsSync(join(root, it)))) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    const path = `${folder}/${name.replaceAll('\\', '/')}`
    if (path.endsWith('.ts') && !SKIPPED.test(path)) files.set(path, readFileSync(join(root, path), 'utf8'))
  }
}
const violations = checkLayers(files)
for (const { file, line, column, message } of violations)
  process.stdout.write(`${file}:${line}:${column}: ${message}\n`)
if (files.size === 0) process.stdout.write('no file to check\n')
process.exitCode = violations.length === 0 && files.size > 0 ? 0 : 1
