// What a guest's process is like, seen from outside: descriptors, signals, limits, and who dies with whom.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { composeToFile } from '../../src/run/compose.ts'
import { run, start } from '../../src/run/run.ts'
import { guestPath, SLIPWAY, slipway, spawnSlipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import {
  childrenOf,
  descriptorsOf,
  eventually,
  isAlive,
  memoryOf,
  statusOf,
  whenPrinted,
} from '../support/processes.ts'

const SPIN = guestPath('spin')
let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-process-'))
})
afterAll(() => rmSync(scratch, { recursive: true }))

const children: ChildProcess[] = []
const keep = (child: ChildProcess): ChildProcess => {
  children.push(child)
  return child
}
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const linux = needs({ host: ['linux', 'x86-64'] })
const asRoot = needs({ host: ['linux', 'x86-64', 'root'] })

describe('the process of a guest', asRoot, () => {
  it('has the standard streams, its epoll descriptor and its timer, and nothing else', async () => {
    // Two descriptors more than it should get; the shell passes them on, as any service manager might.
    const script = `exec 7</dev/zero 9>&1; exec "$0" "$@"`
    const args = ['-c', script, process.execPath, SLIPWAY, 'run', SPIN]
    const child = keep(spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    await whenPrinted(child, 'READY')
    const descriptors = descriptorsOf(child.pid as number)
    assert.deepEqual([...descriptors.keys()].sort(), [0, 1, 2, 3, 4])
    assert.deepEqual([descriptors.get(3), descriptors.get(4)], ['anon_inode:[eventpoll]', 'anon_inode:[timerfd]'])
  })

  it('ignores and blocks no signal, whatever its starter did', async () => {
    const launcher = join(scratch, 'masked-spin')
    composeToFile(SPIN, launcher)
    const mask =
      'import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [1, 15]); os.execv(sys.argv[1], sys.argv[1:])'
    const args = ['-c', `trap '' HUP PIPE USR1 XFSZ; exec python3 -c "$0" "$1"`, mask, launcher]
    const child = keep(spawn('/bin/sh', args, { stdio: ['ignore', 'pipe', 'inherit'] }))
    await whenPrinted(child, 'READY')
    for (const key of ['SigIgn', 'SigBlk', 'SigCgt']) assert.match(statusOf(child.pid as number, key), /^0+$/)
  })

  it('can neither gain privileges nor leave a core file, and is confined by one filter', async () => {
    const child = keep(spawnSlipway(['run', SPIN]))
    await whenPrinted(child, 'READY')
    const pid = child.pid as number
    assert.equal(statusOf(pid, 'NoNewPrivs'), '1')
    assert.equal(statusOf(pid, 'Seccomp'), '2')
    assert.equal(statusOf(pid, 'Seccomp_filters'), '1')
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
    assert.equal(statusOf(pid, 'Name'), 'spin')
    assert.equal(statusOf(pid, 'Threads'), '1')
  })

  it('belongs to root in /proc although its user is nobody, because it is not dumpable', async () => {
    const nobody = 65534
    const user = { uid: nobody, gid: nobody, env: {}, cwd: '/' }
    const child = keep(
      spawn(process.execPath, [SLIPWAY, 'run', SPIN], { ...user, stdio: ['ignore', 'pipe', 'inherit'] }),
    )
    await whenPrinted(child, 'READY')
    assert.match(statusOf(child.pid as number, 'Uid'), /^65534\b/)
    assert.equal(statSync(`/proc/${child.pid}/maps`).uid, 0)
  })

  it('has no capability left, and no directory in use', async () => {
    const child = keep(spawnSlipway(['run', SPIN]))
    await whenPrinted(child, 'READY')
    for (const key of ['CapInh', 'CapPrm', 'CapEff']) assert.match(statusOf(child.pid as number, key), /^0+$/)
    assert.equal(readlinkSync(`/proc/${child.pid}/cwd`), '/')
  })

  it('finds nothing in the page in which its file was looked at', async () => {
    const child = keep(spawnSlipway(['run', SPIN]))
    await whenPrinted(child, 'READY')
    const page = { start: 0x10000, end: 0x11000, permissions: 'rw-p', name: '' }
    assert.ok(memoryOf(child.pid as number, page).every((byte) => byte === 0))
  })

  it('has its memory in small pages', async () => {
    const child = keep(spawnSlipway(['run', SPIN]))
    await whenPrinted(child, 'READY')
    const smaps = readFileSync(`/proc/${child.pid}/smaps`, 'utf8')
    const heap = smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).find((part) => part.includes('rw-p 00000000 00:00'))
    assert.match(heap ?? '', /^VmFlags:.*\bnh\b/m) // no huge pages
    assert.match(heap ?? '', /^VmFlags:.*\bnr\b/m) // not reserved
  })
})

