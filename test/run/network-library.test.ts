// Networks as a program holds them: a real guest on one, and what becomes of both when something goes away.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { openNetwork } from '../../src/run/network.ts'
import type { Instance } from '../../src/run/instance.ts'
import { start } from '../../src/run/run.ts'
import type { NetworkPort, UserNetwork } from '../../src/run/user-network.ts'
import { guestPath, ROOT } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { eventually, whenPrinted } from '../support/processes.ts'
import { processesOf } from '../support/sessions.ts'

const LIBRARY = join(ROOT, 'dist/index.js')
const PROGRAM = join(ROOT, 'test/support/networks.mjs')
const SUBNET = '10.0.0.0/24'
const MAC = '02:00:00:00:00:05'
const HOST = needs({ host: ['linux', 'x86-64'] })

type Served = { readonly port: NetworkPort; readonly instance: Instance; readonly url: string }

/** A web server on the network, published. */
async function serve(network: UserNetwork): Promise<Served> {
  const port = await network.connect({ name: 'web', mac: MAC })
  const { hostPort } = await port.publish({ hostPort: 0, guestPort: 80 })
  const instance = await start(guestPath('http'), {
    memory: 16 * 1024 * 1024,
    args: ['--ipv4=10.0.0.2/24', '--ipv4-gateway=10.0.0.1'],
    net: { service: `fd:${port.descriptor},mac=${MAC}` },
    console: 'ignore',
  })
  port.release()
  return { port, instance, url: `http://127.0.0.1:${hostPort}` }
}

const ask = async (url: string): Promise<string> =>
  await (await fetch(url, { headers: { connection: 'close' } })).text()

/** What this process has open. */
const descriptors = (): string[] => readdirSync('/proc/self/fd')

