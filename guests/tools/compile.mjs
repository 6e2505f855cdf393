// Runs gcc and ld so that the same sources and the same compiler give the same bytes, wherever they lie: relative names
// from guests/, no debug information, no time, no build id.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { manifestNote, noteAssembler } from './manifest-note.mjs'
import { GUESTS, sourcesIn } from './sources.mjs'

const COMPILE = [
  '-std=gnu11 -O2 -Wall -Wextra -ffreestanding -Iruntime',
  '-march=x86-64 -mtune=generic -mcmodel=small -fno-pic -fno-pie',
  '-fstack-protector-strong -mstack-protector-guard=global -ftls-model=local-exec',
  // What distributions switch on by default and what a guest has no use for.
  '-fcf-protection=none -fno-stack-clash-protection -fno-asynchronous-unwind-tables -fno-ident',
  '-ffunction-sections -fdata-sections -g0',
].flatMap((flags) => flags.split(' '))

// Stripped here and not by strip(1), which may rewrite the program headers of empty segments.
const LINK = [
  '-nostdlib -static -T runtime/spt.lds -z max-page-size=0x1000 -z norelro',
  '--build-id=none --gc-sections --strip-all',
].flatMap((flags) => flags.split(' '))

// On a machine of another kind, Debian's cross compiler does the same.
const PREFIX = process.arch === 'x64' ? '' : 'x86_64-linux-gnu-'

/** The first lines of `gcc --version` and `ld --version`. Throws an Error with advice if one is missing or unfit. */
export function toolVersions() {
  const compiler = version(`${PREFIX}gcc`)
  const linker = version(`${PREFIX}ld`)
  const machine = run(`${PREFIX}gcc`, ['-dumpmachine']).trim()
  if (!/^x86_64-.*linux/.test(machine)) {
    throw new Error(`gcc makes programs for ${machine}; guests need one for x86_64 Linux`)
  }
  return { compiler, linker }
}

/** A folder for object files with the compiled runtime in it; `dispose` removes it. */
export function prepareRuntime() {
  const work = mkdtempSync(join(tmpdir(), 'slipway-guests-'))
  const dispose = () => rmSync(work, { recursive: true, force: true })
  try {
    return { work, objects: compileAll('runtime', work), dispose }
  } catch (error) {
    dispose()
    throw error
  }
}

/** The image of a guest, as bytes. Throws an Error with what the compiler or the linker said. */
export function buildGuest(name, runtime) {
  const note = join(runtime.work, `${name}.manifest.S`)
  writeFileSync(note, noteAssembler(manifestNote(readFileSync(join(GUESTS, name, 'manifest.json'), 'utf8'))))
  const objects = [...runtime.objects, ...compileAll(name, runtime.work), compile(note, `${note}.o`)]
  const image = join(runtime.work, `${name}.spt`)
  run(`${PREFIX}ld`, [...LINK, '-o', image, ...objects])
  return readFileSync(image)
}

function compileAll(folder, work) {
  return sourcesIn(folder).map((source) => compile(source, join(work, `${folder}.${basename(source)}.o`)))
}

function compile(source, object) {
  run(`${PREFIX}gcc`, [...COMPILE, `-ffile-prefix-map=${GUESTS}=`, '-c', '-o', object, source])
  return object
}

function version(tool) {
  return run(tool, ['--version']).split('\n')[0]
}

function run(tool, args) {
  const result = spawnSync(tool, args, { cwd: GUESTS, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
  if (result.error?.code === 'ENOENT') {
    const packages = PREFIX === '' ? 'gcc binutils' : 'gcc-x86-64-linux-gnu'
    throw new Error(`${tool} is not installed; on Debian: apt-get install ${packages}`)
  }
  if (result.error) throw new Error(`${tool} could not be started: ${result.error.message}`)
  process.stderr.write(result.stderr) // warnings
  if (result.status !== 0) throw new Error(`${tool} failed`)
  return result.stdout
}
