// Makes dist/ out of src/: the command as one CommonJS file (that starts faster than ES modules), the library as one ES module,
// the licences of what is inside them, and the library's types.
//
//   node tools/build.mjs            all of it; no types where the compiler is missing
//   node tools/build.mjs --types    types too, or fail: what `npm pack` calls
//   node tools/build.mjs --prepare  what `npm install` in a checkout calls, as `preprepare`: a script called `prepare` npm would
//                                   also want approved by everybody who installs the package from a file

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const common = {
  outdir: 'dist',
  external: ['koffi'], // native code: stays an optional package, loaded by the few features that need it
  mainFields: ['module', 'main'],
  legalComments: /** @type {const} */ ('none'), // gathered in THIRD-PARTY-LICENSES.txt instead
}

/**
 * What the command loads by `import()`: a bundle for each.
 * @type {ReadonlyMap<string, string>}
 */
const PARTS = new Map([
  ['src/cli/app.ts', 'cli-app'],
  ['src/cli/run-app.ts', 'cli-run'],
  ['src/cli/fs-app.ts', 'cli-fs'],
  ['src/run/configure.ts', 'cli-config'], // only where a guest is told more than words
  ['src/cli/complete-settings.ts', 'cli-settings'], // only for whoever completes a line
  ['src/run/guest-networks.ts', 'network'], // only where it is on a network of ours
])

/** What threads run, of the command and of the library. */
const THREADS = [
  { in: 'src/host/network/worker.ts', out: 'network-worker' },
  { in: 'src/host/codecs/compress-worker.ts', out: 'compress-worker' },
]

/** Programs of their own beside the command: src/cli/NAME.ts becomes dist/NAME.cjs, which bin/slipway-NAME starts. */
const FRONT_ENDS = ['solo5-elftool', 'solo5-spt']

/** @type {import('esbuild-wasm').Plugin} */
const partsStayOutside = {
  name: 'parts-stay-outside',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, kind, importer }) => {
      const file = relative(root, resolve(dirname(importer), path))
      const part = kind === 'dynamic-import' ? PARTS.get(file) : undefined
      return part === undefined ? undefined : { path: `./${part}.cjs`, external: true }
    })
  },
}

/** A package that only few calls of the command need, and that is large: a file of its own, loaded when it is first used. */
const APART = '@humanwhocodes/momoa'

/**
 * In between stands a CommonJS module, because esbuild loads what is outside at the start of a file, but such a module when it is used.
 * @type {import('esbuild-wasm').Plugin}
 */
const parserStaysOutside = {
  name: 'parser-stays-outside',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${APART}$`) }, () => ({ path: APART, namespace: 'apart' }))
    build.onResolve({ filter: /^\.\/parser\.cjs$/, namespace: 'apart' }, ({ path }) => ({ path, external: true }))
    build.onLoad({ filter: /./, namespace: 'apart' }, () => ({ contents: "module.exports = require('./parser.cjs')" }))
  },
}

/**
 * The licence of every package that a bundle holds, by name.
 * @param {readonly string[]} inputs files that went into the bundles
 */
function licences(inputs) {
  const folders = new Set()
  for (const input of inputs) {
    const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)
    if (match) folders.add(match[0])
  }
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const own = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    // For packages that name their licence without enclosing its text: one written for them, or that of all such.
    const known = `tools/licences/${folder.slice(folder.lastIndexOf('/') + 1)}.txt`
    const standard = existsSync(join(root, known)) ? known : `tools/licences/${license}.txt`
    const files = own.length > 0 ? own.sort().map((file) => join(folder, file)) : [standard]
    if (!existsSync(join(root, files[0] ?? '')))
      throw new Error(`${name} is bundled, but has no licence text: add ${standard}`)
    const texts = files.map((file) => readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n').trimEnd())
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
  })
  const intro = 'Slipway contains the following packages, whole or in part, under their own licences.\n'
  return [intro, ...parts].join(`\n${'-'.repeat(78)}\n\n`)
}

/**
 * Parts of an earlier build carry other names, and would be shipped.
 * @param {readonly string[]} outputs
 */
function removeOthers(outputs) {
  for (const file of readdirSync(join(root, 'dist'))) {
    const path = join(root, 'dist', file)
    if (/\.c?js$/.test(file) && !outputs.includes(path)) rmSync(path)
  }
}

/** @param {boolean} required */
function types(required) {
  try {
    createRequire(import.meta.url).resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`)
  } catch {
    if (required) throw new Error('no types without the compiler: run `npm install` without --omit')
    return
  }
  rmSync(join(root, 'dist/types'), { recursive: true, force: true }) // or those of a file that is gone would be shipped
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, encoding: 'utf8' })
  if (result.status === 0) return
  if (required) throw new Error(`the types do not compile\n${result.stdout}${result.stderr}`)
  // The command and the library run without them: `npm install` does not stop here, `npm run check` does.
  process.stderr.write('slipway: built, but the types do not compile: `npm run check` says why\n')
}

async function main() {
  const [mode = ''] = process.argv.slice(2)
  if (mode === '--prepare' && !existsSync(join(root, 'node_modules/esbuild-wasm'))) {
    process.stderr.write('slipway: not built, because the development packages were left out\n')
    return
  }
  const { bundle } = await import('./bundle.mjs')
  // Few files: what `slipway --version` needs, `slipway run`, `slipway fs`, every verb, the networks of guests, and the parser of documents. A file for each `import()` was
  // measured too: opening ten of them costs `slipway run` 3 to 4 ms more than parsing one, in which what is not called stays unparsed but
  // for its outline.
  const asCommand = {
    ...common,
    format: /** @type {const} */ ('cjs'),
    outExtension: { '.js': '.cjs' },
    // Node outlines the whole file before it runs any of it: half the bytes save 2 to 3 ms. What a stack trace in a bug report
    // means can be read with the map, which is made again from the same sources but not shipped.
    minify: true,
    sourcemap: /** @type {const} */ ('external'),
    supported: { 'dynamic-import': false }, // else the loader of ES modules would have to be started first, for 3 ms
    define: { 'import.meta.url': '__filename' }, // all that createRequire asks
  }
  const made = [
    await bundle({ ...asCommand, entryPoints: [{ in: 'src/cli/main.ts', out: 'cli' }], plugins: [partsStayOutside] }),
    await bundle({
      ...asCommand,
      entryPoints: [
        ...[...PARTS].map(([file, out]) => ({ in: file, out })),
        ...FRONT_ENDS.map((name) => ({ in: `src/cli/${name}.ts`, out: name })),
        ...THREADS,
        { in: 'src/host/codecs/pinned.ts', out: 'codecs' },
      ],
      plugins: [partsStayOutside, parserStaysOutside],
    }),
    await bundle({ ...asCommand, entryPoints: [{ in: APART, out: 'parser' }] }),
    await bundle({ ...common, entryPoints: ['src/index.ts'] }),
  ]
  // WebAssembly that the codecs' bundle loads from beside itself.
  copyFileSync(join(root, 'node_modules/@bokuweb/zstd-wasm/dist/common/zstd.wasm'), join(root, 'dist/zstd.wasm'))
  writeFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), licences(made.flatMap(({ inputs }) => inputs)))
  removeOthers(made.flatMap(({ outputs }) => outputs))
  types(mode === '--types')
}

main().catch((/** @type {unknown} */ error) => {
  process.stderr.write(`slipway: not built: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
