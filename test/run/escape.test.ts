// What a guest must not be able to do, tried by a guest, attempt by attempt (guests/escape): each has to end as its list says it must. The list is
// the guest's own, for the devices that it has.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { composeToFile } from '../../src/run/compose.ts'
import { bakeImages, composeBaked, prepareBaked, type Shape, startBaked } from '../support/baked.ts'
import { flagsOf, makeImage, type Peer, startPeer, type Wires } from '../support/devices.ts'
import { guestPath, spawnSlipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { whenPrinted } from '../support/processes.ts'

const MEMORY = 2 ** 21
const AT_ONCE = 3
const PATIENCE = 20_000 // ms: an attempt that hangs has succeeded in something
const FAULTS: readonly string[] = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGTRAP']
const LINUX = { host: ['linux', 'x86-64'] } as const
const WITH_PEER = { ...LINUX, commands: ['python3'] }

type Attempt = { readonly name: string; readonly endings: readonly string[] }
type Start = (name: string) => ChildProcess

let directory = ''
let peer: Peer | undefined
let files = 0
let wires: Wires = { net: {}, block: {} }

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-escape-'))
})
afterAll(() => {
  peer?.child.kill()
  rmSync(directory, { recursive: true })
})

const kept =
  (guest: string, wires: Wires, ...before: string[]): Start =>
  (name) => {
    const file = join(directory, `launcher-${files++ % AT_ONCE}`)
    composeToFile(guestPath(guest), file, { args: [name], memory: MEMORY, ...wires })
    const [program, ...args] = [...before, file]
    return spawn(program, args, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] })
  }

/** With a disk that is a part of the artefact, zeroes and an instruction that returns at its end, and a launcher in one of its shapes. */
async function baked(shape: Shape, net: Wires['net']): Promise<Start> {
  const artefact = join(directory, `baked-${shape}.spt`)
  const storage = new Uint8Array(2 ** 18)
  storage[storage.length - 1] = 0xc3
  await bakeImages('escape', artefact, { storage })
  return (name) => {
    const file = join(directory, `baked-${files++}`)
    const prepared = prepareBaked(artefact, shape, { args: [name], net }, 4096)
    try {
      composeBaked(prepared, file, shape)
      return startBaked(prepared, file, shape)
    } finally {
      prepared.file.close()
      rmSync(file)
    }
  }
}

const command =
  (guest: string, wires: Wires, ...flags: string[]): Start =>
  (name) =>
    spawnSlipway(['run', '--mem', '2M', ...flags, ...flagsOf(wires), guestPath(guest), '--', name])

const list = (guest: string, wires: Wires, ...before: string[]): Promise<Attempt[]> =>
  listBy(kept(guest, wires, ...before))

async function listBy(start: Start): Promise<Attempt[]> {
  const { status, output } = await observe(start('list'))
  assert.equal(status, 0, output)
  return output
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [endings = '', name = ''] = line.split(' ')
      return { name, endings: endings.split('/') }
    })
}

type Observed = { readonly status: number | null; readonly signal: string | null; readonly output: string }

/** The words of guests/README.md; what is none of them is told as it is. A parent has turned the signal into a status. */
function endingOf({ status, signal, output }: Observed): string {
  const number = Object.entries(constants.signals).find(([, value]) => value + 128 === status)
  const killer = signal ?? number?.[0]
  if (killer === 'SIGSYS') return 'killed'
  if (killer !== undefined) return FAULTS.includes(killer) ? 'fault' : killer
  if (status === 0 && output.includes('\nrefused: ')) return 'refused'
  if (status === 255 && !output.includes('ABORT')) return 'ends'
  return `status ${status}`
}

async function observe(child: ChildProcess): Promise<Observed> {
  const limit = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')))
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status, signal) => resolve({ status, signal, output }))
    })
  } finally {
    clearTimeout(limit)
  }
}