describe('a guest without a parent', linux, () => {
  it('is the process that was started: an interrupt ends it as it ends any program', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const child = keep(spawnSlipway(['run', SPIN]))
      await whenPrinted(child, 'READY')
      child.kill(signal)
      const ended = await new Promise((resolve) => child.once('close', (status, by) => resolve([status, by])))
      assert.deepEqual(ended, [null, signal])
    }
  })

  it('runs out of a file of 8 GiB without reading it, in each way', () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-sparse-'))
    try {
      const path = join(directory, 'sparse.spt')
      copyFileSync(guestPath('hello'), path)
      truncateSync(path, 8 * 2 ** 30)
      for (const flags of [[], ['--timeout', '50']]) {
        const result = slipway(['run', ...flags, path, '--', 'sparse'])
        assert.deepEqual([result.status, result.stdout.split('\n')[1]], [0, 'command line: sparse'])
      }
      composeToFile(path, join(directory, 'kept'))
      assert.ok(statSync(join(directory, 'kept')).size < 65_536)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('runs from a directory that has another name meanwhile, and from a descriptor', () => {
    const command = `cd "$3" && mkdir a && cp "$2" a/x.spt && cd a && mv ../a ../b && "$0" "$1" run x.spt -- here | sed -n 2p
      exec 7< x.spt && rm x.spt && "$0" "$1" run /dev/fd/7 -- open | sed -n 2p`
    const directory = mkdtempSync(join(tmpdir(), 'slipway-moved-'))
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('hello'), directory]
    const result = spawnSync('/bin/sh', args, { encoding: 'utf8' })
    rmSync(directory, { recursive: true })
    assert.deepEqual([result.stdout, result.stderr], ['command line: here\ncommand line: open\n', ''])
  })

  it('runs with standard streams closed', () => {
    const command = `"$0" "$1" run "$2" <&- >&- 2>&-; echo $?`
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('hello')]
    assert.equal(spawnSync('/bin/sh', args, { encoding: 'utf8' }).stdout, '0\n')
  })

  it('ends with its reader: run | head -1', () => {
    const command = `"$0" "$1" run "$2" -- 10000000 | head -1`
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('output')]
    const result = spawnSync('/bin/sh', args, { encoding: 'utf8', timeout: 30_000 })
    assert.deepEqual([result.status, result.stdout.split('\n').length], [0, 2])
  })

  it('gets 1 MB whole through a slow pipe', async () => {
    const direct = slipway(['run', guestPath('output'), '--', '1000000'])
    assert.ok(direct.stdout.length > 1_000_000)
    // The pipe is full long before anybody reads, and is then emptied with pauses.
    const child = keep(spawnSlipway(['run', guestPath('output'), '--', '1000000']))
    await new Promise((resolve) => setTimeout(resolve, 500))
    let slow = ''
    for await (const chunk of child.stdout?.setEncoding('utf8') ?? []) {
      slow += chunk
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.ok(slow === direct.stdout, `${slow.length} of ${direct.stdout.length} characters`)
  })
})

