// Where a launcher is executed from: each place refused in turn, by mounts and settings of a namespace of the test's own.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it, describe } from 'vitest'
import { guestPath, ROOT, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

let directory = ''
let withoutFfi = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-places-'))
  for (const name of ['runtime', 'home', 'noexec']) mkdirSync(join(directory, name))
  // An installation without its optional dependency: the same files, where no node_modules is above them.
  withoutFfi = join(directory, 'bare')
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(ROOT, part), join(withoutFfi, part), { recursive: true })
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Runs a guest after some commands, in mount and process namespaces that vanish with it. */
function inNamespace(commands: string, options: { program?: string; artefact?: string; words?: string } = {}) {
  const { program = SLIPWAY, artefact = guestPath('exit-status'), words = '7' } = options
  const script = `set -e; ${commands}; set +e; "$NODE" "$0" run "$1" -- ${words}; echo "status $?"`
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE: process.execPath,
    HOME: join(directory, 'home'),
    XDG_RUNTIME_DIR: join(directory, 'runtime'),
  }
  const args = ['--mount', '--pid', '--fork', '--mount-proc', '/bin/sh', '-c', script, program, artefact]
  const result = spawnSync('unshare', args, { encoding: 'utf8', env, cwd: directory, timeout: 30_000 })
  return { output: result.stdout.trim(), errors: result.stderr }
}

const NO_MEMFD = 'echo 2 > /proc/sys/vm/memfd_noexec'
const noexec = (name: string) => `mount -t tmpfs -o noexec none "${join(directory, name)}"`

describe(
  'a launcher',
  needs({ host: ['linux', 'x86-64', 'root', 'memfd-noexec'], commands: ['unshare', 'mount'] }),
  () => {
    it('is executed from a memfd', () => {
      assert.deepEqual(inNamespace(`${noexec('runtime')}; ${noexec('home')}`), { output: 'status 7', errors: '' })
    })

    it('is executed from XDG_RUNTIME_DIR where the kernel refuses executable memfds', () => {
      assert.deepEqual(inNamespace(`${NO_MEMFD}; ${noexec('home')}`), { output: 'status 7', errors: '' })
    })

    it('is executed from the cache where that is mounted noexec too', () => {
      assert.deepEqual(inNamespace(`${NO_MEMFD}; ${noexec('runtime')}`), { output: 'status 7', errors: '' })
    })

    it('is refused, naming each place, where nothing can be executed', () => {
      const { output, errors } = inNamespace(`${NO_MEMFD}; ${noexec('runtime')}; ${noexec('home')}`)
      assert.equal(output, 'status 125')
      assert.match(
        errors,
        /^slipway: nowhere to execute a launcher from \(memfd: .*; ".*runtime": .*; ".*home.*": .*\)\n/,
      )
      assert.match(errors, /\n {2}set XDG_RUNTIME_DIR/)
    })

    it('needs no FFI', () => {
      assert.deepEqual(inNamespace(noexec('home'), { program: join(withoutFfi, 'bin/slipway') }), {
        output: 'status 7',
        errors: '',
      })
    })

    it('leaves no file behind', () => {
      inNamespace(NO_MEMFD)
      inNamespace(NO_MEMFD, { program: join(withoutFfi, 'bin/slipway') })
      assert.deepEqual(readdirSync(join(directory, 'runtime')), [])
    })

    it('is kept or not, without FFI too: a file that cannot be completed leaves nothing', () => {
      const folder = join(directory, 'kept')
      mkdirSync(folder)
      const command = 'ulimit -f 16; "$0" "$1" compose -o "$3/out" "$2"'
      const args = ['-c', command, process.execPath, join(withoutFfi, 'bin/slipway'), guestPath('large'), folder]
      const result = spawnSync('/bin/sh', args, { encoding: 'utf8' })
      assert.deepEqual([result.status, readdirSync(folder)], [125, []])
      assert.match(result.stderr, /cannot write .*: files may not be that large here/)
    })

    it('runs an artefact from a noexec mount, though its pages cannot be mapped as code there', () => {
      const artefact = join(directory, 'noexec', 'x.spt')
      const commands = `${noexec('noexec')}; cp "${guestPath('large')}" "${artefact}"` // the others are too small to be mapped
      const { output, errors } = inNamespace(commands, { artefact, words: 'all' })
      assert.match(output, /SUCCESS\nstatus 0$/)
      assert.equal(errors, '')
    })
  },
)
