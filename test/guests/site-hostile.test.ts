// The guest `site` with archives that nobody would make, unless to see what comes of it.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, describe, it } from 'vitest'
import { guestPath, slipway } from '../support/guests.ts'
import { mutate, randomNumbers } from '../support/mutate.ts'
import { needs } from '../support/needs.ts'
import { giveToNobody } from '../support/nobody.ts'
import { eventually } from '../support/processes.ts'
import { endAll, runAsNobody } from '../support/served.ts'
import { archive, entry, pax, sign } from '../support/tar-blocks.ts'
import { makeScratch, SITE_NEEDS } from './_site.ts'

const scratch = makeScratch()
afterAll(scratch.remove)
afterEach(endAll)

function writeFile(path: string, bytes: Uint8Array): string {
  writeFileSync(path, bytes)
  giveToNobody(path)
  return path
}

/** One good archive, of which each case spoils something. */
const FIRST = entry({ name: 'first', content: 'contents' })
const GOOD = archive(entry({ name: 'a', content: 'a' }), FIRST, entry({ name: 'last', content: 'x'.repeat(600) }))
const AT_FIRST = 1024

function spoiled(at: number, text: string, signs = true): Buffer {
  const bytes = Buffer.from(GOOD)
  bytes.write(text, AT_FIRST + at, 'latin1')
  if (signs) sign(bytes.subarray(AT_FIRST))
  return bytes
}
const before = (...parts: Buffer[]): Buffer => archive(entry({ name: 'a', content: 'a' }), ...parts)
const raw = (text: string): Buffer => before(entry({ name: 'pax', type: 'x', content: text }), FIRST)
const holes = (map: string, size = '1000'): Buffer =>
  before(
    pax('GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.name=f', `GNU.sparse.realsize=${size}`),
    entry({
      name: 'f',
      content: Buffer.concat([Buffer.from(map), Buffer.alloc(-map.length & 511), Buffer.alloc(100)]),
    }),
  )

