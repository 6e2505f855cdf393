// A guest on a network of Slipway's own, as an operator meets it: one flag, no privileges, nothing prepared. Linux's TCP, curl and DNS are at the
// other end.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { guestPath, ROOT, slipway } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { giveToNobody } from '../support/nobody.ts'
import { childrenOf, eventually, isAlive } from '../support/processes.ts'
import { COULD_NOT_CONNECT, curl, endAll, runAsNobody, serve } from '../support/served.ts'

const HTTP = guestPath('http')
const user = needs({ host: ['linux', 'x86-64'], commands: ['curl', 'setpriv'] })

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-network-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const servers: Server[] = []
afterEach(() => {
  endAll()
  for (const server of servers.splice(0)) server.close()
})

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flat()
  return all.find((each) => each?.family === 'IPv4' && !each.internal)?.address
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
    const guest = runAsNobody(['--net', 'service=user', '-p', `${port}:80`, HTTP])
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

describe('slipway run --net NAME=user without FFI', user, () => {
  /** As where optional packages were left out: there is no koffi to be found. */
  function withoutFfi(): NodeJS.ProcessEnv {
    const hook = join(directory, 'no-koffi.cjs')
    const program = `
      const { Module } = require('node:module')
      const resolve = Module._resolveFilename
      Module._resolveFilename = function (name, ...rest) {
        if (name === 'koffi') throw new Error('left out')
        return resolve.call(this, name, ...rest)
      }`
    writeFileSync(hook, program)
    giveToNobody(directory)
    return { NODE_OPTIONS: `--require=${hook}`, XDG_RUNTIME_DIR: directory }
  }

  it('has a guest that curl reaches all the same, and says what it lacks', async () => {
    const web = await serve(['--net', 'service=user,mtu=65535', HTTP], { env: withoutFfi() })
    const big = curl(`http://127.0.0.1:${web.port}/big`, '-w', '%{size_download}', '-o', '/dev/null')
    assert.deepEqual([big.status, big.body], [0, `${2 ** 20}`])
    assert.equal(curl(`http://127.0.0.1:${web.port}/quit`).status, 0)
    assert.equal((await web.ended).status, 0)
    assert.match(web.output(), /MTU 65493\n/)
    assert.match(web.errors(), /^slipway: koffi does not load: .* 65493$/m)
  })

  it('leaves no guest of a command that is killed', async () => {
    const web = await serve(['--net', 'service=user', HTTP], { env: withoutFfi() })
    assert.equal(curl(`http://127.0.0.1:${web.port}/count`).status, 0)
    const guests = childrenOf(web.child.pid as number)
    assert.equal(guests.length, 1)
    web.child.kill('SIGKILL')
    await eventually('the end of the guest', () => !guests.some(isAlive))
  })
})

describe('a capture of a network', needs({ host: ['linux', 'x86-64'] }), () => {
  it('is not written over the artefact, nor over a disk of the guest', () => {
    const guest = join(directory, 'web.spt')
    copyFileSync(HTTP, guest)
    const over = slipway(['run', '--net', `service=user,pcap=${guest}`, guest])
    assert.equal(over.status, 125)
    assert.match(over.stderr, /frames would be written over the artefact/)
    assert.deepEqual(readFileSync(guest), readFileSync(HTTP))
  })
})

describe('a published port', user, () => {
  it('listens on this machine alone, unless an address is given', async () => {
    const own = ownAddress()
    const web = await serve(['--net', 'service=user', '-p', '[::1]:0:80', HTTP])
    const other = (): string | undefined => /tcp \[::1\]:(\d+)\n/.exec(web.errors())?.[1]
    await eventually('the other port', () => other() !== undefined)
    assert.equal(curl(`http://[::1]:${other()}/count`).body.trim(), '1')
    if (own !== undefined) assert.equal(curl(`http://${own}:${web.port}/`).status, COULD_NOT_CONNECT)
  })
})

