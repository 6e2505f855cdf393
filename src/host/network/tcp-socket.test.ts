// TCP connections of guests on real sockets of loopback. The guest's half is this test.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, it } from 'vitest'
import { needs } from '../../../test/support/needs.ts'
import type { Failure, TcpInside, TcpOutside } from '../../netstack/outside.ts'
import { Chunks } from './chunks.ts'
import { acceptTcp, connectTcp, type TcpSetting } from './tcp-socket.ts'
import { Turns } from './turns.ts'

const LOOPBACK = '127.0.0.1'
const ROOT = join(import.meta.dirname, '../../..')

const turns = new Turns({ advance: () => {}, deadline: undefined })
const setting: TcpSetting = {
  turns,
  chunks: new Chunks(),
  reading: new Uint8Array(64 * 1024),
  exhausted: () => assert.fail('nothing is exhausted'),
  lingering: new Set(),
}

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A guest that has so much room and notes what it hears. */
class Guest implements TcpInside {
  readonly heard: string[] = []
  received = Buffer.alloc(0)
  takenBytes = 0
  room = Number.POSITIVE_INFINITY
  connected(): void {
    this.heard.push('connected')
  }
  failed(why: Failure): void {
    this.heard.push(`failed: ${why}`)
  }
  data(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, this.room)
    this.room -= length
    this.received = Buffer.concat([this.received, bytes.subarray(0, length)])
    return length
  }
  taken(bytes: number): void {
    this.takenBytes += bytes
  }
  end(): void {
    this.heard.push('end')
  }
  abort(): void {
    this.heard.push('abort')
  }
}

async function listen(accept: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    closers.push(() => socket.destroy())
    accept(socket)
  })
  closers.push(() => server.close())
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A guest that is connected, and the peer that it is connected to. */
async function pair() {
  const guest = new Guest()
  let arrived: (socket: Socket) => void = () => {}
  const peer = new Promise<Socket>((resolve) => (arrived = resolve))
  const port = await listen((socket) => arrived(socket))
  const outside = connectTcp(setting, { address: LOOPBACK, port }, guest)
  closers.push(() => outside.abort())
  await until(() => guest.heard.includes('connected'))
  return { guest, outside, peer: await peer }
}

