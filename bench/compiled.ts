// C programs of the bench, compiled when they are wanted: a guest of its own, guests' code as ordinary programs, and a network's other end.

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lack } from './result.ts'
import { ROOT } from './row.ts'

const GUESTS = join(ROOT, 'guests')
const PROGRAMS = join(import.meta.dirname, 'programs')
/** Its object has symbols that only the linker script of guests defines, and no guest here has thread variables. */
const NOT_IN_PLAIN = 'tls.c'

/** programs/calls.c as a guest with so many disks, called disk1 and so on. Throws Lack without gcc. */
export function compileCalls(directory: string, disks: number): string {
  const devices = Array.from({ length: disks }, (_, i) => ({ name: `disk${i + 1}`, type: 'BLOCK_BASIC' }))
  return compileGuest(directory, `calls-${disks}`, 'calls.c', devices)
}

/** programs/stream.c as a guest with a network, called service. Throws Lack without gcc. */
export function compileStream(directory: string): string {
  return compileGuest(directory, 'stream', 'stream.c', [{ name: 'service', type: 'NET_BASIC' }])
}

type Device = { readonly name: string; readonly type: string }

function compileGuest(directory: string, name: string, program: string, devices: readonly Device[]): string {
  const artefact = join(directory, `${name}.spt`)
  if (existsSync(artefact)) return artefact // another row has been here
  requireCompiler()
  // A copy of what builds guests, with a guest more: so this one is built as all are.
  const copy = join(directory, `guests-${name}`)
  for (const part of ['build.mjs', 'runtime', 'tools'])
    cpSync(join(GUESTS, part), join(copy, part), { recursive: true })
  mkdirSync(join(copy, name))
  cpSync(join(PROGRAMS, program), join(copy, name, 'main.c'))
  writeFileSync(join(copy, name, 'manifest.json'), JSON.stringify({ type: 'solo5.manifest', version: 1, devices }))
  execFileSync(process.execPath, [join(copy, 'build.mjs'), '--out', directory, name], { stdio: 'pipe' })
  return artefact
}

/** The same code, or that of a guest of the project, as a Linux program (programs/plain.c says how to start it). */
export function compilePlain(directory: string, guest: 'calls' | 'net'): string {
  const own = guest === 'calls' ? [join(PROGRAMS, 'calls.c')] : sourcesIn(join(GUESTS, guest))
  const runtime = sourcesIn(join(GUESTS, 'runtime')).filter((path) => !path.endsWith(`/${NOT_IN_PLAIN}`))
  // Without the compiler's own ideas of memcpy and the like, as in a guest.
  const flags = ['-std=gnu11', '-fno-builtin', '-fno-stack-protector', `-I${join(GUESTS, 'runtime')}`]
  return compile(join(directory, `plain-${guest}`), [...flags, join(PROGRAMS, 'plain.c'), ...own, ...runtime])
}

export function compilePinger(directory: string): string {
  return compile(join(directory, 'pinger'), [join(PROGRAMS, 'pinger.c')])
}

export function compileTraffic(directory: string): string {
  return compile(join(directory, 'traffic'), [join(PROGRAMS, 'traffic.c')])
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(folder, name))
}

function compile(output: string, words: readonly string[]): string {
  requireCompiler()
  execFileSync('gcc', ['-O2', '-o', output, ...words], { stdio: 'pipe' })
  return output
}

function requireCompiler(): void {
  if (spawnSync('gcc', ['--version']).status !== 0) throw new Lack('gcc is missing: apt-get install gcc')
}
