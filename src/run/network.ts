// Opens a network of guests in this process. What it is to whoever holds it says user-network.ts; what it does is in a thread of its own
// (host/network/).

import { UsageError } from '../base/errors.ts'
import { type Cidr, formatCidr, formatIpv4, parseIpv4, parseSubnet } from '../base/ipv4.ts'
import { parseIpv6 } from '../base/ipv6.ts'
import { quote } from '../base/quote.ts'
import { type GuestEnd, makeLine } from '../host/network/guest-end.ts'
import { openTap } from '../host/network/tap.ts'
import { borrowThread, type NetworkThread, returnThread } from '../host/network/thread.ts'
import { userCarrier } from '../host/network/user-carrier.ts'
import { readRoutes } from '../host/routes.ts'
import { writeError } from '../host/streams.ts'
import { DEFAULT_POLICY } from '../netstack/policy.ts'
import { gatewayOf } from '../netstack/subnet.ts'
import { macBytes, parseMac } from '../wiring/mac.ts'
import { planSubnets } from '../wiring/subnets.ts'
import { DEFAULT_MTU, MIN_MTU } from '../wiring/wire.ts'
import type {
  ConnectOptions,
  NetworkOptions,
  NetworkPort,
  NetworkStats,
  Publication,
  PublishOptions,
  UserNetwork,
} from './user-network.ts'

const LOOPBACK = '127.0.0.1'
const MAX_PORT = 65_535

/**
 * A network that guests of this process share. The process must not end before they do: they are ended with it.
 *
 * Throws UsageError for what is wrong with the options, WiringError where no subnet is free, and HostError for what the machine refuses.
 *
 * @example
 * ```ts
 * const network = await openNetwork({ subnet: '10.7.0.0/24' })
 * const { gateway } = network // 10.7.0.1
 * await network.close()
 * ```
 */
export async function openNetwork(options: NetworkOptions = {}): Promise<UserNetwork> {
  const subnet = subnetOf(options)
  const log = options.log ?? ((line: string): void => writeError(`slipway: ${line}\n`))
  const thread = borrowThread()
  const network = new Opened(thread, thread.newId(), log)
  try {
    await network.open(subnet)
  } catch (error) {
    await returnThread(thread)
    throw error
  }
  return {
    subnet: formatCidr(subnet),
    gateway: formatIpv4(gatewayOf(subnet)),
    ended: network.ended,
    connect: async (port) => await network.connect(port),
    stats: async () => await network.stats(),
    close: async () => await network.close(),
  }
}

function subnetOf({ subnet }: NetworkOptions): Cidr {
  if (subnet !== undefined) return parseSubnet(subnet, 'subnet')
  const { kind: socket, maxMtu } = userCarrier()
  const facts = { kind: 'user', socket, maxMtu, routes: readRoutes(), joins: undefined } as const
  const [planned] = planSubnets([{ device: 'user', subnet: undefined, facts }])
  return (planned as { readonly subnet: Cidr }).subnet
}

type Ending = { readonly broken: string | undefined }

class Opened {
  readonly ended: Promise<Ending>
  readonly #thread: NetworkThread
  readonly #id: number
  readonly #log: (line: string) => void
  /** What to call when a port has ended by itself, by the number of each. */
  readonly #ports = new Map<number, () => void>()
  #end: (ending: Ending) => void = () => {}
  #told = false
  #closing: Promise<void> | undefined

  constructor(thread: NetworkThread, id: number, log: (line: string) => void) {
    this.#thread = thread
    this.#id = id
    this.#log = log
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async open(subnet: Cidr): Promise<void> {
    await this.#thread.open(
      this.#id,
      { subnet },
      {
        log: this.#log,
        ended: (port) => this.#portEnded(port),
        broken: (error) => this.#broken(error),
      },
    )
  }

  async connect(options: ConnectOptions): Promise<NetworkPort> {
    const request = checkConnect(options)
    const port = this.#thread.newId()
    const attach = async (line: Parameters<NetworkThread['attach']>[0]['line']): Promise<number | undefined> =>
      await this.#thread.attach({ network: this.#id, port, line, options: request })
    const { tap } = options
    if (tap === undefined) this.#tellSlower()
    let end: GuestEnd | undefined
    if (tap === undefined) end = await makeLine(attach)
    else await attach({ kind: 'tap', descriptor: openTap(tap) })
    const ended = new Promise<void>((resolve) => this.#ports.set(port, resolve))
    let released = false
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
        if (!released) end?.close()
        released = true
        if (this.#ports.has(port)) await this.#quietly(this.#thread.call('detach', { port }))
        this.#portEnded(port)
      },
    }
  }

  async stats(): Promise<NetworkStats> {
    const ports = await this.#thread.call('stats', { network: this.#id })
    return {
      ports: ports.map(({ name, address, statistics: { received, sent, dropped }, connections }) => ({
        name,
        address,
        received,
        sent,
        dropped: Object.fromEntries(Object.entries(dropped).filter(([, count]) => count > 0)),
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

  #broken(error: Error): void {
    this.#end({ broken: error.message })
    for (const port of this.#ports.keys()) this.#portEnded(port)
  }
}

function checkConnect(options: ConnectOptions) {
  const { name, pcap, rate, delay, loss } = options
  const wanted = options.mtu ?? DEFAULT_MTU
  const { maxMtu } = userCarrier()
  if (!Number.isInteger(wanted) || wanted < MIN_MTU) throw badNumber('mtu', wanted, `${MIN_MTU} to ${maxMtu}`)
  return {
    name,
    mac: macBytes(parseMac(options.mac, 'connect()')),
    mtu: Math.min(wanted, maxMtu),
    policy: options.policy ?? DEFAULT_POLICY,
    pcap,
    impairments: rate === undefined && delay === undefined && loss === undefined ? undefined : { rate, delay, loss },
  }
}

function checkPublish({ address = LOOPBACK, hostPort, guestPort, protocol = 'tcp' }: PublishOptions) {
  if (parseIpv4(address) === undefined && parseIpv6(address) === undefined) {
    throw new UsageError('BAD_ARGUMENT', `${quote(address)} is no address`, 'write for example 127.0.0.1')
  }
  if (!isPort(hostPort) && hostPort !== 0) throw badNumber('hostPort', hostPort, `0 to ${MAX_PORT}`)
  if (!isPort(guestPort)) throw badNumber('guestPort', guestPort, `1 to ${MAX_PORT}`)
  return { address, hostPort, guestPort, protocol }
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= MAX_PORT
}

function badNumber(what: string, value: number, range: string): UsageError {
  return new UsageError('BAD_ARGUMENT', `${what} is ${value}`, `it has to be ${range}`)
}
