// Guests that read parts of their own artefact: real ones, with the launcher in each of its shapes. To the guest such a device is one as any other;
// from outside there is no descriptor, and nothing that grows with the part.

import assert from 'node:assert/strict'
import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { joinParts } from '../../src/base/file-parts.ts'
import { cpio } from '../../src/files/cpio/cpio.ts'
import { MemoryOutput } from '../../src/files/output.ts'
import { directory as folder, file } from '../../src/files/sample.ts'
import { metadata } from '../../src/files/tree.ts'
import { HANDLER_STACK, HANDLER_STACK_SIZE, LAUNCHER_BASE, PARTS } from '../../src/launcher/address-space.ts'
import { composeSpt } from '../../src/targets/spt/launcher.ts'
import { bakeImages, composeBaked, partsOf, prepareBaked, SHAPES, type Shape, startBaked } from '../support/baked.ts'
import { bootDebian } from '../support/debian-machine.ts'
import { startPeer } from '../support/devices.ts'
import { needs } from '../support/needs.ts'
import { descriptorsOf, mappingsOf, whenPrinted } from '../support/processes.ts'

const LINUX = { host: ['linux', 'x86-64'] } as const
const SECTORS = [512, 4096, 32768]
const SIZE = 2 ** 18
const MEMORY = 2 ** 21

let directory = ''
const children: ChildProcess[] = []

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-baked-'))
})
afterAll(() => rmSync(directory, { recursive: true }))
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** What `blk fill` writes and `blk compare` looks for. */
function pattern(sector: number): Uint8Array {
  const bytes = new Uint8Array(SIZE)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < SIZE; at += 8) {
    const word = (BigInt(Math.floor(at / sector)) << 16n) | BigInt(at % sector)
    view.setBigUint64(at, BigInt.asUintN(64, word * 0x9e3779b97f4a7c15n), true)
  }
  return bytes
}

type Observed = { readonly status: number | null; readonly signal: string | null; readonly output: string }

async function outcomeOf(child: ChildProcess): Promise<Observed> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve({ status, signal, output }))
  })
}

async function bakeBlk(name: string, storage: Uint8Array | number): Promise<string> {
  const path = join(directory, name)
  await bakeImages('blk', path, { storage })
  return path
}

function start(path: string, shape: Shape, words: string, sector = 512): ChildProcess {
  const prepared = prepareBaked(path, shape, { args: words.split(' ') }, sector)
  try {
    const launcher = `${path}.${shape}`
    composeBaked(prepared, launcher, shape)
    const child = startBaked(prepared, launcher, shape)
    children.push(child)
    return child
  } finally {
    prepared.file.close()
  }
}

