// The parts of a user-mode network put together: switch, gateway, services and transports around one book of addresses and one clock. Pure.

import { AddressBook } from './addresses.ts'
import { requestArp } from './arp.ts'
import { seenAs } from './clients.ts'
import { Dhcp } from './dhcp.ts'
import { Dns } from './dns.ts'
import { DnsStreams } from './dns-stream.ts'
import { hardwareAt } from './ethernet.ts'
import { tellFailedSyn } from './failed-syn.ts'
import { DNS_PORT, LocalGateway } from './gateway.ts'
import { sendErrorAbout } from './icmp.ts'
import { Names } from './names.ts'
import type { Network, NetworkOptions, Port, PortOptions } from './network.ts'
import type { Endpoint, Outside, TcpInside, TcpOutside } from './outside.ts'
import type { IpAddress, Neighbour } from './packets.ts'
import { Ping } from './ping.ts'
import { type Fabric, GuestPort } from './port.ts'
import { Reassembly } from './reassembly.ts'
import { Routes } from './routes.ts'
import { Switch } from './switch.ts'
import { TcpFlows } from './tcp/flows.ts'
import type { Tcp, TcpRoute } from './tcp/ports.ts'
import { type Timer, Timers } from './timers.ts'
import { Udp } from './udp.ts'

/** How often, and for how long, a guest that has not said anything is asked whether it has the address that it is likely to have. */
const ASK_EACH = 250 // milliseconds
const ASK_FOR = 30_000 // milliseconds
/** Beside the likely one, so many others of the network at a time: a guest may have been given any, and all of a /24 are asked for in four seconds. */
const ASK_OTHERS = 16

const MIN_MTU = 68 // RFC 791, 3.2
const MAX_MTU = 65535

/**
 * A network without guests.
 *
 * @example
 * ```ts
 * const network = createNetwork({ subnet: { address: 0x0a000000, prefix: 24 }, outside, random })
 * network.advance(0)
 * const port = network.attach({ name: 'web', mac, mtu: 1500, policy: DEFAULT_POLICY, carrier })
 * port.receive(frame, 0, frame.length)
 * ```
 */
export function createNetwork(options: NetworkOptions): Network {
  return new UserNetwork(options)
}

type Guest = { readonly reassembly: Reassembly; readonly asking: Timer; askUntil: number; nextOther: IpAddress }

class UserNetwork implements Network, Fabric {
  readonly timers = new Timers()
  readonly now = (): number => this.#now
  readonly random: () => number
  readonly #outside: Outside
  readonly #book: AddressBook
  readonly #routes: Routes
  readonly #switch: Switch
  readonly #gateway: LocalGateway
  readonly #dhcp: Dhcp
  readonly #dns: Dns
  readonly #dnsStreams: DnsStreams
  readonly #udp: Udp
  readonly #tcp: Tcp
  readonly #guests = new Map<GuestPort, Guest>()
  #now = 0
  #lastId = 0

