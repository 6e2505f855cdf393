// Archives as others pack them: in one piece whatever their size, with windows and frames that ours never have. They are unpacked in bounded memory.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { randomNumbers } from '../support/mutate.ts'
import { slipway } from '../support/guests.ts'
import { slipwayMeasured } from '../support/memory.ts'
import { needs } from '../support/needs.ts'

const GIB = 2 ** 30
/** MiB, as the specification of the formats has it. */
const MOST_MEMORY = 512
/** Gigabytes go over the disk, which others use as well. ms. */
const PATIENCE = 180_000
const CANNOT_BE_PACKED = 160 * 2 ** 20 // bytes; more than the largest window

let scratch = ''
const at = (name: string): string => join(scratch, name)
const sh = (command: string): Buffer =>
  execFileSync('/bin/sh', ['-ec', command], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 })

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-packed-'))
  mkdirSync(at('files'))
  writeFileSync(at('files/text'), Array.from({ length: 60_000 }, (_, i) => `line ${i * 7919} of many\n`).join(''))
  const next = randomNumbers(5)
  writeFileSync(
    at('files/noise'),
    Uint8Array.from({ length: 700_000 }, () => next(256)),
  )
  writeFileSync(at('files/zeroes'), new Uint8Array(3_000_000))
  sh('tar -cf plain.tar files')
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('an archive that zstd has packed', () => {
  const ways: [how: string, command: string][] = [
    ['as tar does it', 'tar --zstd -cf - files'],
    ['fast', 'zstd -qc --fast=7 plain.tar'],
    ['at level 1', 'zstd -qc -1 plain.tar'],
    ['at level 9, with a checksum', 'zstd -qc -9 --check plain.tar'],
    ['at level 19, from a pipe', 'cat plain.tar | zstd -qc -19'],
    ['at level 22 with the largest window', 'zstd -qc --ultra -22 --long=27 plain.tar'],
    ['in blocks that can be told apart', 'zstd -qc -3 -T2 --rsyncable plain.tar'],
    ['without a checksum', 'zstd -qc --no-check plain.tar'],
    ['as two frames', '(head -c 1000000 plain.tar | zstd -qc; tail -c +1000001 plain.tar | zstd -qc)'],
    ['in parallel by pzstd', 'pzstd -qc -p 4 plain.tar'],
  ]
  for (const [how, command] of ways) {
    it(`is read: ${how}`, needs({ commands: ['zstd', 'tar'] }), () => {
      writeFileSync(at('packed.tar.zst'), sh(command))
      const { status, stdout, stderr } = slipway(['fs', 'diff', 'packed.tar.zst', 'plain.tar'], { cwd: scratch })
      assert.deepEqual([status, stdout, stderr], [0, '', ''])
    })
  }

  it('is refused where its contents are not what was packed', needs({ commands: ['zstd'] }), () => {
    const packed = sh('zstd -qc --check plain.tar')
    packed.writeUInt8(packed.readUInt8(packed.length - 1) ^ 1, packed.length - 1)
    writeFileSync(at('spoiled.tar.zst'), packed)
    const { status, stderr } = slipway(['fs', 'ls', 'spoiled.tar.zst'], { cwd: scratch })
    assert.equal(status, 125)
    assert.match(stderr, /zstd\.checksum at offset \d+: is not that of the contents/)
  })

  it('is refused where it ends too early', needs({ commands: ['zstd'] }), () => {
    const packed = sh('zstd -qc plain.tar')
    for (const length of [packed.length - 1, packed.length - 5, 100_000, 5]) {
      writeFileSync(at('short.tar.zst'), packed.subarray(0, length))
      const { status, stderr } = slipway(['fs', 'ls', 'short.tar.zst'], { cwd: scratch })
      assert.equal(status, 125, `${length}`)
      assert.match(stderr, /^slipway: "short\.tar\.zst": zstd/)
    }
  })

  it('is refused where it refers back further than anybody asks for', needs({ commands: ['zstd'] }), () => {
    sh('zstd -qc --ultra -22 --long=28 < plain.tar > wide.tar.zst')
    const { status, stderr } = slipway(['fs', 'ls', 'wide.tar.zst'], { cwd: scratch })
    assert.equal(status, 125)
    assert.match(stderr, /zstd\.window at offset 5: is 256 MiB, at most 128 MiB are taken/)
  })
})

describe('a large archive in one piece', () => {
  const large = { ...needs({ commands: ['zstd', 'tar', 'time'] }), timeout: PATIENCE }
  /** A tar of a file of zeroes and a word behind it. */
  const makeLarge = (size: number): void => {
    writeFileSync(at('large'), '')
    truncateSync(at('large'), size)
    writeFileSync(at('last'), 'the end\n')
  }
  for (const [packing, name, size] of [
    ['--zstd', 'large.tar.zst', GIB + GIB / 8],
    ['--gzip', 'large.tar.gz', GIB / 2],
  ] as const) {
    it(`is read in bounded memory: tar ${packing}`, large, () => {
      makeLarge(size)
      sh(`tar ${packing} -cf ${name} large last`)
      const { status, stdout, stderr, peak } = slipwayMeasured(['fs', 'cat', `${name}:/last`], scratch)
      assert.deepEqual([status, stdout], [0, 'the end\n'], stderr)
      assert.ok(statSync(at(name)).size < 2 ** 21 && peak < MOST_MEMORY / 2, `${peak} MiB`)
      for (const file of [name, 'large', 'last']) rmSync(at(file))
    })
  }

  it('takes the memory of its window and no more', large, () => {
    const next = randomNumbers(9)
    const noise = Uint32Array.from({ length: 2 ** 20 }, () => next(2 ** 32))
    const descriptor = openSync(at('noise'), 'w')
    for (let done = 0; done < CANNOT_BE_PACKED; done += noise.byteLength) {
      noise.forEach((word, i) => (noise[i] = Math.imul(word, 48_271) + i)) // never the same, and quickly made
      writeSync(descriptor, noise)
    }
    closeSync(descriptor)
    appendFileSync(at('noise'), readFileSync(at('noise')).subarray(2 ** 26, 2 ** 26 + 1000))
    sh('tar -cf - noise | zstd -qc -1 --long=27 > noise.tar.zst')
    const { status, stdout, stderr, peak } = slipwayMeasured(['fs', 'stat', '--json', 'noise.tar.zst:/noise'], scratch)
    assert.equal(status, 0, stderr)
    const { files } = JSON.parse(stdout) as { files: { size: number }[] }
    assert.equal(files[0]?.size, CANNOT_BE_PACKED + 1000)
    assert.ok(peak > 128 && peak < MOST_MEMORY, `${peak} MiB`)
  })
})
