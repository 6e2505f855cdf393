// Nothing of the host is left in a guest's process: a marker in the environment, the arguments and the paths of whoever starts it
// is looked for from inside, by a guest, and from outside, through /proc. The hunter itself is tested by its expected.txt.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, it, describe } from 'vitest'
import { LAUNCHER_BASE, STAGED_IMAGE } from '../../src/launcher/address-space.ts'
import { composeToFile } from '../../src/run/compose.ts'
import { guestPath, SLIPWAY } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { mappingsOf, memoryOf, whenPrinted } from '../support/processes.ts'

const MARKER = 'SLIPWAYCANRY'
const MEMORY = 2 ** 21
const ENVIRONMENT = { ...process.env, MARKER, [MARKER]: MARKER.repeat(400) }

// Where something of the host could be: the launcher and what it staged, and the region of the stack (random within 16 GiB below the
// top of the address space, see arch_mmap_rnd and stack_maxrandom_size in Linux).
const hex = (n: number) => n.toString(16)
const OURS = `${hex(LAUNCHER_BASE)}-${hex(STAGED_IMAGE + 2 ** 20)}`
const STACKS = `${hex(0x7fff_ffff_f000 - 2 ** 34)}-7ffffffff000`

let directory = ''
let path = ''
const children: ChildProcess[] = []

beforeAll(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'slipway-canary-')), MARKER)
  mkdirSync(directory)
  path = join(directory, `${MARKER}.spt`)
  copyFileSync(guestPath('scan'), path)
})
afterAll(() => rmSync(join(directory, '..'), { recursive: true }))
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const ways: Record<string, (...words: string[]) => ChildProcess> = {
  'run by the command': (...words) =>
    spawn(process.execPath, [SLIPWAY, 'run', '--mem', '2M', path, ...words], options()),
  'run with a parent': (...words) =>
    spawn(process.execPath, [SLIPWAY, 'run', '--timeout', '60', '--mem', '2M', path, ...words], options()),
  'in a kept launcher': (...words) => {
    const launcher = join(directory, `${MARKER}.out`)
    composeToFile(path, launcher, { args: words, memory: MEMORY })
    return spawn(launcher, [MARKER, MARKER.repeat(1000)], options())
  },
}

function options(): object {
  return { env: ENVIRONMENT, cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] }
}

describe('a guest that hunts for the marker', needs({ host: ['linux', 'x86-64'] }), () => {
  for (const [way, start] of Object.entries(ways)) {
    it(`finds none when ${way}`, { timeout: 120_000 }, async () => {
      const child = start('0', `10000-${hex(MEMORY)}`, OURS, STACKS)
      children.push(child)
      const output = await whenPrinted(child, 'bytes read')
      assert.ok(!output.includes('found'), output)
      assert.ok(output.includes('unreadable 0x200000'), 'the launcher is expected to be gone, but for its last part')
    })
  }
})

describe('/proc/PID of a guest', needs({ host: ['linux', 'x86-64', 'root'] }), () => {
  for (const [way, start] of Object.entries(ways)) {
    it(`shows guest memory and one part of the launcher, without the marker, when ${way}`, {
      timeout: 60_000,
    }, async () => {
      const child = start('60000')
      children.push(child)
      await whenPrinted(child, 'READY')
      const pid = way === 'run with a parent' ? childOf(child.pid as number) : (child.pid as number)
      // A kernel that seals its vdso keeps it; vsyscall is no memory of the process.
      const mappings = mappingsOf(pid).filter(({ name }) => !/^\[(vdso|vvar.*|vsyscall)\]$/.test(name))
      const [ours, ...others] = mappings.filter(({ end }) => end > MEMORY)
      assert.deepEqual(others, [])
      assert.equal(ours?.permissions, 'r-xp')
      assert.ok(ours !== undefined && ours.start > LAUNCHER_BASE && ours.end - ours.start === 4096)
      assert.equal(mappings[0]?.start, 0x10000)
      for (const mapping of mappings) assert.ok(!memoryOf(pid, mapping).includes(MARKER), JSON.stringify(mapping))
    })

    it(`shows neither arguments nor environment when ${way}`, { timeout: 60_000 }, async () => {
      const child = start('60000')
      children.push(child)
      await whenPrinted(child, 'READY')
      const pid = way === 'run with a parent' ? childOf(child.pid as number) : (child.pid as number)
      assert.equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
      assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '')
    })
  }
})

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
}
