// The gateway: packets that the switch hands to it are for itself, for the machine, for the outside, or for another guest the long way. Pure.

import { type AddressBook, isStation } from './addresses.ts'
import { type ArpPacket, replyArp } from './arp.ts'
import { u16 } from './bytes.ts'
import { fold, pseudoSum, sumOf, swap } from './checksum.ts'
import { payloadOf, problemOfDatagram, sendUdp } from './datagram.ts'
import type { Dhcp } from './dhcp.ts'
import type { Dns } from './dns.ts'
import { forward } from './forward.ts'
import { sendError } from './icmp.ts'
import { ICMP, isFragment, type Packet, TCP, UDP } from './packet.ts'
import type { IpAddress } from './packets.ts'
import type { Ping } from './ping.ts'
import type { GuestPort } from './port.ts'
import type { Reassembly } from './reassembly.ts'
import type { Routes } from './routes.ts'
import { type Gateway, isForeignServer } from './switch.ts'
import type { Tcp } from './tcp/ports.ts'
import type { Udp } from './udp.ts'

export const DNS_PORT = 53
const DHCP_PORT = 67
const TCP_HEADER = 20

export type GatewayParts = {
  readonly book: AddressBook
  readonly routes: Routes
  readonly ping: Ping
  readonly udp: Udp
  readonly tcp: Tcp
  readonly dhcp: Dhcp
  readonly dns: Dns
  readonly reassemblyOf: (port: GuestPort) => Reassembly
  readonly now: () => number
}

export class LocalGateway implements Gateway {
  readonly #parts: GatewayParts

  constructor(parts: GatewayParts) {
    this.#parts = parts
  }

  /** Ours are answered for. Of others only what lies outside of the network, since it is we who lead there: guests answer for their own. */
  arp(port: GuestPort, { operation, sender, target }: ArpPacket): 'answered' | 'not ours' {
    if (operation === 'reply') return 'not ours'
    if (!this.#parts.book.isOurs(target) && !this.#leadsTo(port, sender, target)) return 'not ours'
    replyArp(port, target, sender)
    return 'answered'
  }

  /** For a guest whose own idea of its network is another than ours: its gateway, whatever its address is, is this one. */
  #leadsTo(port: GuestPort, sender: number, target: number): boolean {
    const { book, routes } = this.#parts
    // Who probes an address, or tells everybody about its own, must not hear that it is taken.
    if (sender === 0 || sender === target) return false
    if (book.isInside(target) || !isStation(target) || book.addressesOf(port).includes(target)) return false
    // Link-local addresses are somebody's on this wire, unless the operator has opened them.
    return target >>> 16 !== 0xa9fe || routes.to(port, target, this.#parts.now()).kind === 'connect'
  }

  packet(port: GuestPort, packet: Packet, toGroup: boolean): void {
    if (isFragment(packet)) {
      const state = this.#parts.reassemblyOf(port).add(packet, this.#parts.now())
      if (state === 'refused') port.drop('fragment refused')
      if (state !== 'complete') return
    }
    const { book } = this.#parts
    const { destination, source } = packet
    if (book.isBroadcast(destination) || source === 0) this.#fromNobody(port, packet)
    else if (destination === book.gateway && !toGroup) this.#forUs(port, packet)
    else if (!isMulticast(destination) && !toGroup) this.#onward(port, packet)
    // The rest is for groups that we are not in, or for one station in a frame for many: nobody answers that (RFC 1122, 3.3.6).
  }

  /** To everybody, or from a guest that has no address: a lease may be what it wants. */
  #fromNobody(port: GuestPort, packet: Packet): void {
    if (packet.protocol !== UDP) return
    const problem = problemOfDatagram(packet)
    if (problem !== undefined) port.drop(problem)
    else if (u16(packet.bytes, packet.at + 2) === DHCP_PORT) this.#parts.dhcp.receive(port, payloadOf(packet))
    else if (packet.source === 0) port.drop('foreign source address')
  }

  #forUs(port: GuestPort, packet: Packet): void {
    switch (packet.protocol) {
      case TCP:
        this.#tcp(port, packet)
        return
      case UDP:
        this.#service(port, packet)
        return
      case ICMP:
        this.#parts.ping.receive(port, packet, this.#parts.now())
        return
      default:
        port.drop('unknown protocol')
        sendError(this.#parts.now(), port, packet.destination, 'protocol unreachable', packet)
    }
  }

  #service(port: GuestPort, packet: Packet): void {
    const { book, dns, dhcp, udp } = this.#parts
    const problem = problemOfDatagram(packet)
    if (problem !== undefined) {
      port.drop(problem)
      return
    }
    // Clients on the machine's loopback look like the gateway.
    if (udp.deliver(port, packet)) return
    const { bytes, at, source } = packet
    const to = { address: source, port: u16(bytes, at) }
    switch (u16(bytes, at + 2)) {
      case DNS_PORT: {
        const from = { address: book.gateway, port: DNS_PORT }
        dns.receive(port, payloadOf(packet), (response) => sendUdp(port, from, to, response))
        return
      }
      case DHCP_PORT:
        dhcp.receive(port, payloadOf(packet))
        return
      default:
        port.drop('nobody listens')
        sendError(this.#parts.now(), port, book.gateway, 'port unreachable', packet)
    }
  }

  #onward(port: GuestPort, packet: Packet): void {
    const { book, udp, ping } = this.#parts
    const isHost = packet.destination === book.host
    if (packet.ttl <= 1 && !isHost) {
      port.drop('hop limit reached')
      sendError(this.#parts.now(), port, book.gateway, 'hop limit reached', packet)
      return
    }
    if (!isHost && book.isInside(packet.destination)) {
      this.#toGuest(port, packet)
      return
    }
    if (packet.protocol === TCP) this.#tcp(port, packet)
    else if (packet.protocol === ICMP) ping.receive(port, packet, this.#parts.now())
    else if (packet.protocol === UDP) {
      const problem = problemOfDatagram(packet)
      if (problem === undefined) udp.receive(port, packet)
      else port.drop(problem)
    } else {
      port.drop('unknown protocol')
      sendError(this.#parts.now(), port, book.gateway, 'protocol unreachable', packet)
    }
  }

  /** Only among those that have addresses of this network: what a guest calls its own elsewhere must not take others' traffic there. */
  #toGuest(port: GuestPort, packet: Packet): void {
    const { book } = this.#parts
    const to = book.ownerOf(packet.destination)
    if (to === undefined || to === port || !book.isInside(packet.source)) {
      port.drop('no host has this address')
      sendError(this.#parts.now(), port, book.gateway, 'host unreachable', packet)
    } else if (isForeignServer(packet)) port.drop('foreign server')
    else if (!forward(to, packet)) {
      port.drop('longer than the MTU')
      sendError(this.#parts.now(), port, book.gateway, 'fragmentation needed', packet, to.mtu)
    }
  }

  #tcp(port: GuestPort, { bytes, at, length, source, destination }: Packet): void {
    if (length < TCP_HEADER) port.drop('shorter than its headers')
    else if (fold(pseudoSum(source, destination, TCP) + swap(length) + sumOf(bytes, at, length)) !== 0xffff) {
      port.drop('bad checksum')
    } else this.#parts.tcp.receive(port, source, destination, bytes, at, length)
  }
}

function isMulticast(address: IpAddress): boolean {
  return address >>> 28 === 14
}