async function until(what: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000
  while (!what()) {
    if (performance.now() > limit) throw new Error(`has not happened: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function collect(socket: Socket) {
  const got = { bytes: Buffer.alloc(0), ended: false, error: undefined as string | undefined }
  socket.on('data', (bytes) => (got.bytes = Buffer.concat([got.bytes, bytes])))
  socket.on('end', () => (got.ended = true))
  socket.on('error', (error: NodeJS.ErrnoException) => (got.error = error.code))
  return got
}

/** Of a length that is no multiple of anything here, so that no part looks like another one that it could be taken for. */
const PATTERN = Uint8Array.from({ length: 65_521 }, (_, i) => (i * 31) ^ (i >> 8))
const pattern = (length: number): Buffer => Buffer.alloc(length, PATTERN)

/** As a guest does: in segments, of which none is kept. */
function writeInSegments(outside: TcpOutside, bytes: Buffer): void {
  const segment = new Uint8Array(1460)
  for (let at = 0; at < bytes.length; at += segment.length) {
    const part = bytes.subarray(at, at + segment.length)
    segment.set(part)
    outside.write(segment.subarray(0, part.length))
    segment.fill(0)
  }
}

describe('connectTcp()', () => {
  it('passes bytes on both ways and says when the kernel has them', async () => {
    const { guest, outside, peer } = await pair()
    const got = collect(peer)
    const bytes = pattern(300_000)
    writeInSegments(outside, bytes)
    await until(() => got.bytes.length === bytes.length && guest.takenBytes === bytes.length)
    assert.ok(got.bytes.equals(bytes))
    peer.write(bytes)
    await until(() => guest.received.length === bytes.length)
    assert.ok(guest.received.equals(bytes))
    assert.deepEqual(guest.heard, ['connected'])
  })

  it('gathers the segments of a pass into few writes', async () => {
    const { outside, peer } = await pair()
    const sizes: number[] = []
    peer.on('data', (bytes) => sizes.push(bytes.length))
    writeInSegments(outside, pattern(40 * 1460))
    await until(() => sizes.reduce((sum, size) => sum + size, 0) === 40 * 1460)
    assert.ok(sizes.length <= 4, `came in ${sizes.length} pieces`)
  })

  it('does not say that the kernel has what it has no room for', async () => {
    const { guest, outside, peer } = await pair()
    peer.pause()
    const bytes = pattern(32 * 1024 * 1024)
    outside.write(bytes)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.ok(guest.takenBytes < bytes.length, `has taken all of ${guest.takenBytes}`)
    const got = { length: 0 }
    peer.on('data', (part) => (got.length += part.length)).resume()
    await until(() => got.length === bytes.length && guest.takenBytes === bytes.length)
  })

  it('holds the peer back while the guest has no room, and loses nothing', async () => {
    const { guest, outside, peer } = await pair()
    guest.room = 1000
    const bytes = pattern(8 * 1024 * 1024)
    let flushed = false
    peer.write(bytes, () => (flushed = true))
    peer.end()
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(guest.received.length, 1000)
    assert.equal(flushed, false)
    for (let i = 0; i < 10; i++) {
      guest.room = 500
      outside.resume()
      await until(() => guest.room === 0)
    }
    guest.room = Number.POSITIVE_INFINITY
    outside.resume()
    await until(() => guest.heard.includes('end'))
    assert.ok(guest.received.equals(bytes))
  })

  it('keeps the end for behind what the guest has not taken', async () => {
    const { guest, outside, peer } = await pair()
    guest.room = 3
    peer.end('seven b')
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(guest.heard, ['connected'])
    guest.room = 100
    outside.resume()
    await until(() => guest.heard.includes('end'))
    assert.equal(guest.received.toString(), 'seven b')
    assert.deepEqual(guest.heard, ['connected', 'end'])
  })

  it('lets either side say its last word while the other goes on', async () => {
    const { guest, outside, peer } = await pair()
    const got = collect(peer)
    outside.write(Buffer.from('question'))
    outside.end()
    await until(() => got.ended)
    assert.equal(got.bytes.toString(), 'question')
    peer.write('a long answer')
    await until(() => guest.received.toString() === 'a long answer')
    peer.end()
    await until(() => guest.heard.includes('end'))
    await until(() => peer.closed)

    const other = await pair()
    other.peer.end('greeting')
    await until(() => other.guest.heard.includes('end'))
    const answer = collect(other.peer)
    other.outside.write(Buffer.from('still here'))
    other.outside.end()
    await until(() => answer.ended)
    assert.equal(answer.bytes.toString(), 'still here')
  })

  it('resets when the guest does, and says when the peer does', async () => {
    const { outside, peer } = await pair()
    const got = collect(peer)
    outside.abort()
    await until(() => got.error !== undefined)
    assert.equal(got.error, 'ECONNRESET')

    const other = await pair()
    other.peer.resetAndDestroy()
    await until(() => other.guest.heard.length > 1)
    assert.deepEqual(other.guest.heard, ['connected', 'abort'])
  })

  it('lets what a guest has sent in good order arrive although the guest is gone', async () => {
    const { outside, peer } = await pair()
    peer.pause()
    const bytes = pattern(6 * 1024 * 1024)
    outside.write(bytes)
    outside.end()
    outside.abort()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const got = collect(peer)
    peer.resume()
    await until(() => got.ended || got.error !== undefined)
    assert.equal(got.error, undefined)
    assert.equal(got.bytes.length, bytes.length)
    peer.end()
    await until(() => setting.lingering.size === 0)
  })

  it('waits for the peers of few guests that are gone', async () => {
    const sockets: Socket[] = []
    const port = await listen((socket) => sockets.push(socket.resume()))
    const guests = Array.from({ length: 300 }, () => {
      const guest = new Guest()
      return { guest, outside: connectTcp(setting, { address: LOOPBACK, port }, guest) }
    })
    await until(() => guests.every(({ guest }) => guest.heard.length === 1) && sockets.length === 300)
    for (const { outside } of guests) outside.end()
    for (const { outside } of guests) outside.abort()
    await until(() => setting.lingering.size === 256)
    for (const socket of sockets) socket.destroy()
    await until(() => setting.lingering.size === 0)
  })

  it('says why there is no connection', async () => {
    const port = await listen(() => {})
    for (const close of closers.splice(0)) close()
    const refused = new Guest()
    connectTcp(setting, { address: LOOPBACK, port }, refused)
    await until(() => refused.heard.length > 0)
    assert.deepEqual(refused.heard, ['failed: refused'])
    // 240.0.0.0/4 is reserved: no machine has a route to it.
    const unreachable = new Guest()
    connectTcp(setting, { address: '255.255.255.255', port: 9 }, unreachable)
    await until(() => unreachable.heard.length > 0)
    assert.deepEqual(unreachable.heard, ['failed: unreachable'])
  })

  it('says nothing more once the guest has gone before the connection stood', async () => {
    const port = await listen(() => {})
    const guest = new Guest()
    connectTcp(setting, { address: LOOPBACK, port }, guest).abort()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual(guest.heard, [])
  })
})

describe('acceptTcp()', () => {
  it('hears its client only when the guest wants to, and then all of it', async () => {
    const guest = new Guest()
    let outside: TcpOutside | undefined
    const port = await new Promise<number>((resolve) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
        acceptTcp(setting, socket, (made) => {
          outside = made
          return guest
        })
      })
      closers.push(() => server.close())
      server.listen(0, LOOPBACK, () => resolve((server.address() as AddressInfo).port))
    })
    const client = connect(port, LOOPBACK)
    closers.push(() => client.destroy())
    const bytes = pattern(2 * 1024 * 1024)
    client.end(bytes)
    await until(() => outside !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.deepEqual([guest.received.length, guest.heard.length], [0, 0])
    guest.room = 100_000
    outside?.resume()
    await until(() => guest.received.length === 100_000)
    guest.room = Number.POSITIVE_INFINITY
    outside?.resume()
    await until(() => guest.heard.includes('end'))
    assert.ok(guest.received.equals(bytes))
    const got = collect(client)
    outside?.write(Buffer.from('answer'))
    outside?.end()
    await until(() => got.ended)
    assert.equal(got.bytes.toString(), 'answer')
  })
})

describe('a machine without descriptors', needs({ host: ['linux'] }), () => {
  it('is why there is no connection, and no reason to end', () => {
    const program = `(async () => {
      const { importTypeScript } = await import('./tools/run.mjs')
      const [{ connectTcp }, { openUdp }, { Turns }] = await importTypeScript(
        ['tcp-socket', 'udp-socket', 'turns'].map((name) => 'src/host/network/' + name + '.ts'))
      const server = require('node:net').createServer(() => {}).listen(0, '127.0.0.1')
      await require('node:events').once(server, 'listening')
      const { port } = server.address()
      const heard = { tcp: {}, udp: {}, exhausted: 0 }
      const count = (where, what) => { where[what] = (where[what] ?? 0) + 1 }
      const exhausted = () => heard.exhausted++
      const turns = new Turns({ advance() {}, deadline: undefined })
      const setting = { turns, exhausted, reading: new Uint8Array(1), lingering: new Set() }
      const to = { address: '127.0.0.1', port }
      const connected = () => count(heard.tcp, 'connected')
      for (let i = 0; i < 100; i++) connectTcp(setting, to, { connected, end() {}, abort() {}, failed: (why) => count(heard.tcp, why) })
      await new Promise((resolve) => setTimeout(resolve, 100))
      for (let i = 0; i < 100; i++) openUdp(setting, to, { failed: (why) => count(heard.udp, why) })
      setTimeout(() => { console.log(JSON.stringify(heard)); process.exit() }, 500)
    })()`
    const words = ['-c', 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, program]
    const { stdout, stderr } = spawnSync('/bin/sh', words, { cwd: ROOT, encoding: 'utf8' })
    assert.equal(stderr, '')
    const { tcp, udp, exhausted } = JSON.parse(stdout) as Record<'tcp' | 'udp', Record<string, number>> & {
      exhausted: number
    }
    assert.deepEqual(Object.keys(tcp).sort(), ['connected', 'exhausted'])
    assert.equal((tcp['connected'] ?? 0) + (tcp['exhausted'] ?? 0), 100)
    assert.ok((udp['exhausted'] ?? 0) > 0 && udp['refused'] === undefined)
    assert.equal(exhausted, (tcp['exhausted'] ?? 0) + (udp['exhausted'] ?? 0))
  })
})
