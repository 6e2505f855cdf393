// A guest on a network of Slipway's own, as an operator meets it: one flag, no privileges, nothing prepared. Linux's TCP, curl and DNS are at the
// other end.

import assert from 'node:assert/strict'
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { guestPath } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { spawnAsNobody } from '../support/nobody.ts'
import { childrenOf, eventually, isAlive } from '../support/processes.ts'

const HTTP = guestPath('http')
const COULD_NOT_CONNECT = 7 // of curl's statuses
const user = needs({ host: ['linux', 'x86-64'], commands: ['curl', 'setpriv'] })

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-network-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const children: ChildProcess[] = []
const servers: Server[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const server of servers.splice(0)) server.close()
})

type Running = {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null }>
}

function follow(child: ChildProcess): Running {
  children.push(child)
  let [output, errors] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended: Running['ended'] = once(child, 'close').then(([status, signal]) => ({ status, signal }))
  return { child, output: () => output, errors: () => errors, ended }
}

/** The command runs, and its port is published: where it said. */
async function serve(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Running & { readonly port: number }> {
  const running = follow(spawnAsNobody(['run', '-p', '0:80', ...args], env))
  const published = (): string | undefined => /published at tcp 127\.0\.0\.1:(\d+)\n/.exec(running.errors())?.[1]
  const over = running.ended.then(() => true)
  await eventually('a published port', () => published() !== undefined || running.child.exitCode !== null)
  if (published() === undefined) await over
  assert.ok(published() !== undefined, running.errors())
  return { ...running, port: Number(published()) }
}

function curl(url: string, ...args: readonly string[]) {
  const { status, stdout } = spawnSync('curl', ['-sS', '--max-time', '20', ...args, url], { encoding: 'utf8' })
  return { status, body: stdout }
}

describe('slipway run --net NAME=user', user, () => {
  it('has a guest with a lease, which curl reaches through a published port', async () => {
    const web = await serve(['--net', 'service=user', HTTP])
    const url = `http://127.0.0.1:${web.port}`
    assert.equal(curl(`${url}/count`).body.trim(), '1')
    const big = curl(`${url}/big`, '-w', '%{size_download}', '-o', '/dev/null')
    assert.deepEqual([big.status, big.body], [0, `${2 ** 20}`])
    assert.equal(curl(`${url}/quit`).status, 0)
    assert.deepEqual(await web.ended, { status: 0, signal: null })
    assert.match(web.output(), /10\.\d+\.\d+\.\d+/)
    assert.match(web.output(), /SUCCESS\n$/)
  })

  it('does the same for every net device with --auto-wire', async () => {
    const web = await serve(['--auto-wire', HTTP])
    assert.equal(curl(`http://127.0.0.1:${web.port}/quit`).status, 0)
    assert.equal((await web.ended).status, 0)
  })

  it('lets a connection in the first moments wait for the guest to listen', async () => {
    const web = await serve(['--net', 'service=user,delay=200ms', HTTP])
    // The port is open before there is a guest, let alone one that has its lease.
    assert.equal(curl(`http://127.0.0.1:${web.port}/count`).body.trim(), '1')
  })

  it('serves a guest with an address of its own choice', async () => {
    const web = await serve(['--net', 'service=user,subnet=10.99.0.0/24', HTTP, '--', '--ipv4=10.99.0.2/24'])
    const seen = curl(`http://127.0.0.1:${web.port}/client`).body
    assert.match(seen, /^10\.99\.0\.1\b/) // loopback clients come from the gateway
  })

  it('ends with 125 before there is a guest where the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const guest = follow(spawnAsNobody(['run', '--net', 'service=user', '-p', `${port}:80`, HTTP]))
    assert.deepEqual(await guest.ended, { status: 125, signal: null })
    assert.equal(guest.output(), '')
    assert.match(guest.errors(), new RegExp(`^slipway: .*${port}.*\\n {2}\\S`))
  })

  it('passes signals on, keeps the time, and quotes the console as for any other guest', async () => {
    const web = await serve(['--net', 'service=user', HTTP])
    await eventually('a lease', () => web.output().includes('10.'))
    web.child.kill('SIGTERM')
    assert.equal((await web.ended).status, 128 + 15)
    const timed = await serve(['--net', 'service=user', '--timeout', '1s', '--console=quoted', HTTP])
    assert.equal((await timed.ended).status, 124)
  })

  it('leaves nothing of a command that is killed: no guest, no watcher, no port', async () => {
    const web = await serve(['--net', 'service=user', HTTP])
    assert.equal(curl(`http://127.0.0.1:${web.port}/count`).status, 0)
    const pid = web.child.pid as number
    const guests = childrenOf(pid)
    const watchers = guests.flatMap(childrenOf)
    assert.ok(guests.length === 1 && watchers.length === 1)
    web.child.kill('SIGKILL')
    await eventually('the end of guest and watcher', () => ![...guests, ...watchers].some(isAlive))
    await eventually('nobody at the port', () => curl(`http://127.0.0.1:${web.port}/`).status === COULD_NOT_CONNECT)
  })

  it('ends the guest where nothing is left to say, and says nothing itself', async () => {
    const web = await serve(['--net', 'service=user', HTTP])
    curl(`http://127.0.0.1:${web.port}/quit`)
    await web.ended
    assert.match(web.errors(), /^slipway: port 80 of "service" is published at tcp 127\.0\.0\.1:\d+\n$/)
  })
})

describe('a published port', user, () => {
  it('listens on this machine alone, unless an address is given', async () => {
    const own = Object.values((await import('node:os')).networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address
    const web = await serve(['--net', 'service=user', '-p', '[::1]:0:80', HTTP])
    const other = (): string | undefined => /tcp \[::1\]:(\d+)\n/.exec(web.errors())?.[1]
    await eventually('the other port', () => other() !== undefined)
    assert.equal(curl(`http://[::1]:${other()}/count`).body.trim(), '1')
    if (own !== undefined) assert.equal(curl(`http://${own}:${web.port}/`).status, COULD_NOT_CONNECT)
  })
})

describe('a capture', needs({ host: ['linux', 'x86-64'], commands: ['curl', 'setpriv', 'tcpdump'] }), () => {
  it('is read by tcpdump, frame by frame', async () => {
    const file = join(directory, 'web.pcap')
    writeFileSync(file, 'what was there before')
    const { uid, gid } = { uid: 65534, gid: 65534 }
    if (process.getuid?.() === 0) {
      const { chownSync } = await import('node:fs')
      chownSync(file, uid, gid)
      chownSync(directory, uid, gid)
    }
    const web = await serve(['--net', `service=user,pcap=${file}`, HTTP])
    curl(`http://127.0.0.1:${web.port}/quit`)
    await web.ended
    assert.ok(statSync(file).size > 1000)
    const { stdout } = spawnSync('tcpdump', ['-nr', file], { encoding: 'utf8' })
    for (const part of [/BOOTP\/DHCP/, /ARP, Request who-has/, /Flags \[S\]/, /Flags \[F/]) assert.match(stdout, part)
  })
})
