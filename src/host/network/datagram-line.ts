// A line without FFI: two UDP sockets on loopback, connected to each other, one datagram a frame. Node.js makes both, so both begin to read at
// once; the guest's must not be sent anything before this process has let go of it, and frames of a guest that is early wait.

import { createSocket, type Socket } from 'node:dgram'
import { ETHERNET_HEADER, type Line, type LineEvents, type ReceiveFrame } from './line.ts'
import { plainBytes } from './plain-bytes.ts'

const LOOPBACK = '127.0.0.1'
const RECEIVE_BUFFER = 1024 * 1024 // bytes; the kernel caps it at net.core.rmem_max
const MAX_EARLY = 64 // frames of a guest that has been started, but whose line has not
const MAX_UNDER_WAY = 128 // frames that Node.js has taken and the kernel has not

/** A socket that has a port on loopback and is connected to nobody. Rejects with the system's error. */
export async function datagramSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER, sendBufferSize: RECEIVE_BUFFER })
  await settled(socket, 'listening', () => socket.bind(0, LOOPBACK))
  return socket
}

/** From then on, it hears nobody else. */
export async function connectDatagrams(socket: Socket, port: number): Promise<void> {
  await settled(socket, 'connect', () => socket.connect(port, LOOPBACK))
}

async function settled(socket: Socket, event: 'listening' | 'connect', act: () => void): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).once(event, () => {
        socket.off('error', reject)
        resolve()
      })
      act()
    })
  } catch (error) {
    socket.close()
    throw error
  }
}

export class DatagramLine implements Line {
  malformed = 0
  readonly #socket: Socket
  readonly #longest: number
  #events: LineEvents | undefined
  #closed = false
  #early: Uint8Array[] = []
  #frame: Buffer | undefined
  #underWay = 0
  #starved = false

  /** The socket, which is connected, is the line's from here on. */
  constructor(socket: Socket, mtu: number) {
    this.#socket = socket
    this.#longest = mtu + ETHERNET_HEADER
    socket.on('message', (bytes) => this.#arrived(plainBytes(bytes)))
    // ECONNREFUSED: the guest's socket is closed.
    socket.on('error', () => this.#events?.ended())
  }

  start(events: LineEvents): void {
    this.#events = events
    const early = this.#early
    this.#early = []
    for (const bytes of early) this.#arrived(bytes)
    this.#tellReady()
  }

  reserve(length: number): Uint8Array | undefined {
    if (this.#closed) return undefined
    if (this.#events === undefined) {
      this.#starved = true
      return undefined
    }
    if (this.#underWay === MAX_UNDER_WAY) {
      this.#starved = true
      return undefined
    }
    this.#frame = Buffer.allocUnsafe(length)
    return this.#frame
  }

  commit(length: number): void {
    const frame = this.#frame
    if (frame === undefined) return
    this.#frame = undefined
    this.#underWay++
    this.#socket.send(frame, 0, length, () => this.#sent())
  }

  /** Nothing is held back. */
  flush(): void {}

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.close()
  }

  #sent(): void {
    this.#underWay--
    this.#tellReady()
  }

  #tellReady(): void {
    if (!this.#starved || this.#closed) return
    this.#starved = false
    this.#events?.ready()
  }

  #arrived(bytes: Uint8Array): void {
    if (this.#closed) return
    if (this.#events === undefined) {
      if (this.#early.length < MAX_EARLY) this.#early.push(bytes)
      return
    }
    this.#events.readable((frame) => this.#receive(bytes, frame))
  }

  #receive(bytes: Uint8Array, frame: ReceiveFrame): void {
    if (bytes.length === 0 || bytes.length > this.#longest) {
      this.malformed++
      return
    }
    frame(bytes, 0, bytes.length)
  }
}
