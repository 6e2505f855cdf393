// Which guests there are, and a digest of all that goes into one: prebuilt/sources.json keeps the digests, so that a
// test without a compiler sees when a prebuilt guest is older than its source.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder guests/. */
export const GUESTS = fileURLToPath(new URL('..', import.meta.url))

/** The names of all guests: the folders with a manifest, sorted. */
export function guestNames(guests = GUESTS) {
  return readdirSync(guests)
    .filter((name) => existsSync(join(guests, name, 'manifest.json')))
    .sort()
}

/** The C and assembler files of a folder, relative to guests/, sorted: link order decides where things lie. */
export function sourcesIn(folder, guests = GUESTS) {
  return readdirSync(join(guests, folder))
    .filter((name) => /\.[cS]$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`)
}

/** SHA-256, in hexadecimal, over the names and contents of everything that the image of a guest depends on. */
export function sourceDigest(name, guests = GUESTS) {
  const hash = createHash('sha256')
  for (const path of inputs(name, guests)) {
    const content = readFileSync(join(guests, path))
    hash.update(`${path}\n${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

function inputs(name, guests) {
  const runtime = readdirSync(join(guests, 'runtime')).map((file) => `runtime/${file}`)
  const tools = ['tools/compile.mjs', 'tools/manifest-note.mjs']
  const own = new Set(sourcesIn(name, guests))
  for (const path of own) for (const included of includesOf(path, guests)) own.add(included) // a set grows while it is walked
  return [...runtime, ...tools, ...own, `${name}/manifest.json`].sort()
}

/** What a source includes of its own folder or of another guest's; the runtime's headers count in any case. */
function includesOf(path, guests) {
  const text = readFileSync(join(guests, path), 'utf8')
  return [...text.matchAll(/^#include "(.*)"$/gm)]
    .map(([, file]) => posix.join(path, '..', file))
    .filter((file) => existsSync(join(guests, file)))
}
