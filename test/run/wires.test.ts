// Wires as an operator meets them: every kind of carrier, images that are in use or have changed, and peers that go away.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { composeToFile } from '../../src/run/compose.ts'
import { start } from '../../src/run/run.ts'
import { guestPath, ROOT, SLIPWAY, slipway, spawnSlipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { nodeBinary } from '../support/node-binaries.ts'
import { childrenOf, eventually, isAlive, whenPrinted } from '../support/processes.ts'

const PEER = join(ROOT, 'test/support/ethernet-peer.py')
const [NET, BLK, MANY] = [guestPath('net'), guestPath('blk'), guestPath('net-2if')]
const linux = needs({ host: ['linux', 'x86-64'] })
const asRoot = needs({ host: ['linux', 'x86-64', 'root'], commands: ['python3', 'unshare'] })
const withPeer = needs({ host: ['linux', 'x86-64'], commands: ['python3'] })
const GONE = 'its other end is gone, so the guest is ended'

let directory = ''
let files = 0
const fresh = (name: string): string => join(directory, `${files++}-${name}`)
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-wires-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
const keep = <T extends ChildProcess>(child: T): T => {
  children.push(child)
  return child
}

function image(bytes = 2 ** 20): string {
  const path = fresh('disk.img')
  writeFileSync(path, '')
  truncateSync(path, bytes)
  return path
}

/** A peer that pings each address over its path and then closes; ready to be connected to. */
async function startPeer(paths: readonly string[], options: readonly string[]): Promise<ChildProcess> {
  const child = keep(spawn('python3', [PEER, ...options, '--', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] }))
  await whenPrinted(child, 'READY')
  return child
}

type End = { readonly status: number | null; readonly signal: string | null; readonly errors: string }

function endOf(child: ChildProcess): Promise<End> {
  let errors = ''
  child.stdout?.resume()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve) => child.once('close', (status, signal) => resolve({ status, signal, errors })))
}

/** Connects to a peer, makes that the descriptor wanted, and becomes the command. */
const CONNECT = `
import os, socket, sys
path, number, *command = sys.argv[1:]
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect(path)
os.dup2(connection.fileno(), int(number), inheritable=True)
os.execv(command[0], command)
`

