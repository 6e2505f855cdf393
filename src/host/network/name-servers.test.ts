// Queries to name servers, which are sockets of this test on loopback.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, it } from 'vitest'
import type { Endpoint } from '../../netstack/outside.ts'
import { askNameServers, machineServers } from './name-servers.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const QUERY = Uint8Array.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 15, 0, 1])

function responseTo(query: Uint8Array, flags: number, tail = 0): Uint8Array {
  const response = Uint8Array.from([...query, tail])
  response[2] = flags
  return response
}

/** What it sends back to each query, in that order. */
async function udpServer(answer: (query: Uint8Array) => readonly Uint8Array[]): Promise<Endpoint> {
  const socket = createSocket('udp4')
  closers.push(() => socket.close())
  socket.on('message', (query, from) => {
    for (const response of answer(query)) socket.send(response, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address()
}

async function tcpServer(port: number, pieces: (query: Uint8Array) => readonly Uint8Array[]): Promise<void> {
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      for (const piece of pieces(received.subarray(2))) socket.write(piece)
    })
    socket.on('error', () => {})
    closers.push(() => socket.destroy())
  })
  closers.push(() => server.close())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

const ask = async (...servers: Endpoint[]): Promise<Uint8Array | undefined> => {
  const answer = await askNameServers(() => servers)(QUERY)
  return answer === undefined ? undefined : Uint8Array.from(answer)
}

describe('askNameServers()', () => {
  it('hands on what the server answers, as it is', async () => {
    const server = await udpServer((query) => [responseTo(query, 0x81, 7)])
    assert.deepEqual(await ask(server), responseTo(QUERY, 0x81, 7))
  })

  it('waits for an answer to this very query', async () => {
    const server = await udpServer((query) => [
      Uint8Array.from([1]),
      responseTo(Uint8Array.from([0x12, 0x35, ...query.subarray(2)]), 0x81),
      query, // no answer at all
      responseTo(query, 0x81, 9),
    ])
    assert.deepEqual(await ask(server), responseTo(QUERY, 0x81, 9))
  })

  it('asks the next one where nobody is, or nobody answers', async () => {
    const closed = await udpServer(() => [])
    closers.pop()?.()
    const silent = await udpServer(() => [])
    const server = await udpServer((query) => [responseTo(query, 0x81)])
    assert.deepEqual(await ask(closed, silent, server), responseTo(QUERY, 0x81))
    assert.equal(await ask(closed), undefined)
    assert.equal(await ask({ address: '127.0.0.1', port: 0 }), undefined)
    assert.equal(await ask(), undefined)
  })

  it('asks over TCP where the answer is cut', async () => {
    const server = await udpServer((query) => [responseTo(query, 0x83)])
    const whole = responseTo(QUERY, 0x81, 5)
    await tcpServer(server.port, () => [
      Uint8Array.from([0]),
      Uint8Array.from([whole.length, ...whole.subarray(0, 4)]),
      whole.subarray(4),
    ])
    assert.deepEqual(await ask(server), whole)
  })

  it('gives the cut answer where there is no TCP', async () => {
    const server = await udpServer((query) => [responseTo(query, 0x83)])
    assert.deepEqual(await ask(server), responseTo(QUERY, 0x83))
  })
})

describe('machineServers()', () => {
  it('names addresses and ports', () => {
    for (const { address, port } of machineServers()()) {
      assert.match(address, /^[0-9a-f.:%a-z]+$/)
      assert.equal(port, 53)
    }
  })
})
