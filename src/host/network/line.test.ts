// One suite for every kind of line, on real descriptors: what is behind the other end is this test instead of a guest.

import assert from 'node:assert/strict'
import type { Socket } from 'node:dgram'
import { constants } from 'node:os'
import { afterEach, describe, it } from 'vitest'
import { needs } from '../../../test/support/needs.ts'
import { loadFfi } from '../ffi.ts'
import { Batches } from './batches.ts'
import { connectDatagrams, DatagramLine, datagramSocket } from './datagram-line.ts'
import { DescriptorLine } from './descriptor-line.ts'
import { seqpacketTransfer } from './frame-transfer.ts'
import { ETHERNET_HEADER, type Line } from './line.ts'

const MTU = 1500
const LONGEST = MTU + ETHERNET_HEADER

/** The guest's end. */
type Guest = {
  readonly send: (frame: Uint8Array) => Promise<void> | void
  /** The frames that have come so far and have not been asked for. */
  readonly receive: () => Uint8Array[]
  readonly close: () => void
}

type Made = { readonly line: Line; readonly guest: Guest }

const KINDS: readonly [name: string, make: (mtu: number) => Promise<Made>][] = [
  ['a SOCK_SEQPACKET pair', async (mtu) => seqpacketLine(mtu)],
  ['a pair of UDP sockets', udpLine],
]

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

function seqpacketLine(mtu: number): Made {
  const calls = loadFfi()?.sockets()
  if (calls === undefined) throw new Error('koffi does not load: npm install --include=optional')
  const [ours, theirs] = calls.framePair()
  const setting = { calls, batches: new Batches(calls.addressOf), closeDescriptor: calls.close }
  const line = new DescriptorLine(setting, seqpacketTransfer(calls, ours), ours, mtu)
  const buffer = new ArrayBuffer(70_000)
  const at = calls.addressOf(buffer)
  let open = true
  const guest: Guest = {
    send: (frame) => {
      new Uint8Array(buffer).set(frame)
      const sent = calls.write(theirs, at, frame.length)
      assert.equal(sent, frame.length)
    },
    receive: () => {
      const frames: Uint8Array[] = []
      for (;;) {
        const length = calls.read(theirs, at, buffer.byteLength)
        if (length <= 0) return frames
        frames.push(new Uint8Array(buffer.slice(0, length)))
      }
    },
    close: () => {
      if (open) calls.close(theirs)
      open = false
    },
  }
  closers.push(() => line.close(), guest.close)
  return { line, guest }
}

async function udpLine(mtu: number): Promise<Made> {
  const [ours, theirs] = [await datagramSocket(), await datagramSocket()]
  await connectDatagrams(ours, theirs.address().port)
  await connectDatagrams(theirs, ours.address().port)
  const line = new DatagramLine(ours, mtu)
  const frames: Uint8Array[] = []
  theirs.on('message', (bytes) => frames.push(Uint8Array.from(bytes))).on('error', () => {})
  let open = true
  const guest: Guest = {
    send: async (frame) => await sendDatagram(theirs, frame),
    receive: () => frames.splice(0),
    close: () => {
      if (open) theirs.close()
      open = false
    },
  }
  closers.push(() => line.close(), guest.close)
  return { line, guest }
}

async function sendDatagram(socket: Socket, frame: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(frame, (error) => (error === null ? resolve() : reject(error)))
  })
}

/** What a line has said. */
function listen(line: Line) {
  const heard = { frames: [] as Uint8Array[], ready: 0, ended: 0 }
  line.start({
    readable: (receive) => receive((bytes, at, length) => heard.frames.push(bytes.slice(at, at + length))),
    ready: () => heard.ready++,
    ended: () => {
      heard.ended++
      line.close()
    },
  })
  return heard
}

function send(line: Line, frame: Uint8Array): boolean {
  const room = line.reserve(frame.length)
  room?.set(frame)
  if (room !== undefined) line.commit(frame.length)
  return room !== undefined
}

const frameOf = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => seed + i * 7)