describe('a net device', withPeer, () => {
  const ways: [why: string, flags: readonly string[], number: string][] = [
    ['a command that becomes the guest', [], '5'],
    ['a parent beside the guest', ['--timeout', '30s'], '21'],
  ]
  for (const [why, flags, number] of ways) {
    it(`is an inherited descriptor for ${why}`, async () => {
      const path = fresh('net')
      const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '200'])
      const command = [
        process.execPath,
        SLIPWAY,
        'run',
        ...flags,
        '--net',
        `service=fd:${number}`,
        NET,
        '--',
        'limit',
        '200',
      ]
      const guest = keep(
        spawn('python3', ['-c', CONNECT, path, number, ...command], { stdio: ['ignore', 'pipe', 'pipe'] }),
      )
      const [end, answered] = await Promise.all([endOf(guest), endOf(peer)])
      assert.deepEqual([end.status, end.errors, answered.status], [0, '', 0])
    })
  }

  for (const major of ['22', '24'] as const) {
    it(`is an inherited descriptor under Node.js ${major}`, needs({ node: [major] }), async () => {
      const path = fresh('net')
      const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '20'])
      const command = [nodeBinary(major)?.path ?? '', SLIPWAY, 'run', '--net', 'service=fd:4', NET, '--', 'limit', '20']
      const guest = keep(
        spawn('python3', ['-c', CONNECT, path, '4', ...command], { stdio: ['ignore', 'pipe', 'pipe'] }),
      )
      const [end, answered] = await Promise.all([endOf(guest), endOf(peer)])
      assert.deepEqual([end.status, end.errors, answered.status], [0, '', 0])
    })
  }

  it('does not wait in a read, whatever its descriptor was before', needs({ host: ['root'] }), async () => {
    const path = fresh('net')
    await startPeer([path], ['--ping', '10.0.0.2', '--stay'])
    const command = [process.execPath, SLIPWAY, 'run', '--net', 'service=fd:5', NET]
    const guest = keep(spawn('python3', ['-c', CONNECT, path, '5', ...command], { stdio: ['ignore', 'pipe', 'pipe'] }))
    await whenPrinted(guest, 'READY')
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/${guest.pid}/fdinfo/5`, 'utf8'))?.[1] ?? ''
    const O_NONBLOCK = 0o4000
    assert.equal(Number.parseInt(flags, 8) & O_NONBLOCK, O_NONBLOCK)
  })

  it('is a socket for a launcher that is kept, which needs nothing else', async () => {
    const [path, launcher] = [fresh('net'), fresh('launcher')]
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '200'])
    composeToFile(NET, launcher, { net: { service: `unix:${path}` }, args: ['limit', '200'] })
    const guest = keep(spawn(launcher, [], { env: {}, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] }))
    const [end, answered] = await Promise.all([endOf(guest), endOf(peer)])
    assert.deepEqual([end.status, end.errors, answered.status], [0, '', 0])
  })

  const refused: [why: string, redirection: string, wire: string, message: RegExp][] = [
    ['a descriptor that is not open', '', 'fd:77', /descriptor 77 is not open/],
    ['a file', '7</dev/null', 'fd:7', /neither a socket of type SOCK_SEQPACKET nor a TAP interface/],
    ['a path where nobody listens', '', 'unix:/run/slipway-nobody.sock', /no such file/],
    ['a path that is a file', '', `unix:${BLK}`, /not a socket/],
  ]
  for (const [why, redirection, wire, message] of refused) {
    it(`is not ${why}`, () => {
      const script = `exec "$0" "$@" ${redirection}`
      const args = ['-c', script, process.execPath, SLIPWAY, 'run', '--net', `service=${wire}`, NET]
      const { status, stderr, stdout } = spawnSync('/bin/sh', args, { encoding: 'utf8' })
      assert.deepEqual([status, stdout], [125, ''])
      assert.match(stderr, message)
    })
  }

  it('is not a socket of another type', () => {
    const stream = `
import os, socket, sys
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
os.dup2(one.fileno(), 5, inheritable=True)
os.execv(sys.argv[1], sys.argv[1:])`
    const args = ['-c', stream, process.execPath, SLIPWAY, 'run', '--net', 'service=fd:5', NET]
    const { status, stderr } = spawnSync('python3', args, { encoding: 'utf8' })
    assert.equal(status, 125)
    assert.match(stderr, /neither a socket of type SOCK_SEQPACKET/)
  })

  it('is not a path where somebody listens for something else', async () => {
    const path = fresh('stream')
    const listen = `import socket, sys, time
one = socket.socket(socket.AF_UNIX)
one.bind(sys.argv[1])
one.listen()
print("READY", flush=True)
time.sleep(60)`
    const listener = keep(spawn('python3', ['-c', listen, path], { stdio: ['ignore', 'pipe', 'inherit'] }))
    await whenPrinted(listener, 'READY')
    const { status, stderr } = slipway(['run', '--net', `service=unix:${path}`, NET])
    assert.equal(status, 125)
    assert.match(stderr, /has a socket of type stream\n/)
    listener.kill('SIGKILL')
    await endOf(listener)
    // Nobody listens now: only the launcher finds that out, because a listener may be one that is not listed.
    const later = slipway(['run', '--net', `service=unix:${path}`, NET])
    assert.equal(later.status, 125)
    assert.match(later.stderr, /connecting to ".*" failed; .* \(errno 111\)\n$/)
  })

  it('cannot be a descriptor of a launcher that is kept', async () => {
    const [path, launcher] = [fresh('net'), fresh('launcher')]
    await startPeer([path], ['--ping', '10.0.0.2', '--stay'])
    const command = [process.execPath, SLIPWAY, 'compose', '-o', launcher, '--net', 'service=fd:4', NET]
    const { status, stderr } = spawnSync('python3', ['-c', CONNECT, path, '4', ...command], { encoding: 'utf8' })
    assert.equal(status, 125)
    assert.match(stderr, /cannot inherit descriptor 4\n {2}wire it to tap:IFACE or unix:PATH/)
    assert.equal(existsSync(launcher), false)
  })
})

describe('a guest whose peer does not read', withPeer, () => {
  it('loses answers, and goes on when there is room again', async () => {
    const path = fresh('net')
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--flood', '20000', '--count', '50'])
    const guest = keep(spawnSlipway(['run', '--net', `service=unix:${path}`, NET, '--', 'limit', '20050']))
    const [end, answered] = await Promise.all([endOf(guest), endOf(peer)])
    assert.deepEqual([end.status, answered.status], [0, 0])
  })
})

describe('a guest whose peer goes away', withPeer, () => {
  it('is ended with a line that says why, though it has no parent of ours', async () => {
    const path = fresh('net')
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    const guest = keep(spawnSlipway(['run', '--net', `service=unix:${path}`, NET]))
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.deepEqual([end.status, end.signal], [null, 'SIGHUP'])
    assert.equal(end.errors, `slipway: net device "service": ${GONE}\n`)
  })

  it('is ended under a parent, which passes the reason on', async () => {
    const path = fresh('net')
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    const guest = keep(spawnSlipway(['run', '--timeout', '30s', '--net', `service=unix:${path}`, NET]))
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.equal(end.status, 128 + 1) // SIGHUP
    assert.equal(end.errors, `slipway: net device "service": ${GONE}\n`)
  })

  it('is told about by its outcome', async () => {
    const path = fresh('net')
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    const { outcome } = await start(NET, { net: { service: `unix:${path}` }, console: 'ignore' })
    const [end] = await Promise.all([outcome, endOf(peer)])
    assert.deepEqual(end, { kind: 'killed', signal: 'SIGHUP', reason: `net device "service": ${GONE}` })
  })

  it('is told which of its devices it was', async () => {
    const paths = [fresh('net'), fresh('net')] as const
    await startPeer([paths[0]], ['--ping', '10.0.0.2', '--count', '5', '--stay'])
    const peer = await startPeer([paths[1]], ['--ping', '10.1.0.2', '--count', '5'])
    const wires = ['--net', `service0=unix:${paths[0]}`, '--net', `service1=unix:${paths[1]}`]
    const guest = keep(spawnSlipway(['run', ...wires, MANY]))
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.equal(end.errors, `slipway: net device "service1": ${GONE}\n`)
  })

  it('is not ended by what it sends to a peer that has gone, before the reason is known', async () => {
    const path = fresh('net')
    // Pings without reading an answer and closes: the guest has answers to send when nobody takes them any more.
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--flood', '20000', '--count', '0'])
    const guest = keep(spawnSlipway(['run', '--net', `service=unix:${path}`, NET]))
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.deepEqual([end.status, end.signal], [null, 'SIGHUP'])
    assert.equal(end.errors, `slipway: net device "service": ${GONE}\n`)
  })

  it('may end by itself at that moment, and keeps its status', async () => {
    const path = fresh('net')
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    const guest = keep(spawnSlipway(['run', '--net', `service=unix:${path}`, NET, '--', 'limit', '5']))
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.deepEqual(end, { status: 0, signal: null, errors: '' })
  })

  it('is ended as the first process of its namespace too, which is deaf to signals from within', asRoot, async () => {
    const [path, launcher] = [fresh('net'), fresh('launcher')]
    composeToFile(NET, launcher, { net: { service: `unix:${path}` } })
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    // Nothing forks in between: unshare's child is the launcher, as process 1.
    const guest = keep(
      spawn('unshare', ['--pid', '--fork', '--kill-child', launcher], { stdio: ['ignore', 'pipe', 'pipe'] }),
    )
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.ok(end.errors.includes(GONE), end.errors)
    assert.notEqual(end.status, 0)
  })

  it('is ended though nobody reads standard error, and nobody stays to tell', async () => {
    const [path, launcher] = [fresh('net'), fresh('launcher')]
    composeToFile(NET, launcher, { net: { service: `unix:${path}` } })
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    // A pipe that is full before the launcher has it, and that we do not read.
    const script =
      'import os, sys; os.set_blocking(2, False)\ntry:\n  while True: os.write(2, b"x" * 4096)\nexcept BlockingIOError: os.set_blocking(2, True)\nos.execv(sys.argv[1], sys.argv[1:])'
    const guest = keep(spawn('python3', ['-c', script, launcher], { stdio: ['ignore', 'pipe', 'pipe'] }))
    const answered = endOf(peer)
    const ended = new Promise((resolve) => guest.once('exit', (_, signal) => resolve(signal)))
    await whenPrinted(guest, 'READY')
    const watchers = childrenOf(guest.pid as number)
    assert.deepEqual([await ended, (await answered).status], ['SIGHUP', 0])
    await eventually('the end of the watcher', () => !watchers.some(isAlive))
  })

  it('is ended though its starter ignored SIGHUP', async () => {
    const [path, launcher] = [fresh('net'), fresh('launcher')]
    composeToFile(NET, launcher, { net: { service: `unix:${path}` } })
    const peer = await startPeer([path], ['--ping', '10.0.0.2', '--count', '5'])
    const guest = keep(
      spawn('/bin/sh', ['-c', 'trap "" HUP; exec "$0"', launcher], { stdio: ['ignore', 'pipe', 'pipe'] }),
    )
    const [end] = await Promise.all([endOf(guest), endOf(peer)])
    assert.deepEqual([end.signal, end.errors], ['SIGHUP', `slipway: net device "service": ${GONE}\n`])
  })

  it('is reported by its outcome even where somebody has stopped the watcher', async () => {
    const path = fresh('net')
    await startPeer([path], ['--ping', '10.0.0.2', '--count', '5', '--stay'])
    const instance = await start(NET, { net: { service: `unix:${path}` }, console: 'ignore' })
    assert.equal(await instance.entered, true)
    const [watcher] = childrenOf(instance.pid)
    const comm = (): string => readFileSync(`/proc/${watcher}/comm`, 'utf8')
    await eventually('the watcher at its work', () => comm() === 'slipway-watcher\n')
    process.kill(watcher as number, 'SIGSTOP')
    instance.kill('SIGKILL')
    assert.deepEqual(await instance.outcome, { kind: 'killed', signal: 'SIGKILL' })
    process.kill(watcher as number, 'SIGKILL')
  })

  it('takes its watcher with it, even when it is killed', async () => {
    const path = fresh('net')
    await startPeer([path], ['--ping', '10.0.0.2', '--count', '5', '--stay'])
    const guest = keep(spawnSlipway(['run', '--net', `service=unix:${path}`, NET]))
    await whenPrinted(guest, 'READY')
    const [watcher] = childrenOf(guest.pid as number)
    assert.ok(watcher !== undefined && isAlive(watcher))
    guest.kill('SIGKILL')
    await eventually('the end of the watcher', () => !isAlive(watcher))
  })
})

describe('a block device', linux, () => {
  it('is not used by two guests at once, and the error names the process', async () => {
    const path = image()
    const first = keep(spawnSlipway(['run', '--block', `storage=${path}`, BLK, '--', 'hold']))
    await whenPrinted(first, 'READY')
    for (const option of ['', ',ro', ',share']) {
      const { status, stderr } = slipway(['run', '--block', `storage=${path}${option}`, BLK])
      assert.equal(status, 125)
      assert.ok(stderr.includes(`is used by process ${first.pid}, "blk"`), stderr)
    }
  })

  it('is used by those who share it, and kept from who does not', async () => {
    const [path, launcher] = [image(), fresh('launcher')]
    composeToFile(BLK, launcher, { block: { storage: path } })
    const first = keep(spawnSlipway(['run', '--block', `storage=${path},share`, BLK, '--', 'hold']))
    await whenPrinted(first, 'READY')
    assert.equal(slipway(['run', '--block', `storage=${path},share`, BLK]).status, 0)
    assert.equal(slipway(['run', '--block', `storage=${path}`, BLK]).status, 125)
    assert.match(
      spawnSync(launcher, [], { encoding: 'utf8' }).stderr,
      /is used by another process, .* \(errno 011\)\n$/,
    )
  })

  it('is kept from a launcher that would share it, while somebody has it alone', async () => {
    const [path, launcher] = [image(), fresh('launcher')]
    composeToFile(BLK, launcher, { block: { storage: `${path},share` } })
    const first = keep(spawnSlipway(['run', '--block', `storage=${path}`, BLK, '--', 'hold']))
    await whenPrinted(first, 'READY')
    const { status, stderr } = spawnSync(launcher, [], { encoding: 'utf8' })
    assert.equal(status, 125)
    assert.match(stderr, /is used by another process that does not share it\n$/)
  })

  it('is not the artefact, unless it is only read, nor what a launcher is written to', () => {
    const artefact = fresh('guest.spt')
    copyFileSync(BLK, artefact)
    truncateSync(artefact, 64 * 1024) // whole sectors, and all of the program
    const before = readFileSync(artefact)
    assert.equal(slipway(['run', '--block', `storage=${artefact}`, artefact]).status, 125)
    assert.deepEqual(readFileSync(artefact), before)
    assert.equal(slipway(['run', '--block', `storage=${artefact},ro`, artefact, '--', 'readonly']).status, 0)
    const disk = image()
    assert.equal(slipway(['compose', '-o', disk, '--block', `storage=${disk}`, BLK]).status, 125)
    assert.deepEqual(readFileSync(disk), Buffer.alloc(2 ** 20))
  })

  it('that may not grow is an error for the guest, not a signal', () => {
    const [path, launcher] = [image(), fresh('launcher')]
    composeToFile(BLK, launcher, { block: { storage: path }, args: ['fill'] })
    const { status, signal, stdout } = spawnSync('/bin/sh', ['-c', 'ulimit -f 100; exec "$0"', launcher], {
      encoding: 'utf8',
    })
    assert.deepEqual([status, signal, stdout.includes('FAILED: a block is written')], [1, null, true])
  })

  it('is used by many guests that only read', async () => {
    const path = image()
    const first = keep(spawnSlipway(['run', '--block', `storage=${path},ro`, BLK, '--', 'hold']))
    await whenPrinted(first, 'READY')
    assert.equal(slipway(['run', '--block', `storage=${path},ro`, BLK, '--', 'readonly']).status, 0)
    assert.equal(slipway(['run', '--block', `storage=${path}`, BLK]).status, 125)
  })

  it('is free again when its guest has been killed', async () => {
    const path = image()
    const first = keep(spawnSlipway(['run', '--block', `storage=${path}`, BLK, '--', 'hold']))
    await whenPrinted(first, 'READY')
    first.kill('SIGKILL')
    await endOf(first)
    assert.equal(slipway(['run', '--block', `storage=${path}`, BLK]).status, 0)
  })

  it('that shrinks while it is in use is an error for the guest, not a hang', async () => {
    const path = image()
    const guest = keep(spawnSlipway(['run', '--block', `storage=${path},ro`, BLK, '--', 'bench', '1000000000']))
    await whenPrinted(guest, 'storage:')
    truncateSync(path, 0)
    const end = await endOf(guest)
    assert.deepEqual([end.status, end.errors], [1, ''])
  })

  it('may have commas and blanks in its path', () => {
    const path = image()
    const odd = join(directory, 'a disk, with a comma.img')
    spawnSync('mv', [path, odd])
    assert.equal(slipway(['run', '--block', `storage=${odd.replaceAll(',', ',,')}`, BLK]).status, 0)
    const { status, stderr } = slipway(['run', '--block', `storage=${odd}`, BLK])
    assert.equal(status, 125)
    assert.match(stderr, /there is no option " with a comma.img"/)
  })
})

describe('a disk', needs({ host: ['root', 'loop-devices'], commands: ['losetup', 'mkfs.ext4', 'mount'] }), () => {
  let disk = ''
  const losetup = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('losetup', args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    return stdout.trim()
  }
  beforeAll(() => {
    disk = losetup('--find', '--show', image(4 * 2 ** 20))
  })
  afterAll(() => void losetup('--detach', disk))
  const runOn = (wire: string, ...words: string[]) =>
    slipway(['run', '--block', `storage=${disk}${wire}`, BLK, '--', ...words])

  it('is used as an image is, with its own size', () => {
    const { status, stdout } = runOn(',sector=4096')
    assert.equal(status, 0)
    assert.match(stdout, /1024 blocks of 4096 bytes/)
  })

  it('is written by nobody while it is mounted, and can be read', () => {
    assert.equal(spawnSync('mkfs.ext4', ['-q', disk]).status, 0)
    const place = mkdtempSync(join(directory, 'mount-'))
    assert.equal(spawnSync('mount', [disk, place]).status, 0)
    try {
      const { status, stderr } = runOn('')
      assert.deepEqual([status, stderr.includes('a disk that is mounted is refused (errno 016)')], [125, true])
      assert.equal(runOn(',ro', 'readonly').status, 0)
    } finally {
      assert.equal(spawnSync('umount', [place]).status, 0)
    }
  })

  it('that fills up is an error for the guest', () => {
    // A sparse image on a file system that is smaller than it.
    const place = mkdtempSync(join(directory, 'mount-'))
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', place]).status, 0)
    try {
      const path = join(place, 'disk.img')
      writeFileSync(path, '')
      truncateSync(path, 2 ** 20)
      const { status, stdout } = slipway(['run', '--block', `storage=${path}`, BLK, '--', 'fill'])
      assert.deepEqual([status, stdout.includes('FAILED: a block is written')], [1, true])
    } finally {
      assert.equal(spawnSync('umount', [place]).status, 0)
    }
  })
})

describe('a launcher that is kept', linux, () => {
  const changes: [why: string, change: (path: string) => void, message: RegExp][] = [
    ['is gone', (path) => rmSync(path), /opening ".*" failed \(errno 002\)$/],
    ['has another size', (path) => truncateSync(path, 4096), /the size of ".*" is not 1048576 bytes any more$/],
    [
      'is a pipe now',
      (path) => {
        rmSync(path)
        spawnSync('mkfifo', [path])
      },
      /is not a regular file any more$/,
    ],
  ]
  for (const [why, change, message] of changes) {
    it(`says in one line that its image ${why}`, () => {
      const [path, launcher] = [image(), fresh('launcher')]
      composeToFile(BLK, launcher, { block: { storage: path } })
      assert.equal(spawnSync(launcher, []).status, 0)
      change(path)
      const { status, stdout, stderr } = spawnSync(launcher, [], { encoding: 'utf8', timeout: 10_000 })
      assert.deepEqual([status, stdout], [125, ''])
      assert.match(stderr.trimEnd(), message)
      assert.equal(stderr.split('\n').length, 2)
    })
  }

  it('says in one line that nobody listens', () => {
    const [path, launcher] = [fresh('net'), fresh('launcher')]
    composeToFile(NET, launcher, { net: { service: `unix:${path}` } }) // whoever listens may come later
    const { status, stderr } = spawnSync(launcher, [], { encoding: 'utf8', timeout: 10_000 })
    assert.equal(status, 125)
    assert.match(stderr, /^slipway: net device "service": connecting to ".*" failed; .* \(errno 002\)\n$/)
  })

  it('says in one line that its interface is gone, which need not have been there when it was composed', () => {
    const launcher = fresh('launcher')
    composeToFile(NET, launcher, { net: { service: 'tap:slipway-none,mtu=1500' } })
    const { status, stderr } = spawnSync(launcher, [], { encoding: 'utf8', timeout: 10_000 })
    assert.equal(status, 125)
    assert.equal(stderr, 'slipway: net device "service": there is no interface "slipway-none" (errno 019)\n')
  })

  it('opens the file that run opens, whatever links are in its path', () => {
    const place = mkdtempSync(join(directory, 'links-'))
    mkdirSync(join(place, 'far/away'), { recursive: true })
    symlinkSync('far/away', join(place, 'link'))
    for (const [name, size] of [
      ['disk.img', 2048],
      ['far/disk.img', 4096],
    ] as const) {
      writeFileSync(join(place, name), '')
      truncateSync(join(place, name), size)
    }
    const wire = ['--block', 'storage=link/../disk.img', BLK]
    const launcher = join(place, 'launcher')
    assert.match(slipway(['run', ...wire], { cwd: place }).stdout, /^storage: 8 blocks/)
    assert.equal(slipway(['compose', '-o', launcher, ...wire], { cwd: place }).status, 0)
    assert.match(spawnSync(launcher, [], { encoding: 'utf8' }).stdout, /^storage: 8 blocks/)
  })

  it('is not made where its socket path would become too long', () => {
    const deep = join(directory, 'a'.repeat(90))
    mkdirSync(deep)
    const { status, stderr } = slipway(['compose', '-o', fresh('launcher'), '--net', 'service=unix:net.sock', NET], {
      cwd: deep,
    })
    assert.equal(status, 125)
    assert.match(stderr, /at most 107 are possible/)
  })

  it('opens a path that begins with ./ where it is started, and any other where it was composed', () => {
    const here = mkdtempSync(join(directory, 'here-'))
    const there = mkdtempSync(join(directory, 'there-'))
    for (const place of [here, there]) {
      writeFileSync(join(place, 'disk.img'), '')
      truncateSync(join(place, 'disk.img'), 8192)
    }
    const compose = (path: string, launcher: string) =>
      slipway(['compose', '-o', launcher, '--block', `storage=${path}`, BLK], { cwd: here })
    assert.equal(compose('./disk.img', join(there, 'relative')).status, 0)
    assert.equal(compose('disk.img', join(there, 'absolute')).status, 0)
    rmSync(join(here, 'disk.img'))
    assert.equal(spawnSync(join(there, 'relative'), [], { cwd: there }).status, 0)
    assert.equal(spawnSync(join(there, 'absolute'), [], { cwd: there }).status, 125)
  })

  it('meets its disk under another inode, as on another machine', () => {
    const [path, launcher] = [image(), fresh('launcher')]
    composeToFile(BLK, launcher, { block: { storage: path } })
    const other = image()
    spawnSync('mv', [other, path])
    assert.equal(spawnSync(launcher, []).status, 0)
  })

  it('leaves no output when its wires cannot be', () => {
    const launcher = fresh('launcher')
    const { status } = slipway(['compose', '-o', launcher, '--block', 'storage=/nowhere/disk.img', BLK])
    assert.deepEqual([status, existsSync(launcher)], [125, false])
  })
})

describe('a wiring file', linux, () => {
  const write = (document: object): string => {
    const path = fresh('wiring.json')
    writeFileSync(path, JSON.stringify({ schema: 'slipway.wiring', schemaVersion: 1, ...document }))
    return path
  }

  it('wires, with paths that count from where it lies', () => {
    const path = image()
    const file = write({ block: { storage: { path: path.slice(directory.length + 1), sectorSize: 4096 } } })
    const { status, stdout } = slipway(['run', '--wiring', file, BLK], { cwd: '/' })
    assert.equal(status, 0)
    assert.match(stdout, /256 blocks of 4096 bytes/)
  })

  it('gives way to a later one, and to the command line', () => {
    const path = image()
    const [first, second] = [
      write({ block: { storage: { path: '/nowhere' } } }),
      write({ block: { storage: { path } } }),
    ]
    assert.equal(slipway(['run', '--wiring', first, BLK]).status, 125)
    assert.equal(slipway(['run', '--wiring', first, '--wiring', second, BLK]).status, 0)
    assert.equal(slipway(['run', '--wiring', second, '--wiring', first, BLK]).status, 125)
    assert.equal(slipway(['run', '--wiring', first, '--block', `storage=${path}`, BLK]).status, 0)
  })

  it('is refused with its line and column', () => {
    const path = fresh('wiring.json')
    writeFileSync(
      path,
      '{\n  "schema": "slipway.wiring", "schemaVersion": 1,\n  "block": { "storage": { "pth": "x" } } }',
    )
    const { status, stderr } = slipway(['run', '--wiring', path, BLK])
    assert.equal(status, 125)
    assert.ok(stderr.includes(`${path}":3:`), stderr)
    assert.match(stderr, /did you mean path\?/)
  })
})
