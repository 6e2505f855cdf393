// The tests by which Solo5 knows its sandboxed-process target, with guests of the same behaviour and this project's front end in the tender's
// place. Numbers are those of the tests in Solo5's tests.bats, in its order, counted over all targets.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeImage } from '../support/devices.ts'
import { guestPath } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { inNamespace } from './_namespace.ts'
import { makePlace, type Place, tend } from './_tender.ts'

let place: Place
beforeAll(() => {
  place = makePlace()
})
afterAll(() => place.remove())

/** The status is what a shell sees: 128 and the signal's number where one has ended it. */
type Ending = { readonly status: number; readonly has?: string; readonly hasNot?: string }

const SUCCESS: Ending = { status: 0, has: 'SUCCESS' }
const FAULT: Ending = { status: 139 }
const ABORT: Ending = { status: 255, has: 'ABORT' }
const SIGNALS: Readonly<Record<string, number>> = { SIGSEGV: 139, SIGSYS: 159 }

const plain: [row: number, name: string, words: (guest: string) => string[], guest: string, ending: Ending][] = [
  [4, 'hello', (guest) => [guest, 'Hello_Solo5'], 'hello', SUCCESS],
  [8, 'quiet', (guest) => ['--', guest, '--solo5:quiet'], 'globals', { ...SUCCESS, hasNot: 'Solo5:' }],
  [11, 'output', (guest) => [guest, '4096'], 'output', { status: 0 }],
  [15, 'globals', (guest) => [guest], 'globals', SUCCESS],
  [19, 'exception', (guest) => [guest, '400000000'], 'null', FAULT],
  [23, 'zeropage', (guest) => [guest, '8'], 'null', FAULT],
  [27, 'xnow', (guest) => [guest], 'write-text', FAULT],
  [32, 'wnox', (guest) => [guest], 'exec-data', FAULT],
  [36, 'notls', (guest) => [guest, 'none'], 'tls', FAULT],
  [40, 'tls', (guest) => [guest], 'tls', SUCCESS],
  [44, 'ssp', (guest) => [guest], 'ssp', ABORT],
  [48, 'fpu', (guest) => [guest], 'fpu', SUCCESS],
  [52, 'time', (guest) => [guest], 'time', SUCCESS],
  [54, 'seccomp', (guest) => [guest], 'forbidden', { status: 159 }],
]

describe('solo5-spt --mem=2', needs({ host: ['linux', 'x86-64'] }), () => {
  for (const [row, name, words, guest, ending] of plain) {
    it(`${row}: ${name}`, () => check(['--mem=2', ...words(guestPath(guest))], ending))
  }

  const images: [row: number, name: string, size: number, sector: number | undefined, ending: Ending][] = [
    [61, 'blk', 1024 * 4096, undefined, SUCCESS],
    [62, 'blk block-sector-size=4096', 1024 * 4096, 4096, SUCCESS],
    [63, 'blk misaligned', 6144, 4096, { status: 1, has: 'Backing storage size must be block aligned' }],
    [64, 'blk odd', 1563, 521, { status: 1, has: 'Block size must be a multiple of 2' }],
    [65, 'blk too small', 256, 256, { status: 1, has: 'Block size must be a multiple of 2 greater than or equal 512' }],
  ]
  for (const [row, name, size, sector, ending] of images) {
    it(`${row}: ${name}`, () => {
      const image = makeImage(join(place.directory, 'storage.img'), size)
      const option = sector === undefined ? [] : [`--block-sector-size:storage=${sector}`]
      check(['--mem=2', `--block:storage=${image}`, ...option, '--', guestPath('blk')], ending)
    })
  }

  it('79: mft_maxdevices', () => {
    const options = Array.from({ length: 63 }, (_, i) => {
      return `--block:storage${i}=${makeImage(join(place.directory, `storage${i}.img`), 4096)}`
    })
    check(['--mem=2', ...options, '--', guestPath('max-devices')], SUCCESS)
  })
})

function check(args: readonly string[], ending: Ending): void {
  const { status, signal, stdout, stderr } = tend(place, args)
  const output = stdout + stderr
  assert.equal(status ?? SIGNALS[signal ?? ''], ending.status, output)
  if (ending.has !== undefined) assert.ok(output.includes(ending.has), output)
  if (ending.hasNot !== undefined) assert.ok(!output.includes(ending.hasNot), output)
}

const tools = { host: ['linux', 'x86-64', 'root'], commands: ['unshare', 'mount', 'ip', 'ping'] } as const

describe('solo5-spt on TAP interfaces', needs(tools), () => {
  const networks: [row: number, name: string, taps: string, guest: string[], pings: string, has: RegExp[]][] = [
    [
      68,
      'net',
      'tap tap100 10.0.0.1/24',
      ['--net:service=tap100', '--', guestPath('net'), 'limit'],
      'ping -fq -c 100000 10.0.0.2',
      [/ 100000 received/],
    ],
    [
      71,
      'net_2if',
      'tap tap100 10.0.0.1/24; tap tap101 10.1.0.1/24',
      ['--net:service0=tap100', '--net:service1=tap101', '--', guestPath('net-2if')],
      'ping -fq -c 50000 10.0.0.2 & one=$!; ping -fq -c 50000 10.1.0.2; wait $one',
      // Ends with its last answer, which may be lost with the interface that it closes: what counts is what it has counted.
      [/ (49999|50000) received[^]* (49999|50000) received/, /50000 and 50000 echoes/],
    ],
    [
      73,
      'net_mtu',
      'tap tap102 10.2.0.1/24 9000',
      ['--net:service=tap102', '--', guestPath('net-mtu')],
      '',
      [/MTU is 9000/],
    ],
    [
      76,
      'net_ring',
      'tap tap100 10.0.0.1/24',
      ['--net:service=tap100', '--', guestPath('net'), 'verify'],
      'ping -fq -c 10000 -p deadbeef 10.0.0.2',
      [/ 10000 received/],
    ],
  ]
  for (const [row, name, taps, guest, pings, has] of networks) {
    it(`${row}: ${name}`, () => {
      const script = `${taps}\n"$@" >output 2>&1 & guest=$!\nready\n${pings}\nset +e; wait $guest; echo "ended with $?"`
      const args = [process.execPath, place.tender, '--mem=2', ...guest]
      const { stdout, stderr } = inNamespace(place.directory, script, args)
      const output = stdout + stderr + readFileSync(join(place.directory, 'output'), 'utf8')
      for (const text of [/ended with 0/, /SUCCESS/, ...has]) assert.match(output, text)
      assert.doesNotMatch(output, /[1-9]\d*% packet loss/)
    })
  }
})