async function until(what: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000
  while (!what()) {
    if (performance.now() > limit) throw new Error(`has not happened: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

for (const [name, make] of KINDS) {
  describe(`a line over ${name}`, needs({ host: ['linux'] }), () => {
    it('passes frames of every size on as they are, in their order, both ways', async () => {
      const { line, guest } = await make(MTU)
      const heard = listen(line)
      const frames = [1, 14, 60, 777, LONGEST].map(frameOf)
      for (const frame of frames) await guest.send(frame)
      await until(() => heard.frames.length === frames.length)
      assert.deepEqual(heard.frames, frames)
      const received: Uint8Array[] = []
      for (const frame of frames) assert.ok(send(line, frame))
      line.flush()
      await until(() => received.push(...guest.receive()) >= frames.length)
      assert.deepEqual(received, frames)
    })

    it('keeps frames of a guest that is earlier than we are', async () => {
      const { line, guest } = await make(MTU)
      await guest.send(frameOf(99, 1))
      await new Promise((resolve) => setTimeout(resolve, 20))
      const heard = listen(line)
      await until(() => heard.frames.length === 1)
    })

    it('drops frames that are longer than its MTU allows, and empty ones, and goes on', async () => {
      const { line, guest } = await make(MTU)
      const heard = listen(line)
      for (const length of [LONGEST + 1, 3000, 0, 60]) await guest.send(frameOf(length, length))
      await until(() => heard.frames.length === 1)
      assert.deepEqual(heard.frames, [frameOf(60, 60)])
      assert.equal(line.malformed, 3)
      assert.equal(heard.ended, 0)
    })

    it('carries the longest frames that it is made for', async () => {
      const mtu = 65_493
      const { line, guest } = await make(mtu)
      const heard = listen(line)
      const frame = frameOf(mtu + ETHERNET_HEADER, 3)
      await guest.send(frame)
      await until(() => heard.frames.length === 1)
      assert.deepEqual(heard.frames[0], frame)
      assert.ok(send(line, frame))
      line.flush()
      const received: Uint8Array[] = []
      await until(() => received.push(...guest.receive()) === 1)
      assert.deepEqual(received, [frame])
    })

    it('says that it is full, and when it is not any more', async () => {
      const { line, guest } = await make(MTU)
      const heard = listen(line)
      let accepted = 0
      while (send(line, frameOf(LONGEST, accepted & 0xff))) {
        if (++accepted > 100_000) throw new Error('is never full')
      }
      line.flush()
      assert.equal(heard.ready, 0)
      let received = 0
      await until(() => {
        received += guest.receive().length
        return heard.ready > 0
      })
      assert.equal(heard.ready, 1)
      assert.ok(send(line, frameOf(60, 0)))
      line.flush()
    })

    it('gives no room once it is closed, and says nothing more', async () => {
      const { line, guest } = await make(MTU)
      const heard = listen(line)
      assert.ok(send(line, frameOf(60, 0)))
      line.close()
      line.close()
      line.flush()
      assert.equal(line.reserve(60), undefined)
      guest.close()
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.deepEqual([heard.ended, heard.frames.length], [0, 0])
    })
  })
}

describe('a line over a SOCK_SEQPACKET pair', needs({ host: ['linux'] }), () => {
  it('loses none of the frames that it has accepted, and keeps their order, however full the socket was', async () => {
    const { line, guest } = seqpacketLine(MTU)
    const heard = listen(line)
    const received: number[] = []
    let sent = 0
    await until(() => {
      while (sent < 20_000) {
        const frame = new Uint8Array(LONGEST)
        new DataView(frame.buffer).setUint32(0, sent)
        if (!send(line, frame)) break
        sent++
      }
      line.flush()
      for (const { buffer } of guest.receive()) received.push(new DataView(buffer).getUint32(0))
      return received.length === 20_000
    })
    assert.ok(heard.ready > 0)
    assert.deepEqual(
      received,
      Array.from({ length: 20_000 }, (_, i) => i),
    )
  })

  it('hands on everything that a guest has sent before it says that the guest is gone', async () => {
    const { line, guest } = seqpacketLine(MTU)
    for (let i = 0; i < 200; i++) await guest.send(frameOf(60, i))
    // What it has not read makes the kernel report an error first.
    assert.ok(send(line, frameOf(60, 0)))
    line.flush()
    guest.close()
    const heard = listen(line)
    await until(() => heard.ended > 0)
    assert.equal(heard.frames.length, 200)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(heard.ended, 1)
  })

  it('tells an empty message from the end', async () => {
    const { line, guest } = seqpacketLine(MTU)
    const heard = listen(line)
    for (let i = 0; i < 100; i++) await guest.send(new Uint8Array(0))
    await until(() => line.malformed === 100)
    await guest.send(frameOf(60, 0))
    await until(() => heard.frames.length === 1)
    assert.equal(heard.ended, 0)
  })

  it('drops what the kernel does not take, and goes on', async () => {
    const { line, guest } = seqpacketLine(MTU)
    listen(line)
    guest.close()
    assert.ok(send(line, frameOf(60, 0)))
    line.flush() // EPIPE, and no signal
    assert.ok(send(line, frameOf(60, 0)))
  })

  it('gives a guest that reads slowly at most what the sockets hold', () => {
    const { line } = seqpacketLine(MTU)
    listen(line)
    let accepted = 0
    while (send(line, frameOf(LONGEST, 0))) accepted++
    assert.ok(accepted > 60 && accepted < 2000, `accepted ${accepted}`)
  })
})

describe('a line over a pair of UDP sockets', needs({ host: ['linux'] }), () => {
  it('says that the guest is gone when a frame to it is refused', async () => {
    const { line, guest } = await udpLine(MTU)
    const heard = listen(line)
    guest.close()
    assert.ok(send(line, frameOf(60, 0)))
    await until(() => heard.ended === 1)
  })

  it('has room from its start on, and says so to whoever has asked for some before', async () => {
    const { line } = await udpLine(MTU)
    assert.ok(!send(line, frameOf(60, 0)))
    assert.equal(listen(line).ready, 1)
    const { line: other } = await udpLine(MTU)
    assert.equal(listen(other).ready, 0)
  })
})

describe('framePair()', needs({ host: ['linux'] }), () => {
  it('makes ends that do not block, hear each other, and are closed by exec', () => {
    const calls = loadFfi()?.sockets()
    assert.ok(calls !== undefined)
    const [ours, theirs] = calls.framePair()
    const at = calls.addressOf(new ArrayBuffer(64))
    assert.equal(calls.read(ours, at, 64), -constants.errno.EAGAIN)
    assert.equal(calls.write(theirs, at, 3), 3)
    assert.equal(calls.read(ours, at, 64), 3)
    calls.close(ours)
    calls.close(theirs)
  })
})
