// Disks seen from both sides: what a guest writes is in the image, what it must not write is not, and what cannot be a disk is refused in time. How
// wires are said and locked is in wires.test.ts; the guests' own checks are their expected.txt.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { composeToFile } from '../../src/run/compose.ts'
import { makeImage } from '../support/devices.ts'
import { guestPath, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'

const BLK = guestPath('blk')
const SYSTEM_CALLS_KILLED = 128 + 31 // as a shell tells SIGSYS
const linux = needs({ host: ['linux', 'x86-64'] })

let directory = ''
let files = 0
const fresh = (name: string): string => join(directory, `${files++}-${name}`)
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-block-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function blk(wire: string, ...words: string[]) {
  const { status, signal, stdout, stderr } = slipway(['run', '--block', `storage=${wire}`, BLK, '--', ...words])
  return { ending: signal === 'SIGSYS' ? SYSTEM_CALLS_KILLED : status, stdout, stderr }
}

/** An image without a zero in it, in which no two blocks are the same. */
function numbered(size: number): { path: string; bytes: Buffer } {
  const bytes = Buffer.from(Uint8Array.from({ length: size }, (_, at) => 1 + ((at * 7 + (at >> 9)) % 255)))
  const path = fresh('numbered.img')
  writeFileSync(path, bytes)
  return { path, bytes }
}

/** Where two buffers of one length differ: the first byte, and the one behind the last. */
function difference(one: Buffer, other: Buffer): readonly [number, number] | undefined {
  const at = one.findIndex((byte, i) => byte !== other[i])
  return at < 0 ? undefined : [at, one.findLastIndex((byte, i) => byte !== other[i]) + 1]
}

describe('a disk of a guest', linux, () => {
  it('keeps what was written, for the next guest and in blocks of another size', () => {
    const path = makeImage(fresh('kept.img'), 2 ** 16)
    assert.equal(blk(path, 'fill').ending, 0)
    assert.equal(blk(path, 'compare').ending, 0)
    const filled = readFileSync(path)
    // The pattern of a block of 512 bytes is not that of one of 4096, so this guest finds fault without having written.
    assert.equal(blk(`${path},sector=4096`, 'compare').ending, 1)
    assert.ok(filled.equals(readFileSync(path)))
  })

  it('is written where the guest says, and nowhere else', () => {
    const { path, bytes } = numbered(2 ** 16)
    const { ending, stdout } = blk(`${path},sector=4096`, 'raw', 'write', '20480', '4096')
    assert.deepEqual([ending, stdout], [1, 'write of 4096 bytes at 20480\n4096 bytes\nstill alive\n'])
    assert.deepEqual(difference(bytes, readFileSync(path)), [20480, 24576])
  })

  it('keeps its size, whatever is written', () => {
    const path = makeImage(fresh('size.img'), 2 ** 16)
    for (const offset of [2 ** 16 - 512, 2 ** 16, 2 ** 32]) blk(path, 'raw', 'write', `${offset}`, '512')
    assert.equal(statSync(path).size, 2 ** 16)
  })

  it('is not changed by anything when it is read-only', () => {
    const { path, bytes } = numbered(2 ** 16)
    const before = statSync(path)
    for (const words of [['readonly'], ['fill'], ['raw', 'write', '0', '512'], []]) blk(`${path},ro`, ...words)
    assert.ok(bytes.equals(readFileSync(path)))
    assert.equal(statSync(path).mtimeMs, before.mtimeMs)
  })
})

describe('the filter of a disk', linux, () => {
  for (const [sector, size] of [
    [512, 512],
    [512, 2 ** 20 + 512],
    [4096, 2 ** 32],
    [4096, 2 ** 32 + 4096],
    [32768, 2 ** 33 - 32768],
  ] as const) {
    it(`lets through just the blocks of ${sector} bytes in ${size}`, () => {
      const path = makeImage(fresh('edges.img'), size)
      const allowed = [0, size - sector, Math.floor(size / sector / 2) * sector].filter((at) => at <= size - sector)
      const killed = [size, size - sector + 1, size - 1, 1, sector - 1, sector / 2, size + sector, size + 2 ** 32]
      const launcher = fresh('launcher')
      const ending = (offset: number, length: number): number | null => {
        const args = ['raw', 'read', `${offset}`, `${length}`]
        composeToFile(BLK, launcher, { args, block: { storage: `${path},sector=${sector}` }, memory: 2 ** 21 })
        const { status, signal } = spawnSync(launcher, [], { env: {} })
        return signal === 'SIGSYS' ? SYSTEM_CALLS_KILLED : status
      }
      for (const offset of allowed) assert.equal(ending(offset, sector), 1, `${offset}`)
      for (const offset of killed) assert.equal(ending(offset, sector), SYSTEM_CALLS_KILLED, `${offset}`)
      for (const length of [0, sector - 1, sector + 1, sector * 2, sector + 2 ** 32]) {
        assert.equal(ending(0, length), SYSTEM_CALLS_KILLED, `${length} bytes`)
      }
    })
  }
})

// As the reference's conformance tests have it (misaligned, odd, too small), and a few more.
describe('what cannot be a disk', linux, () => {
  const cases: [why: string, size: number, options: string, message: RegExp][] = [
    ['an image of one block and a half', 6144, ',sector=4096', /has 6144 bytes, no whole number of sectors of 4096/],
    ['an odd block size', 1563, ',sector=521', /sector=521 is none of 512, 1024/],
    ['a block size that is too small', 256, ',sector=256', /sector=256 is none of 512, 1024/],
    ['a block size that is too large', 2 ** 17, ',sector=65536', /sector=/],
    ['an image of less than a block', 256, '', /has 256 bytes, less than one sector of 512/],
    ['an empty image', 0, '', /has 0 bytes, less than one sector of 512/],
    ['an image with a byte too many', 4097, '', /has 4097 bytes, no whole number of sectors of 512/],
  ]
  for (const [why, size, options, message] of cases) {
    it(`is ${why}`, () => {
      const { ending, stdout, stderr } = blk(`${makeImage(fresh('odd.img'), size)}${options}`)
      assert.deepEqual([ending, stdout], [125, ''])
      assert.match(stderr, message)
    })
  }
})
