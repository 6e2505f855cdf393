// Builds the test guests: node guests/build.mjs [--prebuilt | --out DIR] [NAME...]
// Without names all of them; into guests/build/ unless told otherwise. README.md says what they are.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildGuest, prepareRuntime, toolVersions } from './tools/compile.mjs'
import { GUESTS, guestNames, sourceDigest } from './tools/sources.mjs'

const PREBUILT = join(GUESTS, 'prebuilt')
const USAGE = 'usage: node guests/build.mjs [--prebuilt | --out DIR] [NAME...]'

function parse(args) {
  const known = guestNames()
  const names = []
  let out
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (arg === '--prebuilt' && out === undefined) out = PREBUILT
    else if (arg === '--out' && out === undefined && i + 1 < args.length) out = resolve(args[++i])
    else if (arg.startsWith('-')) throw new Error(USAGE)
    else if (known.includes(arg)) names.push(arg)
    else throw new Error(`no guest ${JSON.stringify(arg)}; there are ${known.join(', ')}`)
  }
  return { out: out ?? join(GUESTS, 'build'), names: names.length > 0 ? names : known }
}

function build({ out, names }) {
  const versions = toolVersions()
  const runtime = prepareRuntime()
  try {
    mkdirSync(out, { recursive: true })
    for (const name of names) {
      writeFileSync(join(out, `${name}.spt`), buildGuest(name, runtime))
    }
  } finally {
    runtime.dispose()
  }
  if (out === PREBUILT) record(names, versions)
  console.log(`${names.length} guests in ${out}`)
}

// Beside the prebuilt images: what they were made from and by what.
function record(names, versions) {
  const file = join(PREBUILT, 'sources.json')
  const old = readRecord(file)
  const digests = { ...old, ...Object.fromEntries(names.map((name) => [name, sourceDigest(name)])) }
  const kept = guestNames().filter((name) => name in digests)
  const sources = Object.fromEntries(kept.map((name) => [name, digests[name]]))
  writeFileSync(file, `${JSON.stringify({ ...versions, sources }, null, 2)}\n`)
}

function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).sources
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw error
  }
}

try {
  build(parse(process.argv.slice(2)))
} catch (error) {
  console.error(`guests/build.mjs: ${error.message}`)
  process.exitCode = 1
}