describe('a guest with a parent', linux, () => {
  it('is ended when its time is up, with 124', () => {
    const result = slipway(['run', '--timeout', '300ms', SPIN])
    assert.deepEqual([result.status, result.stdout, result.stderr], [124, 'READY\n', ''])
  })

  it('gives its own status when it ends in time, 124 and 125 included', () => {
    for (const status of [0, 7, 124, 125, 255]) {
      const result = slipway(['run', '--timeout', '30', guestPath('exit-status'), '--', String(status)])
      assert.deepEqual([result.status, result.stderr], [status, ''])
    }
  })

  it('ends with 128 and the signal that ended the guest', () => {
    assert.equal(slipway(['run', '--timeout', '30', guestPath('null')]).status, 128 + 11)
    assert.equal(slipway(['run', '--timeout', '30', guestPath('forbidden')]).status, 128 + 31)
  })

  it('gets the signals that the parent is sent', async () => {
    for (const [signal, number] of [
      ['SIGHUP', 1],
      ['SIGINT', 2],
      ['SIGQUIT', 3],
      ['SIGTERM', 15],
    ] as const) {
      const child = keep(spawnSlipway(['run', '--timeout', '60', SPIN]))
      await whenPrinted(child, 'READY')
      child.kill(signal)
      const ended = await new Promise((resolve) => child.once('close', (status, by) => resolve([status, by])))
      assert.deepEqual(ended, [128 + number, null])
    }
  })

  it('is ended by its time limit although nobody reads its console', () => {
    const command = `{ "$0" "$1" run --timeout 500ms --console=quoted "$2" -- 3000000; echo "status $?" >&2; } | sleep 4`
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('output')]
    assert.equal(spawnSync('/bin/sh', args, { encoding: 'utf8', timeout: 30_000 }).stderr, 'status 124\n')
  })

  it('dies with its parent, also by kill -9', async () => {
    const child = keep(spawnSlipway(['run', '--timeout', '60', SPIN]))
    await whenPrinted(child, 'READY')
    const [guest] = childrenOf(child.pid as number)
    assert.ok(guest !== undefined && isAlive(guest))
    child.kill('SIGKILL')
    await eventually('the guest is gone', () => !isAlive(guest))
  })

  it('shows control characters as escapes with --console=quoted', () => {
    const words = ['\u001b[31mred\u0007', '\u009b', 'plain\u202e', 'over\rwritten']
    const result = slipway(['run', '--console=quoted', guestPath('hello'), '--', ...words])
    assert.equal(result.status, 0)
    assert.ok(result.stdout.includes('\\u001b[31mred\\u0007'), result.stdout)
    assert.ok(!/[\u001b\u0007\u009b\u202e\r]/.test(result.stdout))
    assert.match(result.stdout, /\nSUCCESS\n$/)
  })

  it('passes a large quoted console through a pipe whole, and ends with its reader', () => {
    const all = slipway(['run', '--console=quoted', guestPath('output'), '--', '1000000'])
    assert.match(all.stdout, /\nSUCCESS\n$/)
    const command = `"$0" "$1" run --console=quoted "$2" -- 10000000 | head -1`
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('output')]
    const cut = spawnSync('/bin/sh', args, { encoding: 'utf8', timeout: 30_000 })
    assert.deepEqual([cut.stdout.split('\n').length, cut.stderr], [2, ''])
    const status = `{ "$0" "$1" run --console=quoted "$2" -- 10000000; echo "status $?" >&2; } | head -1`
    const told = spawnSync('/bin/sh', ['-c', status, ...args.slice(2)], { encoding: 'utf8', timeout: 30_000 })
    assert.equal(told.stderr, 'status 141\n')
  })
})