describe('an archive that makes no sense', needs(SITE_NEEDS), () => {
  const CASES: [why: string, bytes: Buffer, message: RegExp][] = [
    ['a checksum that is wrong', spoiled(0, 'F', false), /^1024: the checksum of its header is wrong/],
    ['a checksum that is no number', spoiled(148, '9', false), /^1024: a number of its header is none/],
    ['a size that is no number', spoiled(124, '0000008'), /^1024: a number of its header is none/],
    ['a size beyond the disk', spoiled(124, '00000010000\0'), /^1024: its contents end behind the end of the disk/],
    [
      'a size beyond all disks',
      spoiled(124, '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff'),
      /^1024: its contents end behind/,
    ],
    [
      'a size that would wrap',
      spoiled(124, '\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff'),
      /^1024: its contents end behind/,
    ],
    ['a size below zero', spoiled(124, '\xff'.repeat(12)), /^1024: a number of its header is more than 64 bits/],
    ['an unknown kind of file', spoiled(156, 'Z'), /^1024: no kind of file that is known/],
    ['holes in the old way', spoiled(156, 'S'), /^1024: a file with holes in GNU's old way/],
    ['an end in its midst', GOOD.subarray(0, 1536), /^1024: its contents end behind the end of the disk/],
    ['no end', GOOD.subarray(0, -1024), /^3584: the disk ends without the two blocks of zeroes/],
    ['half of an end', GOOD.subarray(0, -512), /^3584: the disk ends behind the first of the two blocks/],
    ['a hole between entries', before(Buffer.alloc(512), FIRST), /^1024: a single block of zeroes/],
    ['no archive at all', Buffer.alloc(4096, 'text '), /^0: a number of its header is none/],
    [
      'a path that leads out',
      before(entry({ name: 'x/../../y' })),
      /^1024: its path leads out of a directory by `\.\.`/,
    ],
    [
      'a link to what is not there',
      before(entry({ name: 'x', type: '1', link: 'y' })),
      /^1024: a hard link to something that is no file so far/,
    ],
    ['a link to itself', before(entry({ name: 'x', type: '1', link: 'x' })), /^1024: a hard link to something/],
    [
      'a link to a directory',
      before(entry({ name: 'd/x' }), entry({ name: 'y', type: '1', link: 'd' })),
      /^1536: a hard link to something/,
    ],
    [
      'a path through a file',
      before(entry({ name: 'a/b' })),
      /^1024: its path goes through something that is no directory/,
    ],
    [
      'a file in place of a directory',
      before(entry({ name: 'd/x' }), entry({ name: 'd' })),
      /^1536: it would replace a directory/,
    ],
    ['a file in place of the root', before(entry({ name: '.' })), /^1024: it would replace a directory/],
    [
      'a long name that is too long',
      before(entry({ name: 'L', type: 'L', content: 'x'.repeat(4097) }), FIRST),
      /^1024: a name of it has more than 4095 bytes/,
    ],
    ['a long name without one', before(entry({ name: 'L', type: 'L' }), FIRST), /^1024: a long name without a name/],
    [
      'a record with a name that is too long',
      before(pax(`path=${'x'.repeat(4096)}`), FIRST),
      /^1024: a name of it has more/,
    ],
    ['a record without a length', raw('path=x y\n'), /^1024: a record of pax does not begin with its length/],
    ['a record that is too long', raw('99 path=x\n'), /^1024: a record of pax has no length that is possible/],
    ['a record with a length for nothing', raw('0 path=x\n'), /^1024: a record of pax has no length that is possible/],
    [
      'a record that does not end where it says',
      raw('10 path=xx\n'),
      /^1024: a record of pax does not end with its line/,
    ],
    ['a record without a value', raw('10 pathxx\n'), /^1024: a record of pax ends too early/],
    ['a record in the midst of nothing', raw('123'), /^1024: a record of pax ends too early/],
    ['a size in a record that is none', before(pax('size=12x'), FIRST), /^1024: a number in a record of pax is none/],
    ['a size in a record beyond the disk', before(pax('size=99999999999'), FIRST), /^2048: its contents end behind/],
    [
      'holes in an unknown way',
      before(pax('GNU.sparse.major=2', 'GNU.sparse.minor=0', 'GNU.sparse.realsize=1'), FIRST),
      /^2048: a file with holes in another way/,
    ],
    [
      'holes without a size',
      before(pax('GNU.sparse.major=1', 'GNU.sparse.minor=0'), FIRST),
      /^2048: a file with holes in another way/,
    ],
    ['a map of holes that is none', holes('x\n'), /^2048: the map of its holes is no list of numbers/],
    ['a map of holes with an endless line', holes(`${'1'.repeat(40)}\n`), /^2048: the map of its holes is no list/],
    ['a map of holes that is too short', holes('1\n'), /^2048: the map of its holes is no list of numbers/],
    ['a map of more holes than it has bytes', holes('9999999999\n'), /^2048: the map of its holes ends too early/],
    ['holes behind the end of the file', holes('1\n990\n20\n'), /^2048: the map of its holes does not fit the file/],
    ['holes in the wrong order', holes('2\n500\n10\n400\n10\n'), /^2048: the map of its holes does not fit the file/],
    ['holes for more than there is', holes('1\n0\n101\n'), /^2048: the map of its holes does not fit the file/],
  ]
  for (const [why, bytes, message] of CASES) {
    it(`ends the guest with a reason: ${why}`, () => {
      const path = writeFile(scratch.at('bad.tar'), bytes)
      const { status, stdout } = slipway([
        'run',
        '--net',
        'service=user',
        '--block',
        `files=${path},ro`,
        guestPath('site'),
      ])
      assert.equal(status, 255, stdout)
      const [, reason = stdout] = /^ABORT: files: the archive, at byte (.*)\n$/.exec(stdout) ?? []
      assert.match(reason, message)
    })
  }

  it('with more files than its index has memory for is refused as such', () => {
    const files = Array.from({ length: 120_000 }, (_, i) => entry({ name: `file-${i}` }))
    const path = writeFile(scratch.at('crowd.tar'), archive(...files))
    const flags = ['--net', 'service=user', '--block', `files=${path},ro`]
    const { status, stdout } = slipway(['run', '--mem', '28M', ...flags, guestPath('site')])
    assert.equal(status, 255, stdout)
    assert.match(
      stdout,
      /^ABORT: files: the index takes more memory than there is, after \d+ entries: give the guest more/,
    )
  })

  it('never makes the guest crash, whatever is changed in it', async () => {
    const link = (name: string, type: string): Buffer => entry({ name, type, link: 'longer' })
    const good = before(pax('path=longer', 'size=8'), FIRST, link('x', '2'), link('d/y', '1'), holes('1\n5\n10\n'))
    const places = Array.from({ length: good.length / 512 }, (_, i) => i * 512)
    const path = scratch.at('changed.tar')
    for (let seed = 1; seed <= 40; seed++) {
      const next = randomNumbers(seed)
      const changed = mutate(good, places, next)
      const bytes = Buffer.concat([changed, Buffer.alloc(-changed.length & 511)])
      // Half of them get so far that their contents matter.
      if (seed % 2 === 0) for (const place of places.filter((at) => at < bytes.length)) sign(bytes.subarray(place))
      const { status, output } = await start(writeFile(path, bytes))
      const fine = status === 255 ? output.startsWith('ABORT: files: ') : status === TERMINATED
      assert.ok(fine, `seed ${seed} ends with ${status}: ${output}`)
    }
  })
})

const TERMINATED = 128 + 15

/** Runs the guest until it is ready to serve, or has found something. */
async function start(path: string): Promise<{ readonly status: number | null; readonly output: string }> {
  const { child, output, ended } = runAsNobody([
    '--net',
    'service=user',
    '--block',
    `files=${path},ro`,
    guestPath('site'),
  ])
  await eventually('an index', () => output().includes('READY') || child.exitCode !== null)
  child.kill('SIGTERM')
  return { status: (await ended).status, output: output() }
}
