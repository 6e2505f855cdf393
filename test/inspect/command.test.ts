// slipway inspect as a user types it: exit statuses, many files, JSON, and which starters are here.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { parseInspectReport } from '../../src/artefact/parse-report.ts'
import { SAMPLES } from '../../src/artefact/samples.ts'
import { guestPath, slipway } from '../support/guests.ts'
import { scratch } from './_tools.ts'

describe('slipway inspect', () => {
  const directory = scratch()
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(directory, name), bytes)
    return join(directory, name)
  }
  const text = write('readme', 'only text\n')
  const damaged = write('damaged', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1))

  it('ends with 0 for every kind of file that it knows', () => {
    const files = [...SAMPLES]
      .filter(([family]) => family !== 'unknown' && family !== 'launcher') // that one is no whole launcher
      .map(([family, [bytes]]) => write(family, bytes ?? ''))
    const result = slipway(['inspect', ...files])
    assert.deepEqual([result.status, result.stderr], [0, ''])
    assert.equal(result.stdout.trimEnd().split('\n').length, files.length + 1)
  })

  it('ends with 1 for a file that it does not know, and says what it looks like', () => {
    const result = slipway(['inspect', text])
    assert.deepEqual([result.status, result.stderr], [1, ''])
    assert.match(result.stdout, /: unknown: a text that begins with "only text"\n/)
  })

  it('ends with 125 for a file that is damaged or not there', () => {
    const result = slipway(['inspect', damaged])
    assert.deepEqual([result.status, result.stdout], [125, ''])
    assert.match(result.stderr, /^slipway: ".*damaged": e_ident at offset 0: /)
    assert.equal(slipway(['inspect', join(directory, 'nothing')]).status, 125)
  })

  it('shows the others when one of many cannot be read, and ends with the worst', () => {
    const result = slipway(['inspect', text, damaged, guestPath('hello')])
    assert.equal(result.status, 125)
    assert.equal(result.stdout.trimEnd().split('\n').length, 3)
    assert.match(result.stderr, /damaged/)
    assert.equal(slipway(['inspect', text, guestPath('hello')]).status, 1)
  })

  it('prints a document for one file, and one on each line for many', () => {
    const one = slipway(['inspect', '--json', guestPath('hello')]).stdout
    assert.equal(parseInspectReport(one, 'one').family, 'solo5')
    const lines = slipway(['inspect', '--json', guestPath('hello'), text])
      .stdout.trimEnd()
      .split('\n')
    assert.deepEqual(
      lines.map((line) => parseInspectReport(line, 'many').family),
      ['solo5', 'unknown'],
    )
  })

  it('says whether what could start a file is in PATH, and what is missing', () => {
    const programs = join(directory, 'programs')
    mkdirSync(programs)
    const virtio = write('virtio', SAMPLES.get('multiboot')?.[0] ?? '')
    const inspectWith = (): string => {
      const env = { ...process.env, PATH: programs }
      return slipway(['inspect', virtio], { env }).stdout
    }
    assert.match(inspectWith(), / not here: no qemu-system-x86_64 in PATH\n/)
    writeFileSync(join(programs, 'qemu-system-x86_64'), '#!/bin/sh\n')
    assert.match(inspectWith(), / not here: no qemu-system-x86_64 in PATH\n/, 'it may not be executed yet')
    chmodSync(join(programs, 'qemu-system-x86_64'), 0o755)
    assert.match(inspectWith(), / QEMU .* here\n/)
  })

  it('takes no longer for enormous files', () => {
    const large = write('large', SAMPLES.get('linux')?.[1] ?? '')
    truncateSync(large, 2 ** 40)
    const result = slipway(['inspect', large])
    assert.deepEqual([result.status, result.stderr], [0, ''])
    assert.match(result.stdout, /Linux kernel, vmlinux/)
  })
})