  constructor({ subnet, outside, random, maxConnections }: NetworkOptions) {
    const { timers, now } = this
    this.random = random
    this.#outside = outside
    this.#book = new AddressBook(subnet, (port) => this.#reachable(port))
    this.#routes = new Routes(this.#book, outside)
    this.#dhcp = new Dhcp(this.#book)
    this.#dns = new Dns({ names: new Names(this.#book, () => this.#guests.keys()), outside, random, timers, now })
    this.#dnsStreams = new DnsStreams(this.#dns)
    this.#udp = new Udp({ book: this.#book, routes: this.#routes, outside, timers, now })
    this.#tcp = new TcpFlows({
      random,
      route: (from, destination, port) => this.#route(from, destination, port),
      addressOf: (guest) => portOf(guest).address,
      unreachable: (syn, why) => tellFailedSyn(this.#now, portOf(syn.guest), this.#book.gateway, syn, why),
      log: (line) => outside.log(line),
      maxFlows: maxConnections,
    })
    this.#gateway = new LocalGateway({
      book: this.#book,
      routes: this.#routes,
      ping: new Ping(this.#book, this.#routes, outside),
      udp: this.#udp,
      tcp: this.#tcp,
      dhcp: this.#dhcp,
      dns: this.#dns,
      reassemblyOf: (port) => this.#guestOf(port).reassembly,
      now: this.now,
    })
    this.#switch = new Switch(this.#gateway, this.#book, this.now)
  }

  advance(now: number): void {
    // Whatever a caller's clock does, time here never goes back.
    this.#now = Math.max(this.#now, now)
    this.#tcp.advance(this.#now)
    this.timers.advance(this.#now)
  }

  get deadline(): number | undefined {
    const own = this.timers.deadline
    const tcp = this.#tcp.deadline
    if (own === undefined || tcp === undefined) return own ?? tcp
    return Math.min(own, tcp)
  }

  attach({ name, mac, mtu, policy, carrier, pcap, impairments }: PortOptions): Port {
    // Whoever wires a guest has checked both: smaller packets than IPv4's least could not even be cut.
    if (mac.length !== 6 || !(mtu >= MIN_MTU && mtu <= MAX_MTU))
      throw new TypeError(`no MAC address, or an MTU of ${mtu}`)
    const hardware = hardwareAt(mac, 0)
    this.#switch.requireFree(hardware, name)
    this.#lastId++
    const port = new GuestPort({ id: this.#lastId, name, hardware, mtu, policy, carrier, pcap, impairments }, this)
    const reassembly = new Reassembly(this.timers, (source, first) => {
      sendErrorAbout(this.#now, port, this.#book.gateway, source, 'fragments missing', first)
    })
    const asking = this.timers.create(() => this.#ask(port))
    this.#guests.set(port, { reassembly, asking, askUntil: 0, nextOther: this.#book.gateway + 1 })
    this.#switch.attach(port)
    this.#dhcp.attach(port)
    this.#udp.attach(port)
    this.#tcp.attach(port)
    return port
  }

  detach(port: GuestPort): void {
    const { reassembly, asking } = this.#guestOf(port)
    this.#tcp.detach(port)
    this.#udp.detach(port)
    this.#dns.detach(port)
    this.#dnsStreams.detach(port)
    this.#dhcp.detach(port)
    this.#switch.detach(port)
    this.#book.forget(port)
    reassembly.clear()
    this.timers.clear(asking)
    this.#guests.delete(port)
  }

  receive(port: GuestPort, bytes: Uint8Array, at: number, length: number): void {
    this.#switch.receive(port, bytes, at, length)
  }

  ready(port: GuestPort): void {
    this.#tcp.ready(port)
  }

  log(line: string): void {
    this.#outside.log(line)
  }

  acceptTcp(to: Port, guestPort: number, client: Endpoint, outside: TcpOutside): TcpInside {
    const port = portOf(to)
    this.#find(port)
    return this.#tcp.accept(port, guestPort, seenAs(client, port, this.#book), client.port, outside)
  }

  acceptUdp(
    to: Port,
    guestPort: number,
    client: Endpoint,
    datagram: Uint8Array,
    reply: (datagram: Uint8Array) => void,
  ): void {
    const port = portOf(to)
    this.#find(port)
    this.#udp.accept(port, guestPort, client, datagram, reply)
  }

  describe(port: Port): readonly string[] {
    return this.#tcp.describe(portOf(port))
  }

  #route(from: Neighbour, destination: number, port: number): TcpRoute {
    const guest = portOf(from)
    if (destination === this.#book.gateway) return port === DNS_PORT ? this.#dnsStreams.route(guest) : 'refused'
    const route = this.#routes.to(guest, destination, this.#now)
    if (route.kind !== 'connect') return route.kind
    const to = { address: route.address, port }
    return (inside) => this.#outside.connectTcp(to, inside)
  }

  #reachable(port: GuestPort): void {
    this.timers.clear(this.#guestOf(port).asking)
    this.#udp.reachable(port)
    this.#tcp.reachable(port)
  }

  /** A client wants a guest that has not sent anything: one with settings of its own may wait for others to speak first. */
  #find(port: GuestPort): void {
    const guest = this.#guestOf(port)
    if (port.address !== undefined || this.timers.isSet(guest.asking)) return
    guest.askUntil = this.#now + ASK_FOR
    this.#ask(port)
  }

  #ask(port: GuestPort): void {
    const guest = this.#guestOf(port)
    if (this.#now >= guest.askUntil) return
    const { gateway } = this.#book
    const likely = this.#dhcp.guess(port)
    if (likely !== undefined) requestArp(port, likely, gateway)
    for (let i = 0; i < ASK_OTHERS; i++) {
      if (guest.nextOther !== likely) requestArp(port, guest.nextOther, gateway)
      guest.nextOther = guest.nextOther + 1 < this.#book.host ? guest.nextOther + 1 : gateway + 1
    }
    this.timers.set(guest.asking, this.#now + ASK_EACH)
  }

  #guestOf(port: GuestPort): Guest {
    const guest = this.#guests.get(port)
    if (guest === undefined) throw new TypeError(`guest ${port.id} is not on this network`)
    return guest
  }
}

/** All ports, and all neighbours of TCP, are this class's. */
function portOf(port: Port | Neighbour): GuestPort {
  if (port instanceof GuestPort) return port
  throw new TypeError('not a port of this network')
}