describe('a guest whose disk is a part of its artefact', needs(LINUX), () => {
  for (const shape of SHAPES) {
    it(`reads every sector of it, whatever its size, ${shape}`, async () => {
      for (const sector of SECTORS) {
        const baked = await bakeBlk(`pattern-${sector}`, pattern(sector))
        for (const words of ['compare', 'readonly', 'registers']) {
          const { status, output } = await outcomeOf(start(baked, shape, words, sector))
          assert.equal(status, 0, `${words}, ${sector}: ${output}`)
          assert.match(output, new RegExp(`^storage: ${SIZE / sector} blocks of ${sector} bytes\n[^]*SUCCESS\n$`))
        }
      }
    })

    const cases: [words: string, ending: Partial<Observed>][] = [
      ['raw read 512 512', { status: 1, output: 'read of 512 bytes at 512\n512 bytes\nstill alive\n' }],
      ['raw read 0 511', { signal: 'SIGSYS' }],
      ['raw read 0 1024', { signal: 'SIGSYS' }],
      ['raw read 8 512', { signal: 'SIGSYS' }],
      [`raw read ${SIZE} 512`, { signal: 'SIGSYS' }],
      ['raw write 0 512', { status: 1, output: 'write of 512 bytes at 0\nerrno 30\nstill alive\n' }],
      ['raw write 1 512', { signal: 'SIGSYS' }],
    ]
    it(`gets nothing else of it than whole sectors, ${shape}`, async () => {
      const baked = await bakeBlk('rules', pattern(512))
      for (const [words, ending] of cases) {
        const observed = await outcomeOf(start(baked, shape, words))
        assert.deepEqual({ ...observed, ...ending }, observed, words)
      }
    })

    it(`has no descriptor of it, and it in memory only as the file’s own pages, ${shape}`, async () => {
      const baked = await bakeBlk('held', 2 ** 26)
      const child = start(baked, shape, 'hold')
      await whenPrinted(child, 'READY')
      const pid = child.pid as number
      const path = shape === 'embedded' ? `${baked}.embedded` : baked
      assert.deepEqual(
        [...descriptorsOf(pid).values()].filter((name) => name.includes(directory)),
        [],
      )
      const above = mappingsOf(pid).filter(
        ({ end, name }) => end > MEMORY && !/^\[(vdso|vvar.*|vsyscall)\]$/.test(name),
      )
      const launcher = above.pop()
      assert.ok(launcher !== undefined && launcher.start >= LAUNCHER_BASE && launcher.permissions === 'r-xp')
      assert.deepEqual(above, [
        { start: HANDLER_STACK, end: HANDLER_STACK + HANDLER_STACK_SIZE, permissions: 'rw-p', name: '' },
        { start: PARTS, end: PARTS + 2 ** 26, permissions: 'r--p', name: path },
      ])
      const resident = /^Rss:\s+(\d+) kB$/m
      const details = readFileSync(`/proc/${pid}/smaps`, 'utf8')
      const ofPart = details.slice(details.indexOf(`${PARTS.toString(16)}-`))
      assert.equal(resident.exec(ofPart)?.[1], '0') // none of its pages has been touched
    })

    it(`dies by SIGSYS when somebody sends it, ${shape}`, async () => {
      const child = start(await bakeBlk('signalled', SIZE), shape, 'hold')
      await whenPrinted(child, 'READY')
      const outcome = outcomeOf(child)
      child.kill('SIGSYS')
      assert.equal((await outcome).signal, 'SIGSYS')
    })
  }

  it('reads its own from each of 63 parts', async () => {
    const path = join(directory, 'many')
    const names = Array.from({ length: 63 }, (_, i) => `storage${i}`)
    await bakeImages('max-devices', path, Object.fromEntries(names.map((name, i) => [name, endsOf(i + 1)])))
    for (const shape of SHAPES) {
      const prepared = prepareBaked(path, shape, { args: ['readonly'] })
      composeBaked(prepared, `${path}.${shape}`, shape)
      const { status, output } = await outcomeOf(startBaked(prepared, `${path}.${shape}`, shape))
      prepared.file.close()
      assert.deepEqual([status, output], [0, 'READY\n63 disks, 0 networks\nSUCCESS\n'])
    }
  })

  it('has networks and a disk of the operator’s beside it', needs({ ...LINUX, commands: ['python3'] }), async () => {
    const path = join(directory, 'mixed')
    const image = join(directory, 'mixed.img')
    writeFileSync(image, endsOf(4))
    await bakeImages('many', path, { storage0: endsOf(2) })
    for (const shape of SHAPES) {
      const sockets = [0, 1, 2].map((i) => join(directory, `${shape}-${i}`))
      const peer = await startPeer([], sockets)
      const net = Object.fromEntries(sockets.map((socket, i) => [`service${i}`, `unix:${socket}`]))
      const prepared = prepareBaked(path, shape, { args: ['readonly'], net, block: { storage1: `${image},ro` } })
      composeBaked(prepared, `${path}.${shape}`, shape)
      const { status, output } = await outcomeOf(startBaked(prepared, `${path}.${shape}`, shape))
      prepared.file.close()
      peer.child.kill()
      assert.deepEqual([status, output], [0, 'READY\n2 disks, 3 networks\nSUCCESS\n'])
    }
  })

  it('makes no other calls for it than the filter sees', needs({ ...LINUX, commands: ['strace'] }), async () => {
    const path = await bakeBlk('traced', pattern(4096))
    for (const shape of ['embedded', 'path'] as const) {
      const prepared = prepareBaked(path, shape, { args: ['compare'] }, 4096)
      const { records, policy } = composeBaked(prepared, `${path}.${shape}`, shape)
      prepared.file.close()
      const planned = records.flatMap((record) =>
        record.kind === 'call' ? Array.from({ length: record.times }, () => record.name as string) : [],
      )
      const { status, stderr } = spawnSync('strace', ['-f', '-a', '1', `${path}.${shape}`], { encoding: 'utf8' })
      assert.equal(status, 0, stderr)
      const [, ...seen] = [...stderr.matchAll(/^(\w+)\(/gm)].map(([, call = '']) => call) // the first is execve
      assert.deepEqual(seen.slice(0, planned.length), planned)
      const allowed = new Set<string>(policy.map(({ call }) => call))
      const rest = seen.slice(planned.length)
      assert.deepEqual(
        rest.filter((call) => !allowed.has(call)),
        [],
      )
      const reads = rest.filter((call) => call === 'pread64').length
      const signals = [...stderr.matchAll(/^--- SIGSYS \{.*si_code=SYS_SECCOMP.*\} ---$/gm)].length
      assert.deepEqual([reads, signals], [SIZE / 4096, SIZE / 4096])
    }
  })

  it('ends by SIGBUS where the file has become shorter than the part that it reads', async () => {
    const baked = await bakeBlk('cut', 2 ** 20)
    const child = start(baked, 'path', 'read 100000000')
    await whenPrinted(child, 'storage: ')
    const outcome = outcomeOf(child)
    truncateSync(baked, partsOf(baked)[0]?.offset)
    assert.equal((await outcome).signal, 'SIGBUS')
  })
})

/** What `many` looks for at both ends of the disk of a handle: two sectors of 512 bytes. */
function endsOf(handle: number): Uint8Array {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  for (const end of [0, bytes.length - 512]) {
    for (let at = 0; at < 512; at += 8) {
      const word = (BigInt(handle) << 48n) | (BigInt(end) << 16n) | BigInt(at)
      view.setBigUint64(end + at, BigInt.asUintN(64, word * 0x9e3779b97f4a7c15n), true)
    }
  }
  return bytes
}

describe('a kept launcher with a part', needs({ ...LINUX, host: [...LINUX.host, 'root'] }), () => {
  it('needs nothing else: it runs in a container with nothing in it', async () => {
    const path = await bakeBlk('alone', pattern(4096))
    const prepared = prepareBaked(path, 'embedded', { args: ['compare'] }, 4096)
    const empty = mkdtempSync(join(directory, 'empty-'))
    composeBaked(prepared, join(empty, 'alone'), 'embedded')
    prepared.file.close()
    rmSync(path)
    const { status, stdout } = spawnSync('/bin/sh', ['-c', 'exec chroot "$0" /alone', empty], { encoding: 'utf8' })
    assert.deepEqual([status, stdout], [0, 'storage: 64 blocks of 4096 bytes\nSUCCESS\n'])
  })
})

const MACHINE = { ...LINUX, commands: ['qemu-system-x86_64'], apt: ['linux-image-cloud-amd64'] }

describe("a kept launcher with a part, as the first process of Debian's kernel", needs(MACHINE), () => {
  // With XSAVE as the emulator has it (AVX), and as on a processor that has only FXSAVE.
  for (const [what, flag, components] of [
    ['with XSAVE', '', '7'],
    ['without XSAVE', ' noxsave', '0'],
  ] as const) {
    it(`reads it, and every register is given back, ${what}`, { timeout: 300_000 }, async () => {
      const baked = await bakeBlk('first', pattern(512))
      const prepared = prepareBaked(baked, 'embedded', { args: ['registers'] })
      const launcher = joinParts(composeSpt(prepared.plan, { image: { kind: 'embedded' } }), prepared.file.source)
      prepared.file.close()
      const initrd = `${baked}.initrd`
      const output = new MemoryOutput()
      const console = { kind: 'character', meta: metadata(0o600), major: 5, minor: 1 } as const
      const root = folder({ dev: folder({ console }), init: file(launcher, metadata(0o755)) })
      await cpio.write(root, output)
      writeFileSync(initrd, output.bytes)
      const printed = bootDebian(initrd, 512, `console=ttyS0 quiet panic=-1${flag}`)
      assert.ok(printed.includes(`components of XSAVE: ${components}\n`), printed)
      assert.match(printed, /SUCCESS\n[^]*exitcode=0x00000000/)
    })
  }
})
