// Looking before and after: slipway plan does nothing of what it says, a kept launcher says what it will do, and images are made carefully.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { LauncherReport } from '../../src/artefact/launcher-report.ts'
import { createBlock } from '../../src/run/block.ts'
import { inspect } from '../../src/run/inspect.ts'
import { describePlan } from '../../src/run/plan.ts'
import { startPeer } from '../support/devices.ts'
import { guestPath, SLIPWAY, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { whenPrinted } from '../support/processes.ts'

const linux = needs({ host: ['linux', 'x86-64'] })
const withPeer = needs({ host: ['linux', 'x86-64'], commands: ['python3'] })
const SIZE = 2 ** 20

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-plan-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** An image of its own. */
function image(name: string, size = SIZE): string {
  const path = join(directory, name)
  createBlock(path, size)
  return path
}

describe('slipway plan', linux, () => {
  it('opens nothing for writing and starts nothing', needs({ host: ['linux', 'x86-64'], commands: ['strace'] }), () => {
    const disk = image('traced.img')
    const log = join(directory, 'trace')
    const args = ['-f', '-o', log, process.execPath, SLIPWAY, 'plan', '--block', `storage=${disk}`, guestPath('blk')]
    const { status } = spawnSync('strace', args, { stdio: 'ignore' })
    assert.equal(status, 0)
    const lines = readFileSync(log, 'utf8').split('\n')
    assert.deepEqual(
      lines.filter((line) => line.includes(disk) && line.includes('open')),
      [],
    )
    // Opened for writing are pipes and terminals of Node.js at most, never a file of ours or somebody else's.
    const written = lines.filter(
      (line) => line.includes('openat(') && /O_WRONLY|O_RDWR|O_CREAT/.test(line) && !line.includes('"/dev/'),
    )
    assert.deepEqual(written, [])
    assert.equal(lines.filter((line) => line.includes('execve(')).length, 1)
    assert.deepEqual(
      lines.filter((line) => /memfd_create|unlink|rename|ftruncate/.test(line)),
      [],
    )
  })

  it('says what the launcher of a run then does', needs({ host: ['linux', 'x86-64'], commands: ['strace'] }), () => {
    const disk = image('both.img')
    const wires = ['--block', `storage=${disk},ro`, guestPath('blk')]
    const plan = JSON.parse(slipway(['plan', '--json', ...wires]).stdout) as ReturnType<typeof describePlan>
    const log = join(directory, 'run')
    spawnSync('strace', ['-f', '-o', log, process.execPath, SLIPWAY, 'run', ...wires], { stdio: 'ignore' })
    const calls = [...readFileSync(log, 'utf8').matchAll(/^\d+ +([a-z0-9_]+)\(/gm)].map(([, name]) => name)
    const planned = plan.records.flatMap(({ call, times }) =>
      call === null ? [] : Array.from({ length: times }, () => call),
    )
    const from = calls.lastIndexOf('execve') + 1
    assert.deepEqual(calls.slice(from, from + planned.length), planned)
  })

  it('names the layer of each wire, and who listens at its socket', withPeer, async () => {
    const socket = join(directory, 'service.sock')
    const disk = image('layers.img')
    const wiring = join(directory, 'wiring.json')
    const document = { schema: 'slipway.wiring', schemaVersion: 1, block: { storage: { path: 'layers.img' } } }
    writeFileSync(wiring, JSON.stringify(document))
    const peer = await startPeer([], [socket])
    try {
      const args = ['plan', '--json', '--wiring', wiring, '--net', `service=unix:${socket}`, guestPath('escape')]
      const { stdout, stderr, status } = slipway(args)
      assert.deepEqual([status, stderr], [0, ''])
      const [storage, service] = (JSON.parse(stdout) as ReturnType<typeof describePlan>).devices
      assert.ok(storage?.type === 'block' && storage.form === 'file' && service?.type === 'net')
      assert.deepEqual([storage.path, storage.origin], [disk, { layer: 'file', file: wiring, line: 1, column: 65 }])
      assert.deepEqual(service.origin, { layer: 'command line' })
      assert.deepEqual(service.listener, { pid: peer.child.pid, name: 'python3' })
      const text = slipway(args.filter((word) => word !== '--json')).stdout
      assert.ok(text.includes(`process ${peer.child.pid}, "python3", listens there`), text)
    } finally {
      peer.child.kill()
    }
  })

  it('says who has locked an image', withPeer, async () => {
    const disk = image('locked.img')
    const program =
      'import fcntl,sys; f=open(sys.argv[1],"r+b"); fcntl.lockf(f,fcntl.LOCK_EX); print("READY",flush=True); sys.stdin.read()'
    const holder: ChildProcess = spawn('python3', ['-c', program, disk], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await whenPrinted(holder, 'READY')
      const [storage] = describePlan(guestPath('blk'), { block: { storage: disk } }).devices
      assert.ok(storage?.type === 'block' && storage.form === 'file')
      assert.deepEqual(storage.lockedBy, { pid: holder.pid, name: 'python3' })
      const shared = describePlan(guestPath('blk'), { block: { storage: `${disk},share` } }).devices[0]
      assert.ok(shared?.type === 'block' && shared.form === 'file')
      assert.deepEqual([shared.lockedBy, shared.lock], [null, 'none'])
    } finally {
      holder.kill()
    }
  })

  it('refuses with 125 what a run refuses, in the same words', () => {
    const cases = [
      [guestPath('blk')],
      ['--block', 'storage=/no/such', guestPath('blk')],
      ['--mem', '4K', guestPath('hello')],
      ['/no/such.spt'],
    ]
    for (const args of cases) {
      const [planned, run] = ['plan', 'run'].map((verb) => slipway([verb, ...args]))
      assert.deepEqual([planned?.status, planned?.stdout, planned?.stderr], [125, '', run?.stderr])
    }
  })

  it('plans an artefact that has no name to be opened by again', () => {
    const { stdout, status, stderr } = spawnSync(
      '/bin/sh',
      ['-c', `"${process.execPath}" "${SLIPWAY}" plan --json /dev/fd/7 7<"${guestPath('hello')}"`],
      { encoding: 'utf8' },
    )
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal((JSON.parse(stdout) as ReturnType<typeof describePlan>).image.from, 'descriptor')
  })
})

describe('slipway inspect of a launcher', linux, () => {
  it('finds the plan inside, and refuses it when it has been tampered with', () => {
    const disk = image('kept.img')
    const kept = join(directory, 'kept')
    const composed = slipway([
      'compose',
      '-o',
      kept,
      '--mem',
      '64M',
      '--block',
      `storage=${disk},ro`,
      guestPath('blk'),
      '--',
      'a',
      'b c',
    ])
    assert.deepEqual([composed.status, composed.stderr], [0, ''])
    const { family, launcher } = inspect(kept) as ReturnType<typeof inspect> & { launcher: LauncherReport }
    assert.equal(family, 'launcher')
    assert.deepEqual(
      [launcher.memorySize, launcher.commandLine, launcher.image.from],
      [64 * SIZE, 'a b\\ c', 'launcher'],
    )
    const [storage] = launcher.devices
    assert.ok(storage?.type === 'block' && storage.form === 'file')
    assert.deepEqual([storage.path, storage.capacity, storage.readOnly, storage.lock], [disk, SIZE, true, 'shared'])
    const text = slipway(['inspect', kept]).stdout
    assert.ok(text.includes(`block "storage", file "${disk}"`), text)

    const bytes = readFileSync(kept)
    bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1) // of the image, which says nothing about the launcher
    writeFileSync(kept, bytes)
    assert.equal(slipway(['inspect', kept]).status, 0)
    bytes.writeUInt8(
      0xcc,
      Number(bytes.readBigUInt64LE(24) - bytes.readBigUInt64LE(64 + 56 + 16) + bytes.readBigUInt64LE(64 + 56 + 8)),
    )
    writeFileSync(kept, bytes)
    const refused = slipway(['inspect', kept])
    assert.equal(refused.status, 125)
    assert.match(refused.stderr, /executor at offset \d+: is not the one of this Slipway/)
  })
})

describe('slipway block create', linux, () => {
  const create = (...args: string[]) => slipway(['block', 'create', ...args], { cwd: directory })

  it('makes a sparse file for its owner only', () => {
    assert.deepEqual([create('made.img', '64M').status, create('made.img', '64M').status], [0, 125])
    const { size, blocks, mode } = statSync(join(directory, 'made.img'))
    assert.deepEqual([size, blocks, mode & 0o777], [64 * SIZE, 0, 0o600])
  })

  it('never touches what is there, whatever it is', () => {
    const [file, link] = [join(directory, 'precious'), join(directory, 'dangling')]
    writeFileSync(file, 'precious', { mode: 0o644 })
    symlinkSync(join(directory, 'nowhere'), link)
    for (const path of [file, link, directory]) {
      const { status, stderr } = create(path, '1M')
      assert.equal(status, 125)
      assert.match(stderr, /exists already\n {2}nothing has been changed/)
    }
    assert.equal(readFileSync(file, 'utf8'), 'precious')
    assert.ok(!existsSync(join(directory, 'nowhere')))
  })

  it('leaves nothing where the file cannot be as large as that', () => {
    const { status, stderr } = spawnSync(
      '/bin/sh',
      ['-c', `ulimit -f 64; exec "${process.execPath}" "${SLIPWAY}" block create large.img 1G`],
      {
        encoding: 'utf8',
        cwd: directory,
      },
    )
    assert.equal(status, 125)
    assert.match(stderr, /files may not be that large here\n {2}see ulimit -f/)
    assert.ok(!existsSync(join(directory, 'large.img')))
    assert.equal(create('enormous.img', '8000T').status, 125)
    assert.ok(!existsSync(join(directory, 'enormous.img')))
  })

  it('refuses sizes that no block device has, and places where nothing can be made', () => {
    for (const size of [0, -512, 100, 513, 2 ** 53, Number.NaN]) {
      assert.throws(() => createBlock(join(directory, 'never.img'), size), { name: 'UsageError', code: 'BAD_ARGUMENT' })
    }
    assert.throws(() => createBlock('', 512), { name: 'UsageError' })
    assert.throws(() => createBlock(join(directory, 'no/such/place.img'), 512), {
      name: 'HostError',
      code: 'NOT_FOUND',
    })
    assert.equal(create('never.img', '64').status, 125)
    assert.equal(create('never.img', '0M').status, 125)
    assert.deepEqual(
      readdirSync(directory).filter((name) => name === 'never.img'),
      [],
    )
  })

  it(
    'says what is missing where the directory may not be written to',
    needs({ host: ['linux', 'x86-64'], commands: ['setpriv'] }),
    () => {
      const locked = mkdtempSync(join(tmpdir(), 'slipway-locked-'))
      try {
        chmodSync(locked, 0o555)
        const nobody = [
          '--reuid=65534',
          '--regid=65534',
          '--clear-groups',
          process.execPath,
          SLIPWAY,
          'block',
          'create',
          join(locked, 'a.img'),
          '1M',
        ]
        const { status, stderr } =
          process.getuid?.() === 0
            ? spawnSync('setpriv', nobody, { encoding: 'utf8' })
            : create(join(locked, 'a.img'), '1M')
        assert.equal(status, 125)
        assert.match(stderr, /permission denied/)
      } finally {
        rmSync(locked, { recursive: true })
      }
    },
  )
})
