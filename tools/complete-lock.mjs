// `npm run lock`: mends package-lock.json after a change of dependencies. npm leaves out the entry of an optional package that it
// could not fetch, such as one for another system that the registry at hand does not carry; then `npm ci` refuses the whole file,
// on every machine. The entries are added here, with what is known without fetching: version and system, but no integrity.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const file = join(fileURLToPath(import.meta.url), '../../package-lock.json')

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/**
 * The fields by which npm decides whether a package is for the machine, out of its name: `@oxlint/binding-linux-arm64-musl`.
 * @param {string} name
 */
function systemOf(name) {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.filter((it) => words.includes(it))
  const cpu = PROCESSORS.filter((it) => words.includes(it))
  if (os.length !== 1 || cpu.length !== 1)
    throw new Error(`${name}: for which system? its entry has to be written by hand`)
  return { cpu, os }
}

// `libc` fields are left out: npm 10, which comes with Node.js 20, takes them out whenever it installs, and npm 11 does without.
const lock = JSON.parse(readFileSync(file, 'utf8'))
let added = 0
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`
    if (path in lock.packages) continue
    if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${name}: ${version} is no exact version`)
    const { cpu, os } = systemOf(name)
    lock.packages[path] = { version, cpu, dev, optional: true, os } // in npm's own order, so that it changes nothing
    added++
  }
}
for (const entry of Object.values(lock.packages)) delete entry.libc
const entries = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(entries)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`package-lock.json: ${added} entries added\n`)
