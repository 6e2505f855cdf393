// The bundler, as every tool here uses it: esbuild as WebAssembly, which is the same on every machine and there even where
// optional packages were left out.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, formatMessages } from 'esbuild-wasm'

export { stop } from 'esbuild-wasm'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Makes a bundle, an ES module unless the options say otherwise, and says which files are there now and which went into them.
 * @param {import('esbuild-wasm').BuildOptions} options
 * @returns {Promise<{ inputs: string[], outputs: string[] }>} inputs below the root, outputs as whole paths
 */
export async function bundle(options) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const result = await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    metafile: true,
    ...options,
    // Known now, so that nothing has to read package.json when it starts.
    define: { __SLIPWAY_VERSION__: JSON.stringify(version), ...options.define },
    // esbuild 0.28.2 as WebAssembly dies when it prints a message itself and standard error is a file.
    logLevel: 'silent',
  })
  const warnings = await formatMessages(result.warnings, { kind: 'warning', color: process.stderr.isTTY })
  process.stderr.write(warnings.join(''))
  const { inputs, outputs } = /** @type {import('esbuild-wasm').Metafile} */ (result.metafile)
  return { inputs: Object.keys(inputs), outputs: Object.keys(outputs).map((path) => join(root, path)) }
}