/** Makes the attempts, a few at once, and returns those that ended otherwise than they should. */
async function wrongEndings(attempts: readonly Attempt[], start: Start, atOnce = AT_ONCE): Promise<string[]> {
  const wrong: string[] = []
  const waiting = [...attempts]
  const worker = async (): Promise<void> => {
    for (let attempt = waiting.shift(); attempt !== undefined; attempt = waiting.shift()) {
      const { name, endings } = attempt
      const observed = await observe(start(name))
      const ending = endingOf(observed)
      if (endings.includes(ending) && observed.output.startsWith(`attempt ${name}\n`)) continue
      wrong.push(`${name}: ${ending} instead of ${endings.join(' or ')}: ${JSON.stringify(observed.output)}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return wrong
}

function assertComplete(attempts: readonly Attempt[], least: number): void {
  assert.ok(attempts.length >= least, `only ${attempts.length} attempts`)
  assert.equal(new Set(attempts.map(({ name }) => name)).size, attempts.length, 'every name is there once')
}

/** Those that meet what the launcher has left, which is not the same in each way of starting. */
const meetsLauncher = ({ name }: Attempt): boolean => /^(launcher|leftovers)-/.test(name)

describe('an attempt to escape by a guest without devices', needs(LINUX), () => {
  const none: Wires = { net: {}, block: {} }

  it('fails, whatever it is', { timeout: 240_000 }, async () => {
    const attempts = await list('escape-bare', none)
    assertComplete(attempts, 1300)
    assert.deepEqual(await wrongEndings(attempts, kept('escape-bare', none)), [])
  })
  for (const [way, flags] of [
    ['by the command', []],
    ['with a parent', ['--timeout', '60']],
  ] as const) {
    it(`fails when the guest is run ${way}`, { timeout: 120_000 }, async () => {
      const attempts = (await list('escape-bare', none)).filter(meetsLauncher)
      assertComplete(attempts, 30)
      assert.deepEqual(await wrongEndings(attempts, command('escape-bare', none, ...flags)), [])
    })
  }
})

describe('an attempt to escape by a guest with a disk and a network', needs(WITH_PEER), () => {
  beforeAll(async () => {
    const socket = join(directory, 'socket')
    peer = await startPeer(['--again'], [socket])
    const image = makeImage(join(directory, 'disk.img'), 2 ** 20)
    wires = { net: { service: `unix:${socket}` }, block: { storage: `${image},sector=4096,share` } }
  })

  it('fails, whatever it is', { timeout: 240_000 }, async () => {
    const attempts = await list('escape', wires)
    assertComplete(attempts, 1400)
    assert.deepEqual(await wrongEndings(attempts, kept('escape', wires)), [])
  })
  it('fails when the disk is read-only', { timeout: 120_000 }, async () => {
    const readOnly = { ...wires, block: { storage: `${wires.block['storage']},ro` } }
    const attempts = (await list('escape', readOnly)).filter(({ name }) => /^(disk|pread|pwrite)-/.test(name))
    assertComplete(attempts, 100)
    assert.deepEqual(await wrongEndings(attempts, kept('escape', readOnly)), [])
  })
  it('fails when the guest is run by the command', { timeout: 120_000 }, async () => {
    const attempts = (await list('escape', wires)).filter(meetsLauncher)
    assertComplete(attempts, 30)
    assert.deepEqual(await wrongEndings(attempts, command('escape', wires)), [])
  })
})

describe('an attempt to escape by a guest whose disk is a part of its artefact', needs(WITH_PEER), () => {
  let other: Peer | undefined
  let net: Wires['net'] = {}
  beforeAll(async () => {
    const socket = join(directory, 'socket-beside-part')
    other = await startPeer(['--again'], [socket])
    net = { service: `unix:${socket}` }
  })
  afterAll(() => other?.child.kill())

  it('fails, whatever it is', { timeout: 240_000 }, async () => {
    const start = await baked('embedded', net)
    const attempts = await listBy(start)
    assertComplete(attempts, 1500)
    assert.deepEqual(await wrongEndings(attempts, start), [])
  })
  for (const shape of ['path', 'descriptor'] as const) {
    it(`fails where the part is mapped, ${shape}`, { timeout: 120_000 }, async () => {
      const start = await baked(shape, net)
      const attempts = (await listBy(start)).filter(({ name }) =>
        /^(launcher|leftovers|part|handler|sigreturn|disk)/.test(name),
      )
      assertComplete(attempts, 130)
      assert.deepEqual(await wrongEndings(attempts, start), [])
    })
  }
})

const ROOT = { host: ['linux', 'x86-64', 'root'], commands: ['ip', 'unshare', 'nsenter'] } as const

describe('an attempt to escape over a TAP interface', needs(ROOT), () => {
  let holder: ChildProcess | undefined
  const script = 'ip tuntap add tap0 mode tap && ip link set tap0 up && echo READY && exec sleep 300'
  const tapWires = (): Wires => ({
    net: { service: 'tap:tap0,mtu=1500' },
    block: { storage: makeImage(join(directory, 'tap-disk.img'), 2 ** 20) },
  })
  beforeAll(async () => {
    holder = spawn('unshare', ['--net', '/bin/sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await whenPrinted(holder, 'READY')
  })
  afterAll(() => holder?.kill())

  it('fails, whatever it is', { timeout: 120_000 }, async () => {
    const inside = ['nsenter', `--net=/proc/${holder?.pid}/ns/net`]
    const attempts = (await list('escape', tapWires(), ...inside)).filter(({ name }) =>
      /^(net|read-fd|write-fd)-/.test(name),
    )
    assertComplete(attempts, 100)
    const oneByOne = 1 // the interface serves one guest at a time
    assert.deepEqual(await wrongEndings(attempts, kept('escape', tapWires(), ...inside), oneByOne), [])
  })
})