describe('openNetwork()', HOST, () => {
  it('serves a guest that is published, up to its last words, and leaves nothing', async () => {
    const before = descriptors().length
    const network = await openNetwork({ subnet: SUBNET })
    assert.deepEqual([network.subnet, network.gateway], [SUBNET, '10.0.0.1'])
    const { port, instance, url } = await serve(network)
    // At once: the guest may not have got as far as to listen.
    assert.match(await ask(`${url}/count`), /^1\n$/)
    assert.match(await ask(`${url}/client`), /^10\.0\.0\.1:\d+\n$/)
    assert.equal((await (await fetch(`${url}/big`)).arrayBuffer()).byteLength, 1024 * 1024)
    const [stats] = (await network.stats()).ports
    assert.deepEqual([stats?.name, stats?.address], ['web', '10.0.0.2'])
    assert.ok((stats?.received.bytes ?? 0) > 1024 * 1024)
    assert.equal(await ask(`${url}/quit`), 'goodbye\n')
    assert.deepEqual(await instance.outcome, { kind: 'exited', status: 0 })
    await port.ended
    assert.deepEqual((await network.stats()).ports, [])
    await network.close()
    await network.close()
    assert.deepEqual(await network.ended, { broken: undefined })
    await eventually('descriptors are closed', () => descriptors().length <= before)
  })

  it('closes a publication, and all of them with their port', async () => {
    const network = await openNetwork({ subnet: SUBNET })
    const port = await network.connect({ name: 'web', mac: MAC })
    const [first, second] = [
      await port.publish({ hostPort: 0, guestPort: 80 }),
      await port.publish({ hostPort: 0, guestPort: 80, protocol: 'udp' }),
    ]
    await assert.rejects(port.publish({ hostPort: first.hostPort, guestPort: 81 }), { code: 'IN_USE' })
    await first.close()
    const again = await port.publish({ hostPort: first.hostPort, guestPort: 81 })
    assert.equal(again.hostPort, first.hostPort)
    await port.close()
    await port.close()
    const other = await network.connect({ name: 'web', mac: MAC })
    await other.publish({ hostPort: first.hostPort, guestPort: 80 })
    await other.publish({ hostPort: second.hostPort, guestPort: 80, protocol: 'udp' })
    await network.close()
  })

  it('finds out that a port of the machine is taken while there is no guest yet', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: hostPort } = server.address() as { port: number }
    const network = await openNetwork({ subnet: SUBNET })
    const port = await network.connect({ name: 'web', mac: MAC })
    await assert.rejects(port.publish({ hostPort, guestPort: 80 }), {
      name: 'HostError',
      code: 'IN_USE',
      message: `cannot listen on 127.0.0.1:${hostPort}/tcp: the port is taken`,
      advice: `publish another one, or end what listens there: ss -lp 'sport = :${hostPort}'`,
    })
    server.close()
    await network.close()
  })

  it('refuses a second port with the same address, and goes on', async () => {
    const network = await openNetwork({ subnet: SUBNET })
    const before = descriptors().length
    const first = await network.connect({ name: 'web', mac: MAC })
    const conflict = { name: 'WiringError', code: 'CONFLICT' }
    await assert.rejects(network.connect({ name: 'other', mac: MAC }), conflict)
    await first.close()
    const again = await network.connect({ name: 'web', mac: MAC })
    await again.close()
    await eventually('descriptors are closed', () => descriptors().length <= before)
    await network.close()
  })

  const refusals: [why: string, act: (network: UserNetwork) => Promise<unknown>, error: object][] = [
    [
      'an MTU that is too small',
      async (n) => await n.connect({ name: 'a', mac: MAC, mtu: 67 }),
      { name: 'UsageError' },
    ],
    [
      'an MTU that is no number',
      async (n) => await n.connect({ name: 'a', mac: MAC, mtu: 1500.5 }),
      { name: 'UsageError' },
    ],
    [
      'a MAC address of a group',
      async (n) => await n.connect({ name: 'a', mac: '01:00:00:00:00:05' }),
      { name: 'UsageError' },
    ],
    [
      'a capture file that cannot be made',
      async (n) => await n.connect({ name: 'a', mac: MAC, pcap: '/proc/there-is-none' }),
      { name: 'HostError', code: 'NOT_FOUND' },
    ],
    [
      'a host port that is none',
      async (n) => await (await n.connect({ name: 'a', mac: MAC })).publish({ hostPort: 65_536, guestPort: 80 }),
      { name: 'UsageError' },
    ],
    [
      'a guest port that is none',
      async (n) => await (await n.connect({ name: 'a', mac: MAC })).publish({ hostPort: 0, guestPort: 0 }),
      { name: 'UsageError' },
    ],
    [
      'an address to listen on that is a name',
      async (n) =>
        await (await n.connect({ name: 'a', mac: MAC })).publish({ address: 'localhost', hostPort: 0, guestPort: 80 }),
      { name: 'UsageError' },
    ],
  ]
  for (const [why, act, error] of refusals) {
    it(`refuses ${why}`, async () => {
      const network = await openNetwork({ subnet: SUBNET })
      await assert.rejects(act(network), error)
      await network.close()
    })
  }

  it('refuses what comes after it is closed, or at that moment, and leaves nothing', async () => {
    const before = descriptors().length
    const closed = { name: 'HostError', code: 'IO', message: /is closed$/ }
    const network = await openNetwork({ subnet: SUBNET })
    const other = await openNetwork({ subnet: SUBNET }) // so that the thread goes on
    const port = await network.connect({ name: 'web', mac: MAC })
    const pcap = join(tmpdir(), `slipway-network-${process.pid}.pcap`)
    const late = [
      assert.rejects(network.connect({ name: 'late', mac: '02:00:00:00:00:06', pcap }), closed),
      assert.rejects(network.connect({ name: 'late', mac: '02:00:00:00:00:07', pcap }), closed),
    ]
    const ending = network.close()
    await assert.rejects(network.connect({ name: 'later', mac: '02:00:00:00:00:08' }), closed)
    await assert.rejects(port.publish({ hostPort: 0, guestPort: 80 }), closed)
    await Promise.all([...late, ending])
    rmSync(pcap, { force: true })
    await other.close()
    await eventually('descriptors are closed', () => descriptors().length <= before)
  })

  it('refuses a subnet that is none', async () => {
    await assert.rejects(openNetwork({ subnet: '10.0.0.0/8' }), { name: 'UsageError', code: 'BAD_ARGUMENT' })
  })
})

