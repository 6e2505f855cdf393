// Files that are made out of others: every tools/generate-*.ts exports `generate()`, which returns texts by path.
//
//   node tools/generated.mjs          compares them with what is checked in: a step of the gate
//   node tools/generated.mjs --write  writes them: `npm run generate`
//
// A generator that calls programs names them, `export const needs = { commands: ['as'], apt: ['binutils'] }`. Where one is
// missing its files are not compared, which is said, and which after `npm run test:all` is a failure.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './bundle.mjs'
import { hasProgram } from './programs.mjs'
import { importTypeScript } from './run.mjs'

async function main() {
  const write = process.argv.includes('--write')
  const everythingThere = process.env['SLIPWAY_TEST_ALL'] === '1'
  const generators = readdirSync(join(root, 'tools')).filter((file) => /^generate-.*\.ts$/.test(file))
  const modules = await importTypeScript(generators.map((file) => `tools/${file}`))
  let failed = false
  for (const [i, { generate, needs = {} }] of modules.entries()) {
    const missing = (needs.commands ?? []).filter((/** @type {string} */ name) => !hasProgram(name))
    if (missing.length > 0) {
      const advice = `apt-get install ${(needs.apt ?? missing).join(' ')}`
      process.stdout.write(`tools/${generators[i]}: not run, ${missing.join(' and ')} missing (${advice})\n`)
      failed ||= write || everythingThere
      continue
    }
    for (const [path, text] of await generate()) {
      const file = join(root, path)
      if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
      if (write) {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
      process.stdout.write(
        write ? `${path}: written\n` : `${path}: is not what tools/${generators[i]} makes: npm run generate\n`,
      )
      failed ||= !write
    }
  }
  if (failed) process.exitCode = 1
}

await main()
