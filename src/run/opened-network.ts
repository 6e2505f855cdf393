// An open network in the thread that its guests are started from: what UserNetwork (user-network.ts) says, by asking the networks' thread.

import { HostError } from '../base/errors.ts'
import { type Cidr, formatCidr } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import { type GuestEnd, makeLine } from '../host/network/guest-end.ts'
import { openTap } from '../host/network/tap.ts'
import { type NetworkThread, returnThread } from '../host/network/thread.ts'
import { userCarrier } from '../host/network/user-carrier.ts'
import { checkConnect, checkPublish } from './network-options.ts'
import type { ConnectOptions, NetworkPort, NetworkStats, Publication, PublishOptions } from './user-network.ts'

type Ending = { readonly broken: string | undefined }

export class OpenedNetwork {
  readonly ended: Promise<Ending>
  readonly #thread: NetworkThread
  readonly #id: number
  readonly #subnet: Cidr
  readonly #log: (line: string) => void
  /** What to call when a port has ended by itself, by the number of each. */
  readonly #ports = new Map<number, () => void>()
  #end: (ending: Ending) => void = () => {}
  #told = false
  #closing: Promise<void> | undefined

  constructor(thread: NetworkThread, id: number, subnet: Cidr, log: (line: string) => void) {
    this.#thread = thread
    this.#id = id
    this.#subnet = subnet
    this.#log = log
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async open(): Promise<void> {
    await this.#thread.open(
      this.#id,
      { subnet: this.#subnet },
      {
        log: this.#log,
        ended: (port) => this.#portEnded(port),
        broken: (error) => this.#broken(error),
      },
    )
  }

  async connect(options: ConnectOptions): Promise<NetworkPort> {
    const request = checkConnect(options)
    if (this.#closing !== undefined) throw new HostError('IO', 'the network is closed')
    const port = this.#thread.newId()
    const attach = async (line: Parameters<NetworkThread['attach']>[0]['line']): Promise<number | undefined> =>
      await this.#thread.attach({ network: this.#id, port, line, options: request })
    const { tap } = options
    if (tap === undefined) this.#tellSlower()
    let end: GuestEnd | undefined
    if (tap === undefined) end = await makeLine(attach)
    else await attach({ kind: 'tap', descriptor: openTap(tap) })
    let released = false
    const ended = new Promise<void>((resolve) => {
      this.#ports.set(port, () => {
        if (!released) end?.close()
        released = true
        resolve()
      })
    })
    return {
      name: options.name,
      kind: tap === undefined ? userCarrier().kind : 'tap',
      descriptor: end?.descriptor ?? -1,
      mtu: request.mtu,
      ended,
      release: () => {
        if (released) return
        released = true
        end?.close()
        // Whatever it is that fails there is told by `ended`.
        this.#thread.call('start', { port }).catch(() => {})
      },
      publish: async (publication) => await this.#publish(port, publication),
      close: async () => {
        if (this.#ports.has(port)) await this.#quietly(this.#thread.call('detach', { port }))
        this.#portEnded(port)
      },
    }
  }

  async stats(): Promise<NetworkStats> {
    const ports = await this.#thread.call('stats', { network: this.#id })
    return {
      ports: ports.map(({ name, address, statistics: { received, sent, dropped }, malformed, connections }) => ({
        name,
        address,
        received,
        sent,
        dropped: Object.fromEntries(
          Object.entries({ ...dropped, 'longer than the MTU, or empty': malformed }).filter(([, count]) => count > 0),
        ),
        connections,
      })),
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    await this.#quietly(this.#thread.close(this.#id))
    await returnThread(this.#thread)
    this.#end({ broken: undefined })
    for (const port of this.#ports.keys()) this.#portEnded(port)
  }

  async #publish(port: number, options: PublishOptions): Promise<Publication> {
    const request = checkPublish(options)
    const publication = this.#thread.newId()
    const hostPort = await this.#thread.call('publish', { port, publication, request })
    return {
      ...request,
      hostPort,
      close: async () => await this.#quietly(this.#thread.call('unpublish', { publication })),
    }
  }

  /** Once. */
  #tellSlower(): void {
    const { kind, maxMtu } = userCarrier()
    if (kind !== 'udp' || this.#told) return
    this.#told = true
    this.#log(`koffi does not load: frames travel over UDP on loopback, slower, with an MTU of at most ${maxMtu}`)
  }

  /** Closing what is gone already has succeeded. */
  async #quietly(closed: Promise<void | undefined>): Promise<void> {
    try {
      await closed
    } catch (error) {
      if (!this.#thread.isBroken) throw error
    }
  }

  #portEnded(port: number): void {
    this.#ports.get(port)?.()
    this.#ports.delete(port)
  }

  /** A mistake of ours. Whoever is to report it has to see it: the guest only says that its wire is gone. */
  #broken(error: Error): void {
    this.#log(`the network ${formatCidr(this.#subnet)} has broken: ${quote(error.message)}`)
    this.#end({ broken: error.message })
    for (const port of this.#ports.keys()) this.#portEnded(port)
  }
}
