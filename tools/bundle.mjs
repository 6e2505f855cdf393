// The bundler, as every tool here uses it: esbuild as WebAssembly, which is the same on every machine and there even where
// optional packages were left out.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, formatMessages, transform } from 'esbuild-wasm'

export { stop } from 'esbuild-wasm'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const TARGET = 'node20.19'

/**
 * Makes an ES module bundle, writes it below the root, and says which files are there now and which went into them.
 * @param {import('esbuild-wasm').BuildOptions & { commonJs?: boolean }} options `commonJs` turns the results into CommonJS
 * @returns {Promise<{ inputs: string[], outputs: string[] }>} inputs below the root, outputs as whole paths
 */
export async function bundle({ commonJs = false, ...options }) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const result = await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: TARGET,
    format: 'esm',
    metafile: true,
    ...options,
    // Known now, so that nothing has to read package.json when it starts.
    define: { __SLIPWAY_VERSION__: JSON.stringify(version), ...options.define },
    write: false,
    // esbuild 0.28.2 as WebAssembly dies when it prints a message itself and standard error is a file.
    logLevel: 'silent',
  })
  const warnings = await formatMessages(result.warnings, { kind: 'warning', color: process.stderr.isTTY })
  process.stderr.write(warnings.join(''))
  for (const { path, text } of result.outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, commonJs ? await toCommonJs(text) : text)
  }
  const outputs = result.outputFiles.map(({ path }) => path)
  return { inputs: Object.keys(result.metafile?.inputs ?? {}), outputs }
}

/**
 * esbuild divides a bundle into files that load when they are needed for ES modules only, so each is converted afterwards.
 * `import()` becomes a late `require`: the loader of ES modules would have to be started first.
 * @param {string} text an ES module
 */
async function toCommonJs(text) {
  const { code } = await transform(text, {
    platform: 'node',
    target: TARGET,
    format: 'cjs',
    minifySyntax: true,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl', 'import.meta.dirname': '__dirname' },
    logLevel: 'silent',
  })
  if (!code.includes('__moduleUrl')) return code
  return `const __moduleUrl = require('node:url').pathToFileURL(__filename).href;\n${code}`
}
