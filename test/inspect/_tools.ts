// What other tools say about the files that inspect looks at: readelf about segments and notes, file about all of them.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { InspectReport } from '../../src/artefact/report.ts'

/** A directory for the file's samples, which goes with them. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-inspect-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  return directory
}

export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 })
}

/** Compiles a freestanding C file and links it at 1 MiB. */
export function build(directory: string, name: string, source: string, ...flags: string[]): string {
  const c = join(directory, `${name}.c`)
  const output = join(directory, name)
  writeFileSync(c, source)
  const freestanding = [
    '-ffreestanding',
    '-nostdlib',
    '-static',
    '-no-pie',
    '-fcf-protection=none',
    '-fno-asynchronous-unwind-tables',
  ]
  run(
    'gcc',
    ...freestanding,
    '-Wl,--build-id=none',
    '-Wl,--nmagic',
    '-Wl,-Ttext-segment=0x100000',
    '-o',
    output,
    c,
    ...flags,
  )
  return output
}

export const fact = (report: InspectReport, name: string): string | undefined =>
  report.facts.find((one) => one.name === name)?.value

/** Every segment as `readelf -lW` has it: type, address, sizes, permissions. */
export function assertSegments(report: InspectReport, path: string): void {
  const line = /^ {2}([A-Z_]+) +0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+) 0x([0-9a-f]+) ([R ])([W ])([E ]) /gm
  const said = [...run('readelf', '-lW', path).matchAll(line)].map(([, type, address, inFile, inMemory, r, w, x]) => ({
    type,
    address: BigInt(`0x${address}`),
    fileSize: BigInt(`0x${inFile}`),
    memorySize: BigInt(`0x${inMemory}`),
    permissions: `${r === 'R' ? 'r' : '-'}${w === 'W' ? 'w' : '-'}${x === 'E' ? 'x' : '-'}`,
  }))
  const ours = report.segments.map(({ type, address, fileSize, memorySize, permissions }) => ({
    type,
    address: BigInt(address),
    fileSize: BigInt(fileSize),
    memorySize: BigInt(memorySize),
    permissions,
  }))
  assert.ok(ours.length > 0)
  assert.deepEqual(ours, said)
}

/** Names, in readelf's words, and descriptors of all notes. */
export function notesOf(path: string): { name: string; type: number; bytes: Uint8Array }[] {
  const text = run('readelf', '-nW', path)
  const line = /^ {2}(\S+) +0x[0-9a-f]+\t[^\n]*?(?:\(0x([0-9a-f]+)\))?\t {3}description data: ((?:[0-9a-f]{2} )*)/gm
  return [...text.matchAll(line)].map(([, name = '', type = '0', data = '']) => ({
    name,
    type: Number.parseInt(type, 16),
    bytes: Uint8Array.from(data.trim().split(' '), (byte) => Number.parseInt(byte, 16)),
  }))
}
