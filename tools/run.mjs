// Runs a TypeScript file of this repository: `node tools/run.mjs FILE [arguments]`. Node 20 does not read TypeScript, so the
// file is bundled into .cache/ and imported from there.

import { readFileSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundle, root, stop } from './bundle.mjs'

/**
 * Bundles each file with what it imports from this repository, packages left out, and imports the results.
 * @param {readonly string[]} files paths below the root
 * @returns {Promise<Record<string, any>[]>} their exports, in the same order
 */
export async function importTypeScript(files) {
  const outdir = join(root, '.cache', `run-${process.pid}`) // two runs at once must not share a half-written file
  const entryPoints = files.map((file) => ({ in: join(root, file), out: file.replace(/\.\w+$/, '') }))
  try {
    await bundle({
      entryPoints,
      outdir,
      packages: 'external',
      outExtension: { '.js': '.mjs' },
      sourcemap: 'inline',
      define: { 'import.meta.url': '__url', 'import.meta.dirname': '__dirname' },
      plugins: [{ name: 'keep-place', setup: keepPlace }],
    })
    void stop() // a benchmark wants the processors for itself
    process.setSourceMapsEnabled(true)
    const modules = []
    for (const { out } of entryPoints) modules.push(await import(pathToFileURL(join(outdir, `${out}.mjs`)).href))
    return modules
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

/**
 * A file that asks where it is must hear its own place, not the bundle's.
 * @param {import('esbuild-wasm').PluginBuild} build
 */
function keepPlace(build) {
  build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const contents = readFileSync(path, 'utf8')
    if (!contents.includes('import.meta.')) return undefined
    const place = `const __url=${JSON.stringify(pathToFileURL(path).href)},__dirname=${JSON.stringify(dirname(path))};`
    return { contents: place + contents, loader: 'ts' } // on the first line, so that line numbers stay true
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [file, ...args] = process.argv.slice(2)
  if (file === undefined) {
    process.stderr.write('usage: node tools/run.mjs FILE.ts [arguments]\n')
    process.exit(2)
  }
  process.argv = [process.execPath, resolve(file), ...args]
  await importTypeScript([relative(root, resolve(file))])
}