describe('a network whose thread breaks', HOST, () => {
  /** The thread of the networks that are opened next. */
  async function withThread(
    act: (network: UserNetwork, thread: Worker, lines: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const threads: Worker[] = []
    const { unref } = Worker.prototype
    Worker.prototype.unref = function (this: Worker) {
      threads.push(this)
      unref.call(this)
    }
    try {
      const lines: string[] = []
      const network = await openNetwork({ subnet: SUBNET, log: (line) => lines.push(line) })
      await act(network, threads[0] as Worker, lines)
    } finally {
      Worker.prototype.unref = unref
    }
  }

  it('ends its guests, says so, and hinders no other network', async () => {
    await withThread(async (network, thread, lines) => {
      const { instance, url, port } = await serve(network)
      // In the middle of traffic.
      await (await fetch(`${url}/bytes/1000000000`)).body?.getReader().read()
      thread.postMessage({ id: -1, kind: 'nonsense', ask: {} }, [])
      const outcome = await instance.outcome
      assert.ok(outcome.kind === 'killed' && outcome.signal === 'SIGHUP', JSON.stringify(outcome))
      assert.equal(outcome.reason, 'net device "service": its other end is gone, so the guest is ended')
      assert.match((await network.ended).broken ?? '', /is not a function/)
      assert.match(lines.join('\n'), /^the network [0-9./]+ has broken: ".*is not a function"$/)
      await port.ended
      await assert.rejects(network.connect({ name: 'b', mac: MAC }), { name: 'HostError', code: 'IO' })
      await assert.rejects(port.publish({ hostPort: 0, guestPort: 80 }), { name: 'HostError', code: 'IO' })
      await port.close()
      await network.close()
    })
    const network = await openNetwork({ subnet: SUBNET })
    await network.close()
  })
})

describe('a process with a network', HOST, () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'slipway-network-'))
    // The library where no node_modules is above it: without FFI.
    for (const file of ['index.js', 'network-worker.cjs']) copyFileSync(join(ROOT, 'dist', file), join(directory, file))
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  type Running = {
    readonly child: ChildProcess
    readonly pid: number
    readonly url: string
    readonly said: () => string
  }

  async function run(limit = '1024'): Promise<Running> {
    const words = ['-c', 'ulimit -n "$1"; shift; exec "$@"', 'sh', limit, process.execPath, PROGRAM, LIBRARY]
    const child = spawn('/bin/sh', [...words, guestPath('http')], { detached: true })
    let said = ''
    child.stdout.on('data', (text: Buffer) => (said += text.toString()))
    child.stderr.on('data', (text: Buffer) => (said += text.toString()))
    const ready = await whenPrinted(child, '}\n')
    const { pid, hostPort } = JSON.parse(/^READY (.*)$/m.exec(ready)?.[1] ?? '') as { pid: number; hostPort: number }
    return { child, pid, url: `http://127.0.0.1:${hostPort}`, said: () => said }
  }

  it('leaves nothing when it is killed, with connections under way', async () => {
    const { child, url } = await run()
    const body = (await fetch(`${url}/bytes/1000000000`)).body
    await body?.getReader().read()
    child.kill('SIGKILL')
    await once(child, 'close')
    await eventually('no process is left', () => processesOf(child.pid as number).size === 0)
    await assert.rejects(fetch(url))
  })

  it('ends the network with the guest that is killed, and lives on', async () => {
    const { child, pid, url, said } = await run()
    assert.equal(await ask(`${url}/count`), '1\n')
    process.kill(pid, 'SIGKILL')
    await eventually('the guest has ended', () => said().includes('ended {"kind":"killed","signal":"SIGKILL"}'))
    await eventually('the port is free', () => {
      const { port } = new URL(url)
      return spawnSync('sh', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`]).status !== 0
    })
    child.stdin?.end()
    const [status] = (await once(child, 'close')) as [number]
    assert.deepEqual([status, said().includes('closed')], [0, true])
    assert.equal(processesOf(child.pid as number).size, 0)
  })

  it('ends its guest when it closes the network', async () => {
    const { child, url, said } = await run()
    assert.equal(await ask(`${url}/count`), '1\n')
    child.stdin?.end()
    const [status] = (await once(child, 'close')) as [number]
    assert.equal(status, 0)
    assert.match(said(), /"signal":"SIGHUP","reason":"net device \\"service\\": its other end is gone/)
  })

  it('turns clients away where it has too few descriptors, says so once, and serves those that come later', async () => {
    const { child, url, said } = await run('64')
    const { port } = new URL(url)
    let closed = 0
    const clients = Array.from({ length: 100 }, () => {
      const client = connect(Number(port), '127.0.0.1')
      return client.on('error', () => {}).on('close', () => closed++)
    })
    await eventually('clients are turned away', () => closed >= 36)
    for (const client of clients) client.destroy()
    await eventually('clients are gone', () => closed === 100)
    await eventually('it is said', () => said().includes('is refused: too many open files in this process'))
    // Until it has noticed that they are gone.
    let answer = ''
    while (answer === '') answer = await ask(`${url}/count`).catch(() => '')
    assert.match(answer, /^\d+\n$/)
    assert.equal(said().match(/is refused/g)?.length, 1)
    child.stdin?.end()
    assert.deepEqual(await once(child, 'close'), [0, null])
  })

  it('ends by itself although it has a network that nobody closed', () => {
    const program = `
      const { openNetwork } = await import(process.argv[1])
      const network = await openNetwork({ subnet: '10.0.0.0/24', log: () => {} })
      await network.connect({ name: 'a', mac: '${MAC}' })
      console.log('opened')`
    for (const library of [LIBRARY, join(directory, 'index.js')]) {
      const words = ['--input-type=module', '-e', program, library]
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 20_000 })
      assert.deepEqual([status, stdout, stderr], [0, 'opened\n', ''])
    }
  })

  it('ends with the status that it wants to, in the middle of traffic', async () => {
    const program = `
      const { openNetwork, start } = await import(process.argv[1])
      const network = await openNetwork({ subnet: '10.0.0.0/24' })
      const port = await network.connect({ name: 'web', mac: '${MAC}' })
      const { hostPort } = await port.publish({ hostPort: 0, guestPort: 80 })
      const net = { service: 'fd:' + port.descriptor + ',mac=${MAC}' }
      const args = ['--ipv4=10.0.0.2/24', '--ipv4-gateway=10.0.0.1']
      await start(process.argv[2], { memory: 16777216, args, net, console: 'ignore' })
      port.release()
      const { body } = await fetch('http://127.0.0.1:' + hostPort + '/bytes/1000000000')
      await body.getReader().read()
      const end = { exit: () => process.exit(7), throw: () => { throw new Error('enough') } }
      setTimeout(end[process.argv[3]], 50)`
    for (const [how, status] of [
      ['exit', 7],
      ['throw', 1],
      ['exit', 7],
    ] as const) {
      const words = ['--input-type=module', '-e', program, LIBRARY, guestPath('http'), how]
      const ended = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 20_000 })
      assert.deepEqual([ended.status, ended.signal], [status, null], ended.stderr)
    }
  })

  it('has UDP sockets for lines where FFI does not load, and their MTU is smaller', () => {
    const program = `
      const { openNetwork } = await import(process.argv[1])
      const network = await openNetwork({ subnet: '10.0.0.0/24', log: (line) => console.log(line) })
      const { kind, mtu, descriptor } = await network.connect({ name: 'a', mac: '${MAC}', mtu: 65535 })
      console.log(kind, mtu, (await import('node:fs')).fstatSync(descriptor).isSocket())
      await network.close()`
    const words = ['--input-type=module', '-e', program, join(directory, 'index.js')]
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 20_000 })
    const said = 'koffi does not load: frames travel over UDP on loopback, slower, with an MTU of at most 65493'
    assert.deepEqual([stdout, stderr], [`${said}\nudp 65493 true\n`, ''])
  })

  it('serves a guest without FFI too', async () => {
    const program = `
      const { openNetwork, start } = await import(process.argv[1])
      const guest = await start(process.argv[2], {
        memory: 16777216,
        args: ['--ipv4=10.0.0.2/24', '--ipv4-gateway=10.0.0.1'],
        net: { service: 'user,subnet=10.0.0.0/24' },
        publish: ['0:80'],
        console: 'ignore',
      })
      const url = 'http://127.0.0.1:' + guest.published[0].hostPort
      const { byteLength } = await (await fetch(url + '/big')).arrayBuffer()
      const goodbye = await (await fetch(url + '/quit')).text()
      console.log(byteLength, goodbye.trim(), JSON.stringify(await guest.outcome))`
    const words = ['--input-type=module', '-e', program, join(directory, 'index.js'), guestPath('http')]
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 20_000 })
    assert.equal(stdout, '1048576 goodbye {"kind":"exited","status":0}\n', stderr)
  })
})