describe('run()', linux, () => {
  /** Starts a guest whose file is touched between the check and the start: the launcher must refuse it. */
  const startChanged = async () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-changed-'))
    const path = join(directory, 'hello.spt')
    copyFileSync(guestPath('hello'), path)
    try {
      // Everything up to the child's start happens before the first await, so this comes after the check and before the launcher looks.
      const starting = start(path, { console: 'ignore' })
      utimesSync(path, 1, 1)
      return await starting
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  it('rejects with what the launcher said when that failed, and says that the guest was not entered', async () => {
    const instance = await startChanged()
    await assert.rejects(instance.outcome, {
      name: 'HostError',
      code: 'CHANGED',
      message: /changed after it was checked/,
    })
    assert.equal(await instance.entered, false)
  })

  it('ends nobody with an outcome that nobody asked for', async () => {
    const instance = await startChanged()
    assert.equal(await instance.entered, false)
    await new Promise((resolve) => setTimeout(resolve, 50)) // an unhandled rejection would fail this file
  })

  it('ends a guest whose console function never returns, when its time is up', async () => {
    const options = { args: ['100000'], timeout: 300, console: () => new Promise<void>(() => {}) }
    assert.deepEqual(await run(guestPath('output'), options), { kind: 'timed-out' })
  })

  it('takes Infinity for no limit and refuses what is no length of time', async () => {
    assert.deepEqual(await run(guestPath('hello'), { timeout: Number.POSITIVE_INFINITY, console: 'ignore' }), {
      kind: 'exited',
      status: 0,
    })
    for (const timeout of [Number.NaN, 0, 2 ** 31]) {
      await assert.rejects(run(guestPath('hello'), { timeout }), { name: 'UsageError', message: /timeout/ })
    }
  })

  it('refuses options that make no sense before anything is started', async () => {
    const commandLine = 'x'.repeat(1_000_000)
    await assert.rejects(run(guestPath('hello'), { commandLine }), { name: 'UsageError', code: 'LIMIT' })
    await assert.rejects(run(guestPath('hello'), { commandLine: 'a', args: ['b'] }), { name: 'UsageError' })
    await assert.rejects(run(guestPath('hello'), { console: 'loud' as 'inherit' }), { name: 'UsageError' })
  })

  it('tells a guest that exits with 125 from a launcher that failed', async () => {
    const outcome = await run(guestPath('exit-status'), { args: ['125'], console: 'ignore' })
    assert.deepEqual(outcome, { kind: 'exited', status: 125 })
  })

  it('says when the guest has been entered', async () => {
    const instance = await start(SPIN, { console: 'ignore' })
    assert.equal(await instance.entered, true)
    instance.kill()
    assert.deepEqual(await instance.outcome, { kind: 'killed', signal: 'SIGTERM' })
  })

  it('hands console output over chunk by chunk, waiting for each', async () => {
    let bytes = 0
    let busy = 0
    const outcome = await run(guestPath('output'), {
      args: ['300000'],
      console: async (chunk) => {
        assert.equal(++busy, 1)
        await new Promise((resolve) => setTimeout(resolve, 1))
        bytes += chunk.length
        busy--
      },
    })
    assert.deepEqual(outcome, { kind: 'exited', status: 0 })
    assert.ok(bytes > 300_000)
  })

  it('ends the guest when the function that takes its console fails', async () => {
    const failing = run(SPIN, { console: () => Promise.reject(new Error('full')) })
    await assert.rejects(failing, /full/)
    await eventually('no guest is left', () => childrenOf(process.pid).every((pid) => !isAlive(pid)))
  })

  it('runs many at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => run(guestPath('hello'), { console: 'ignore' })))
    assert.ok(outcomes.every((outcome) => outcome.kind === 'exited' && outcome.status === 0))
  })

  it('gives a guest more memory than the machine has, since nothing is reserved', async () => {
    const outcome = await run(guestPath('hello'), { memory: 64 * 2 ** 30, console: 'ignore' })
    assert.deepEqual(outcome, { kind: 'exited', status: 0 })
  })
})

