// Compilers and linkers for the tests of manifests, each in a folder of the test's own.

import assert from 'node:assert/strict'
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { ROOT } from '../support/guests.ts'

/** A folder while the tests of a file run. */
export function scratch(): (name: string) => string {
  let place = ''
  beforeAll(() => {
    place = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-manifest-')))
  })
  afterAll(() => rmSync(place, { recursive: true }))
  return (name) => join(place, name)
}

/** Runs a program, which has to succeed, and gives back what it printed. */
export function tool(command: string, args: readonly string[], input?: string): string {
  const result: SpawnSyncReturns<string> = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: join(ROOT, 'guests'),
    env: { ...process.env, LC_ALL: 'C' },
    ...(input === undefined ? {} : { input }),
  })
  assert.deepEqual([result.status, result.stderr], [0, ''], `${command} ${args.join(' ')}`)
  return result.stdout
}

/** The bytes of the note in an object file. */
export function noteOf(object: string, prefix = ''): Buffer {
  tool(`${prefix}objcopy`, ['-O', 'binary', '-j', '.note.solo5.manifest', object, `${object}.bin`])
  return readFileSync(`${object}.bin`)
}

/** Links the guest hello with another object in the place of its own manifest, as guests/build.mjs does. */
export function linkHello(runtime: readonly string[], manifest: string, output: string): void {
  const compile = ['-O2', '-ffreestanding', '-Iruntime', '-fno-pic', '-fno-pie', '-mstack-protector-guard=global']
  tool('gcc', [...compile, '-c', '-o', `${output}.main.o`, 'hello/main.c'])
  const link = ['-nostdlib', '-static', '-T', 'runtime/spt.lds', '-z', 'max-page-size=0x1000', '-z', 'norelro']
  tool('ld', [...link, '--gc-sections', '-o', output, ...runtime, `${output}.main.o`, manifest])
}
