// The world's half of a guest's UDP port: a connected socket of Node.js, so that the kernel lets through what its one peer sends, and says so
// when nobody is there.

import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Endpoint, UdpInside, UdpOutside } from '../../netstack/outside.ts'
import { failureOf } from './failures.ts'
import { plainBytes } from './plain-bytes.ts'
import type { Turns } from './turns.ts'

/** Datagrams that wait for a socket which is being made: a few milliseconds. */
const MAX_WAITING = 32
/** Datagrams that Node.js has taken and the kernel has not; what is more is lost, as UDP is. */
const MAX_UNDER_WAY = 256

export type UdpSetting = {
  readonly turns: Turns
  /** The machine has no descriptor left. */
  readonly exhausted: (error: unknown) => void
}

export function openUdp({ turns, exhausted }: UdpSetting, to: Endpoint, inside: UdpInside): UdpOutside {
  const family = isIPv6(to.address) ? 6 : 4
  // The address is one, so nothing has to be looked up, nor waited for.
  const lookup = (host: string, _options: unknown, done: (error: null, host: string, family: number) => void): void =>
    done(null, host, family)
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup })
  let waiting: Buffer[] | undefined = []
  let underWay = 0
  let closed = false
  const close = (): void => {
    if (closed) return
    closed = true
    waiting = undefined
    socket.close()
  }
  const send = (datagram: Buffer): void => {
    if (underWay === MAX_UNDER_WAY) return
    underWay++
    socket.send(datagram, (error) => {
      underWay--
      if (error !== null) failed(error)
    })
  }
  const failed = (error: Error): void => {
    if (closed) return
    const why = failureOf(error)
    if (why === 'exhausted') exhausted(error)
    turns.enter(() => inside.failed(why))
  }
  socket.on('message', (bytes) => turns.enter(() => inside.datagram(plainBytes(bytes))))
  socket.on('error', failed)
  socket.once('connect', () => {
    const ready = waiting ?? []
    waiting = undefined
    for (const datagram of ready) send(datagram)
  })
  socket.connect(to.port, to.address)
  return {
    send: (datagram) => {
      if (closed) return
      const own = Buffer.from(datagram)
      if (waiting === undefined) send(own)
      else if (waiting.length < MAX_WAITING) waiting.push(own)
    },
    close,
  }
}