describe('a launcher that fails', linux, () => {
  it('exits with 125 although nobody reads its errors', () => {
    const launcher = join(scratch, 'large-memory')
    composeToFile(guestPath('hello'), launcher, { memory: 2 ** 30 })
    const script = `exec 4>&1; { { sleep 0.2; ulimit -v 500000; "$0" 2>&1 >/dev/null; echo "status $?" >&4; } | true; }`
    assert.equal(spawnSync('/bin/sh', ['-c', script, launcher], { encoding: 'utf8' }).stdout, 'status 125\n')
  })

  it('is told from one that could not be started, and what has run out is named', () => {
    // How many descriptors Node.js itself takes differs: with fewer it does not even start, with more the guest runs.
    const command = `for n in $(seq 17 28); do (ulimit -n $n; "$0" "$1" run --timeout 9 "$2" >/dev/null); done`
    const args = ['-c', command, process.execPath, SLIPWAY, guestPath('hello')]
    const said = spawnSync('/bin/sh', args, { encoding: 'utf8' }).stderr.split('\n')
    const ours = said.filter((line) => line.startsWith('slipway: '))
    assert.ok(ours.length > 0, said.join('\n'))
    for (const line of ours) assert.match(line, /: too many open files in this process$/)
    assert.ok(said.includes('  raise it with ulimit -n, or start fewer at once'))
  })
})

describe('a kept launcher in a container with nothing in it', asRoot, () => {
  const inside = (redirections: string) => {
    const empty = mkdtempSync(join(scratch, 'empty-'))
    composeToFile(guestPath('hello'), join(empty, 'hello'), { args: ['inside'] })
    const args = ['-c', `chroot "$0" /hello ${redirections}; echo "status $?"`, empty]
    return spawnSync('/bin/sh', args, { encoding: 'utf8' })
  }

  it('needs neither /proc nor /dev', () => {
    assert.match(inside('').stdout, /^Hello from a unikernel\.\ncommand line: inside\n[^]*SUCCESS\nstatus 0\n$/)
  })

  it('says so where a standard stream is closed and nothing can stand in for it', () => {
    const result = inside('<&-')
    assert.equal(result.stdout, 'status 125\n')
    assert.match(result.stderr, /^slipway: a standard stream is closed, and there is no \/dev\/null .*\(errno 009\)\n$/)
  })
})

describe('a launcher without the memory it needs', linux, () => {
  it('says what to look at and exits with 125', () => {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-memory-'))
    try {
      const launcher = join(directory, 'hello')
      composeToFile(guestPath('hello'), launcher, { memory: 2 ** 30 })
      const result = spawnSync('/bin/sh', ['-c', 'ulimit -v 500000; "$0"', launcher], { encoding: 'utf8' })
      assert.equal(result.status, 125)
      assert.match(result.stderr, /^slipway: no 1 GiB of guest memory.*--mem.*ulimit -v.*overcommit.*\(errno 012\)\n$/)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

describe(
  'an alarm that the starter of a guest set',
  needs({ host: ['linux', 'x86-64'], commands: ['python3'] }),
  () => {
    it('does not end the guest', async () => {
      const alarm =
        'import os, signal, sys; signal.setitimer(signal.ITIMER_REAL, 1); os.execv(sys.argv[1], sys.argv[1:])'
      const launcher = join(mkdtempSync(join(tmpdir(), 'slipway-alarm-')), 'sleeper')
      composeToFile(guestPath('scan'), launcher, { args: ['1500'] })
      const child = spawnSync('python3', ['-c', alarm, launcher], { encoding: 'utf8', timeout: 30_000 })
      rmSync(join(launcher, '..'), { recursive: true })
      assert.deepEqual([child.signal, child.stdout.split('\n')[0]], [null, 'READY'])
    })
  },
)
