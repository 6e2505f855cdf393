// The guest's end of a line: a descriptor to inherit, and what has to happen once that is done.

import type { Socket } from 'node:dgram'
import { fstatSync, readdirSync, readFileSync } from 'node:fs'
import { HostError } from '../../base/errors.ts'
import { hostError } from '../errors.ts'
import { type Ffi, loadFfi } from '../ffi.ts'
import { connectDatagrams, datagramSocket } from './datagram-line.ts'
import type { LineEnd } from './messages.ts'

export type GuestEnd = {
  readonly descriptor: number
  readonly close: () => void
}

/** Makes a line: `attach` gets our end of it, and returns what the networks' thread says to it. Throws HostError. */
export async function makeLine(attach: (line: LineEnd) => Promise<number | undefined>): Promise<GuestEnd> {
  const ffi = loadFfi()
  return ffi === undefined ? await datagramPair(attach) : await framePair(ffi, attach)
}

async function framePair(ffi: Ffi, attach: (line: LineEnd) => Promise<number | undefined>): Promise<GuestEnd> {
  let ends: readonly [number, number]
  try {
    ends = ffi.sockets().framePair()
  } catch (error) {
    throw hostError('making the sockets of a net device failed', error)
  }
  const [ours, theirs] = ends
  const close = once(() => ffi.close(theirs))
  try {
    await attach({ kind: 'seqpacket', descriptor: ours })
  } catch (error) {
    close()
    throw error
  }
  return { descriptor: theirs, close }
}

async function datagramPair(attach: (line: LineEnd) => Promise<number | undefined>): Promise<GuestEnd> {
  let socket: Socket
  try {
    socket = await datagramSocket()
  } catch (error) {
    throw hostError('making a socket for a net device failed', error)
  }
  socket.unref() // like any descriptor that nobody waits for
  const close = once(() => socket.close())
  try {
    const { port } = socket.address()
    const peer = await attach({ kind: 'udp', port })
    await connectDatagrams(socket, peer as number)
    return { descriptor: descriptorOf(port), close }
  } catch (error) {
    close()
    throw error
  }
}

/** Node.js does not say which descriptor a socket for datagrams has; the kernel does: proc_pid_net(5), udp. */
function descriptorOf(port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const fields = readFileSync('/proc/self/net/udp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((candidate) => candidate[1] === local)
  const inode = BigInt(fields?.[9] ?? -1)
  for (const name of readdirSync('/proc/self/fd')) {
    const stats = statsOf(Number(name))
    if (stats?.isSocket() === true && stats.ino === inode) return Number(name)
  }
  throw new HostError('IO', 'the descriptor of a socket on loopback is not to be found in /proc/self')
}

/** undefined for what has been closed meanwhile, as that of the folder itself. */
function statsOf(descriptor: number) {
  try {
    return fstatSync(descriptor, { bigint: true })
  } catch {
    return undefined
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
