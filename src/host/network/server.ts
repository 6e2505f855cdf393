// All networks of a process, in their thread: does what the other thread asks, in the order in which it asks.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Network, NetworkOptions } from '../../netstack/network.ts'
import { HostError } from '../../base/errors.ts'
import { hostError } from '../errors.ts'
import { Chunks } from './chunks.ts'
import { HostedNetwork, type HostedPort } from './hosted-network.ts'
import { Lines } from './lines.ts'
import type { CallKind, Calls, Notice, Request } from './messages.ts'
import type { Listening } from './publish.ts'
import { sendError } from './sent-errors.ts'

/** Bytes that one read of a TCP socket may give. */
const READING = 64 * 1024
/** A machine without descriptors says so at every connection; the operator is told once in a while (ms). */
const EXHAUSTED_AGAIN = 60_000

type Hosted = { readonly network: HostedNetwork; readonly port: HostedPort }
type Published = Hosted & { readonly listening: Listening }
type Handlers = { readonly [K in CallKind]: (ask: Calls[K]['ask']) => Promise<Calls[K]['answer']> | Calls[K]['answer'] }

export class NetworkServer {
  readonly #createNetwork: (options: NetworkOptions) => Network
  readonly #say: (notice: Notice) => void
  readonly #lines = new Lines((descriptor) => this.#say({ kind: 'closed', descriptor }))
  readonly #networks = new Map<number, HostedNetwork>()
  readonly #ports = new Map<number, Hosted>()
  readonly #published = new Map<number, Published>()
  readonly #chunks = new Chunks()
  readonly #lingering = new Set<Socket>()
  readonly #reading = new Uint8Array(READING)

  constructor(createNetwork: (options: NetworkOptions) => Network, say: (notice: Notice) => void) {
    this.#createNetwork = createNetwork
    this.#say = say
  }

  /** Rejects with what is no error of ours: a mistake. */
  async handle(request: Request): Promise<void> {
    const { id } = request
    try {
      const handler = this.#handlers[request.kind] as (ask: unknown) => unknown
      this.#say({ kind: 'answer', id, value: await handler(request.ask) })
    } catch (error) {
      const sent = sendError(error)
      if (sent === undefined) throw error
      this.#say({ kind: 'refused', id, error: sent })
    }
  }

  /** Fulfilled when the peers of guests that are gone have got everything. */
  async lastWords(): Promise<void> {
    for (const socket of this.#lingering) if (!socket.closed) await once(socket, 'close')
  }

  stopWatching(): void {
    this.#lines.stopWatching()
  }

  readonly #handlers: Handlers = {
    open: ({ network, subnet }) => {
      const log = (line: string): void => this.#say({ kind: 'log', network, line })
      const exhausted = sayOnceInAWhile(log)
      const tcp = { chunks: this.#chunks, reading: this.#reading, lingering: this.#lingering, exhausted }
      this.#networks.set(network, new HostedNetwork({ subnet, createNetwork: this.#createNetwork, tcp, log }))
      return undefined
    },
    attach: async ({ network: id, port, line: end, options }) => {
      const network = this.#networks.get(id)
      if (network === undefined) {
        this.#lines.refuse(end)
        throw closedError('network')
      }
      const { line, udpPort } = await this.#lines.make(end, options.mtu)
      this.#ports.set(port, { network, port: await network.attach(line, options) })
      return udpPort
    },
    start: ({ port: id }) => {
      const hosted = this.#ports.get(id)
      hosted?.network.start(hosted.port, () => {
        this.#forget(id)
        this.#say({ kind: 'ended', port: id })
      })
      return undefined
    },
    publish: async ({ port: id, publication, request }) => {
      const hosted = this.#ports.get(id)
      if (hosted === undefined) throw closedError('port')
      const listening = await hosted.network.publish(hosted.port, request)
      this.#published.set(publication, { ...hosted, listening })
      return listening.hostPort
    },
    unpublish: ({ publication }) => {
      const published = this.#published.get(publication)
      published?.network.unpublish(published.port, published.listening)
      this.#published.delete(publication)
      return undefined
    },
    detach: async ({ port: id }) => {
      const hosted = this.#ports.get(id)
      this.#forget(id)
      await hosted?.network.detach(hosted.port)
      return undefined
    },
    stats: ({ network }) => this.#networks.get(network)?.figures() ?? [],
    close: async ({ network: id }) => {
      const network = this.#networks.get(id)
      this.#networks.delete(id)
      await network?.close()
      for (const [port, hosted] of this.#ports) if (hosted.network === network) this.#forget(port)
      return undefined
    },
  }

  #forget(id: number): void {
    const hosted = this.#ports.get(id)
    this.#ports.delete(id)
    for (const [publication, { port }] of this.#published) {
      if (port === hosted?.port) this.#published.delete(publication)
    }
  }
}

/** A guest that ended, or a program that closes what it still connects to. */
function closedError(what: 'network' | 'port'): HostError {
  return new HostError('IO', `the ${what} is closed`)
}

function sayOnceInAWhile(log: (line: string) => void): (error: unknown) => void {
  let next = Number.NEGATIVE_INFINITY
  return (error) => {
    const now = performance.now()
    if (now < next) return
    next = now + EXHAUSTED_AGAIN
    const { message } = hostError('a connection of a guest is refused', error)
    log(message)
  }
}
