// Published ports: this machine listens for a guest. Clients get to it as they are; what becomes of them is the network's business.

import { createSocket, type RemoteInfo, type Socket as Datagrams } from 'node:dgram'
import { createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net'
import { HostError } from '../../base/errors.ts'
import type { Endpoint } from '../../netstack/outside.ts'
import { hostError } from '../errors.ts'
import { plainBytes } from './plain-bytes.ts'
import { shareOfDescriptors } from './share-of-descriptors.ts'

export type Listening = {
  readonly hostPort: number
  /** Nobody new gets in. */
  readonly close: () => void
}

export type PublishedAddress = { readonly address: string; readonly hostPort: number }

/** Clients of one published port at once, but at most half of what descriptors the process may have: a flood must not take them all. */
const MAX_CLIENTS = 8192
const BACKLOG = 1024
const RECEIVE_BUFFER = 1024 * 1024 // bytes; the kernel caps it at net.core.rmem_max

/** `accept` gets each client with its socket, which is paused. Throws HostError. */
export async function listenTcp(
  published: PublishedAddress,
  accept: (client: Endpoint, socket: Socket) => void,
  failed: (error: unknown) => void,
): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  server.maxConnections = Math.min(MAX_CLIENTS, shareOfDescriptors())
  await settle(published, 'tcp', server, () =>
    server.listen({
      host: published.address,
      port: published.hostPort,
      backlog: BACKLOG,
      ipv6Only: isIPv6(published.address),
    }),
  )
  server.on('error', failed)
  server.on('drop', () => failed(tooMany()))
  server.on('connection', (socket) => {
    const { remoteAddress, remotePort } = socket
    // One that has gone already has no address any more.
    if (remoteAddress === undefined || remotePort === undefined) socket.destroy()
    else accept({ address: remoteAddress, port: remotePort }, socket)
  })
  return {
    hostPort: (server.address() as AddressInfo).port,
    close: () => void server.close(),
  }
}

/** As the system would say it: Node.js takes the clients that it has no descriptor for, and lets them go, without a word. */
function tooMany(): Error {
  return Object.assign(new Error('too many clients'), { code: 'EMFILE' })
}

/** `reply` is what sends back to the client. Throws HostError. */
export async function listenUdp(
  published: PublishedAddress,
  accept: (client: Endpoint, datagram: Uint8Array, reply: (datagram: Uint8Array) => void) => void,
  failed: (error: unknown) => void,
): Promise<Listening> {
  const ipv6 = isIPv6(published.address)
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, recvBufferSize: RECEIVE_BUFFER })
  await settle(published, 'udp', socket, () => socket.bind(published.hostPort, published.address))
  socket.on('error', failed)
  let closed = false
  const replyTo =
    ({ address, port }: RemoteInfo) =>
    (datagram: Uint8Array): void => {
      // An error says that the client is gone, or its network: the guest has no use for that.
      if (!closed) socket.send(Buffer.from(datagram), port, address, () => {})
    }
  socket.on('message', (datagram, from) =>
    accept({ address: from.address, port: from.port }, plainBytes(datagram), replyTo(from)),
  )
  return {
    hostPort: socket.address().port,
    close: () => {
      if (!closed) socket.close()
      closed = true
    },
  }
}

async function settle(
  { address, hostPort }: PublishedAddress,
  protocol: 'tcp' | 'udp',
  listener: Server | Datagrams,
  act: () => void,
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).once('listening', () => {
        listener.off('error', reject)
        resolve()
      })
      act()
    })
  } catch (error) {
    throw listenError(`${isIPv6(address) ? `[${address}]` : address}:${hostPort}/${protocol}`, hostPort, error)
  }
}

function listenError(where: string, port: number, error: unknown): HostError {
  const problem = `cannot listen on ${where}`
  switch ((error as NodeJS.ErrnoException).code ?? '') {
    case 'EADDRINUSE':
      return new HostError('IN_USE', `${problem}: the port is taken`, {
        cause: error,
        advice: `publish another one, or end what listens there: ss -lp 'sport = :${port}'`,
      })
    case 'EACCES':
      return new HostError('NOT_PERMITTED', `${problem}: the port is one of those for privileged users`, {
        cause: error,
        advice: 'publish one from 1024 on, or lower net.ipv4.ip_unprivileged_port_start',
      })
    case 'EADDRNOTAVAIL':
      return new HostError('NOT_FOUND', `${problem}: this machine has no such address`, { cause: error })
    default:
      return hostError(problem, error)
  }
}
