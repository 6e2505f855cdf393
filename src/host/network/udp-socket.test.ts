// UDP ports of guests on real sockets of loopback. The guest's half is this test.

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, it } from 'vitest'
import type { Failure, UdpInside } from '../../netstack/outside.ts'
import { Turns } from './turns.ts'
import { openUdp } from './udp-socket.ts'

const setting = {
  turns: new Turns({ advance: () => {}, deadline: undefined }),
  exhausted: () => assert.fail('nothing is exhausted'),
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

function guest() {
  const heard: string[] = []
  const inside: UdpInside = {
    datagram: (bytes) => heard.push(Buffer.from(bytes).toString()),
    failed: (why: Failure) => heard.push(`failed: ${why}`),
  }
  return { heard, inside }
}

async function server(address: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

async function until(what: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000
  while (!what()) {
    if (performance.now() > limit) throw new Error(`has not happened: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

describe('openUdp()', () => {
  it('sends what the guest has sent, in order and from the first one on, and hands on what comes back', async () => {
    const echo = await server()
    closers.push(() => echo.close())
    echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address))
    const { heard, inside } = guest()
    const outside = openUdp(setting, echo.address(), inside)
    closers.push(() => outside.close())
    const datagram = new Uint8Array(1)
    for (let i = 0; i < 10; i++) {
      datagram[0] = 0x30 + i
      outside.send(datagram)
    }
    datagram[0] = 0 // it is only theirs during the call
    await until(() => heard.length === 10)
    assert.equal(heard.join(''), '0123456789')
  })

  it('carries the longest datagram, and an empty one', async () => {
    const echo = await server()
    closers.push(() => echo.close())
    echo.on('message', (bytes, from) => echo.send(`${bytes.length}`, from.port, from.address))
    const { heard, inside } = guest()
    const outside = openUdp(setting, echo.address(), inside)
    closers.push(() => outside.close())
    outside.send(new Uint8Array(65_507))
    outside.send(new Uint8Array(0))
    await until(() => heard.length === 2)
    assert.deepEqual(heard, ['65507', '0'])
  })

  it('hears nobody but its peer', async () => {
    const [peer, stranger] = [await server(), await server()]
    closers.push(
      () => peer.close(),
      () => stranger.close(),
    )
    const { heard, inside } = guest()
    const outside = openUdp(setting, peer.address(), inside)
    closers.push(() => outside.close())
    outside.send(Buffer.from('hello'))
    const [, { port }] = (await once(peer, 'message')) as [Buffer, { port: number }]
    stranger.send('intruder', port, '127.0.0.1')
    await new Promise((resolve) => setTimeout(resolve, 50))
    peer.send('peer', port, '127.0.0.1')
    await until(() => heard.length > 0)
    assert.deepEqual(heard, ['peer'])
  })

  it('says that nobody listens, and goes on for when somebody does', async () => {
    const gone = await server()
    const to = gone.address()
    gone.close()
    const { heard, inside } = guest()
    const outside = openUdp(setting, to, inside)
    closers.push(() => outside.close())
    outside.send(Buffer.from('a'))
    await until(() => heard.length > 0)
    assert.deepEqual(heard, ['failed: refused'])
    const back = createSocket('udp4')
    closers.push(() => back.close())
    back.bind(to.port, '127.0.0.1')
    await once(back, 'listening')
    outside.send(Buffer.from('b'))
    const [bytes] = (await once(back, 'message')) as [Buffer]
    assert.equal(bytes.toString(), 'b')
  })

  it('says nothing more once it is closed, not even before it was open', async () => {
    const echo = await server()
    closers.push(() => echo.close())
    let received = 0
    echo.on('message', () => received++)
    const { heard, inside } = guest()
    const outside = openUdp(setting, echo.address(), inside)
    outside.send(Buffer.from('a'))
    outside.close()
    outside.close()
    outside.send(Buffer.from('b'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual([heard, received], [[], 0])
  })
})