describe('the client that a guest sees', user, () => {
  it('is the gateway for one on the loopback, and the client itself for any other', async ({ skip }) => {
    const own = ownAddress()
    if (own === undefined) return skip('this machine has no address but loopback')
    const web = await serve(['--net', 'service=user,subnet=10.97.0.0/24', '-p', `${own}:0:80`, HTTP])
    assert.match(curl(`http://127.0.0.1:${web.port}/client`).body, /^10\.97\.0\.1:\d+\n$/)
    const port = (): string | undefined => new RegExp(`tcp ${own}:(\\d+)\\n`).exec(web.errors())?.[1]
    await eventually('the other port', () => port() !== undefined)
    const seen = curl(`http://${own}:${port()}/client`, '-w', '%{local_ip}:%{local_port}\n').body
    assert.match(seen, new RegExp(`^(${own}:\\d+)\\n\\1\\n$`))
  })
})

describe('a guest with two networks of ours', user, () => {
  it('has a subnet and a port of each', async () => {
    const guest = runAsNobody(['--auto-wire', '-p', 'service1=0:80', '-p', 'service0=0:80', guestPath('net-2if')])
    await eventually('both ports', () => guest.errors().split('\n').length === 3)
    assert.match(guest.errors(), /port 80 of "service0" .*\n.*port 80 of "service1" /)
    await eventually('the guest', () => guest.output().includes('READY'))
    guest.child.kill('SIGTERM')
    assert.equal((await guest.ended).status, 143)
  })
})

describe('slipway plan', needs({ host: ['linux', 'x86-64'] }), () => {
  const read = (name: string) => JSON.parse(readFileSync(join(ROOT, 'schema', `${name}.schema.json`), 'utf8'))

  it('shows a network of ours in a document that its schema knows, and opens nothing', () => {
    const wire = `service=user,no-host,pcap=${join(directory, 'never.pcap')}`
    const { status, stdout } = slipway(['plan', '--json', '--net', wire, '-p', '0.0.0.0:8080:80', HTTP])
    assert.equal(status, 0)
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    const validate = ajv.addSchema([read('launcher'), read('explain')]).compile(read('plan'))
    const agrees = validate(JSON.parse(stdout))
    assert.ok(agrees, JSON.stringify(validate.errors))
    const [{ carrier }] = JSON.parse(stdout).devices
    assert.deepEqual([carrier.kind, carrier.host, carrier.internet, carrier.socket], ['user', false, true, 'seqpacket'])
    assert.deepEqual(carrier.published, [
      { protocol: 'tcp', address: '0.0.0.0', hostPort: 8080, guestPort: 80, origin: { layer: 'command line' } },
    ])
    assert.equal(existsSync(join(directory, 'never.pcap')), false)
  })
})

describe('slipway compose', needs({ host: ['linux', 'x86-64'] }), () => {
  for (const flag of ['--net=service=user', '--auto-wire']) {
    it(`refuses ${flag}, which nobody would be there for`, () => {
      const output = join(directory, 'launcher')
      const { status, stderr } = slipway(['compose', '-o', output, flag, HTTP])
      assert.equal(status, 125)
      assert.match(
        stderr,
        /^slipway: net device "service": a launcher that is kept has nobody beside it.*\n {2}wire it to tap:/,
      )
      assert.equal(existsSync(output), false)
    })
  }
})

describe('a capture', needs({ host: ['linux', 'x86-64'], commands: ['curl', 'setpriv', 'tcpdump'] }), () => {
  it('is read by tcpdump, frame by frame', async () => {
    const file = join(directory, 'web.pcap')
    writeFileSync(file, 'what was there before')
    giveToNobody(directory)
    giveToNobody(file)
    const web = await serve(['--net', `service=user,pcap=${file}`, HTTP])
    curl(`http://127.0.0.1:${web.port}/quit`)
    await web.ended
    assert.ok(statSync(file).size > 1000)
    const { stdout } = spawnSync('tcpdump', ['-nr', file], { encoding: 'utf8' })
    for (const part of [/BOOTP\/DHCP/, /ARP, Request who-has/, /Flags \[S\]/, /Flags \[F/]) assert.match(stdout, part)
  })
})
