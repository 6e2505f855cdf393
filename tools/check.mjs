// The gate: `npm run check` runs every step, `npm run check -- lint types` those it names. One line per step with its time; of a
// step that fails, everything it printed.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '../..')

/**
 * What each step runs with Node.js; the longest first, so that the others fill the time beside it.
 * @type {ReadonlyMap<string, readonly string[]>}
 */
const STEPS = new Map([
  ['unit tests', ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit']],
  ['build', ['tools/build.mjs']],
  ['generated files', ['tools/generated.mjs']],
  ['layers', ['tools/run.mjs', 'tools/layers.ts']],
  ['types', ['node_modules/typescript/bin/tsc', '-p', '.']],
  ['pure types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.pure.json']],
  ['web types', ['node_modules/typescript/bin/tsc', '-p', 'web']],
  ['lint', ['node_modules/oxlint/bin/oxlint']],
  ['dead exports', ['node_modules/knip/bin/knip.js', '--no-progress']],
  ['format', ['node_modules/@biomejs/biome/bin/biome', 'format', '--max-diagnostics=10', '.']],
])

/** Without those that run as tests anyway. */
export const STATIC_STEPS = [...STEPS.keys()].filter((name) => name !== 'unit tests')

/**
 * Runs steps, as many at once as there are processors.
 * @param {readonly string[]} names
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function check(names) {
  const waiting = [...names]
  const counts = { passed: 0, failed: 0 }
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const start = performance.now()
      const { ok, output } = await run(STEPS.get(name) ?? [])
      const seconds = ((performance.now() - start) / 1000).toFixed(1)
      process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(16)} ${seconds.padStart(5)} s\n${ok ? '' : output}`)
      counts[ok ? 'passed' : 'failed']++
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), waiting.length) }, worker))
  return counts
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
function run(args) {
  return new Promise((resolve) => {
    // What the tools colour goes through a pipe: they have to be told that somebody looks.
    const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...colour } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.once('error', (error) => resolve({ ok: false, output: `${error.message}\n` }))
    child.once('close', (status) => resolve({ ok: status === 0, output }))
  })
}

async function main() {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !STEPS.has(name))
  if (unknown !== undefined || !existsSync(join(root, 'node_modules/vitest'))) {
    const problem =
      unknown === undefined
        ? 'run `npm install` first'
        : `no step ${unknown}; there are ${[...STEPS.keys()].join(', ')}`
    process.stderr.write(`check: ${problem}\n`)
    process.exitCode = 2
    return
  }
  const { failed } = await check(names.length > 0 ? names : [...STEPS.keys()])
  if (failed > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
