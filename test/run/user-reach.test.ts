// What a guest on a network of Slipway's own reaches of its machine, and what not, in whatever spelling; what the operator opens and closes.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, it } from 'vitest'
import { guestPath } from '../support/guests.ts'
import { needs } from '../support/needs.ts'
import { endAll, runAsNobody, serve } from '../support/served.ts'

const user = needs({ host: ['linux', 'x86-64'], commands: ['setpriv'] })
const [CLIENT, DHCP, ECHO] = [guestPath('tcp-client'), guestPath('dhcp'), guestPath('udp-echo')]
const PAGE = Buffer.alloc(300_000, 'what only this machine shall see ')
const DIGEST = createHash('sha256').update(PAGE).digest('hex')

const servers: Server[] = []
afterEach(() => {
  endAll()
  for (const server of servers.splice(0)) server.close()
})

/** A page at an address of this machine; `seen` is who has come for it. */
async function listenAt(address: string): Promise<{ readonly port: number; readonly seen: readonly string[] }> {
  const seen: string[] = []
  const server = createServer((_: IncomingMessage, response: ServerResponse) => response.end(PAGE))
  server.on('connection', (socket) => seen.push(socket.remoteAddress ?? ''))
  servers.push(server)
  server.listen(0, address)
  await once(server, 'listening')
  return { port: (server.address() as { port: number }).port, seen }
}

async function endOf(args: readonly string[]) {
  const guest = runAsNobody(args)
  const { status } = await guest.ended
  return { status, output: guest.output(), errors: guest.errors() }
}

const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

describe('a guest with --net NAME=user', user, () => {
  it('gets a lease and resolves a name', async () => {
    const { status, output } = await endOf([
      '--net',
      'service=user,subnet=10.98.0.0/24',
      DHCP,
      '--',
      '--resolve=localhost',
    ])
    assert.equal(status, 0)
    assert.match(
      output,
      /^lease: address 10\.98\.0\.\d+, mask 255\.255\.255\.0, router 10\.98\.0\.1, DNS 10\.98\.0\.1,/,
    )
    assert.match(output, /\nlocalhost: 127\.0\.0\.1\n/)
  })

  it('fetches from a port that only the machine itself reaches, where the operator allows it', async () => {
    const { port, seen } = await listenAt('127.0.0.1')
    const fetch = ['--', `--fetch=host.slipway.internal:${port}/`, `--expect=${DIGEST}`]
    const { status, output } = await endOf(['--net', 'service=user,allow-host-loopback', CLIENT, ...fetch])
    assert.equal(status, 0, output)
    assert.match(output, new RegExp(`300000 bytes, SHA-256 ${DIGEST}`))
    assert.deepEqual(seen, ['127.0.0.1'])
  })

  it('reaches the loopback of the machine in no spelling, where nobody has allowed it', async () => {
    const { port, seen } = await listenAt('127.0.0.1')
    const addresses = ['127.0.0.1', '127.255.255.254', '127.1.2.3', '0.0.0.0', '0.0.0.1', '10.98.0.1', '10.98.0.254']
    const names = ['localhost', 'host.slipway.internal', ...(own === undefined ? [] : [own])]
    const tried = [...addresses, ...names, '169.254.169.254', '255.255.255.255', '10.98.0.255', '224.0.0.1']
    const all = tried.map((address) => `${address}:${port}`).join()
    const { status, output, errors } = await endOf([
      '--net',
      'service=user,subnet=10.98.0.0/24',
      CLIENT,
      '--',
      `--try=${all}`,
    ])
    assert.equal(status, 0, output)
    assert.doesNotMatch(output, /: connected/)
    assert.equal(output.match(/: (refused|unreachable|timed out|no address)\n/g)?.length, tried.length, output)
    assert.deepEqual(seen, [])
    assert.match(errors, /slipway: .*127\.0\.0\.1 .*allow-host-loopback/)
  })

  it(
    'reaches what the machine offers to everybody, by its name alone',
    needs(own === undefined ? { host: ['root'] } : {}),
    async () => {
      const { port, seen } = await listenAt('0.0.0.0')
      const tried = `--try=host.slipway.internal:${port},${own}:${port}`
      const open = await endOf(['--net', 'service=user', CLIENT, '--', tried])
      assert.match(open.output, new RegExp(`internal:${port}: connected\\n${own}:${port}: unreachable`))
      assert.equal(seen.length, 1)
      const allowed = await endOf(['--net', `service=user,allow=${own}`, CLIENT, '--', tried])
      assert.match(allowed.output, new RegExp(`${own}:${port}: connected`))
    },
  )

  it('reaches its own network alone with no-internet and no-host, and what is allowed all the same', async ({
    skip,
  }) => {
    if (own === undefined) return skip('this machine has no address but loopback')
    const { port } = await listenAt('0.0.0.0')
    const tried = ['--', `--try=host.slipway.internal:${port},${own}:${port},192.0.2.200:80`]
    const shut = await endOf(['--net', 'service=user,no-internet,no-host', CLIENT, ...tried])
    assert.doesNotMatch(shut.output, /: connected/)
    const half = await endOf(['--net', 'service=user,no-internet', CLIENT, ...tried])
    assert.deepEqual(half.output.match(/^.*: connected$/gm), [`host.slipway.internal:${port}: connected`])
    const opened = await endOf(['--net', `service=user,no-internet,no-host,allow=${own}`, CLIENT, ...tried])
    assert.deepEqual(opened.output.match(/^.*: connected$/gm), [`${own}:${port}: connected`])
    assert.deepEqual([shut.status, half.status, opened.status], [0, 0, 0])
  })
})

describe('a published port for UDP', user, () => {
  it('takes datagrams to the guest and its answers back, each to its own client', async () => {
    const echo = await serve(['--net', 'service=user', ECHO], { port: '0:7/udp' })
    const ask = async (words: string): Promise<string> => {
      const socket = createSocket('udp4')
      try {
        const answered = once(socket, 'message')
        // The guest may not be there yet, and nobody sends a datagram again but whoever has sent it.
        const timer = setInterval(() => socket.send(words, echo.port, '127.0.0.1'), 100)
        const [message] = (await answered) as [Buffer]
        clearInterval(timer)
        return message.toString()
      } finally {
        socket.close()
      }
    }
    assert.deepEqual(await Promise.all(['one', 'two', 'three'].map(ask)), ['one', 'two', 'three'])
  })
})
