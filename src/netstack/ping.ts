// ICMP from guests: echo requests are answered by the gateway, or go out where this machine lets us; the rest is not for us. Pure.

import { formatIpv4 } from '../base/ipv4.ts'
import type { AddressBook } from './addresses.ts'
import { sumOf } from './checksum.ts'
import { ECHO_REQUEST, ICMP_HEADER, sendEchoReply, sendError } from './icmp.ts'
import type { Outside } from './outside.ts'
import type { Packet } from './packet.ts'
import type { GuestPort } from './port.ts'
import { RateLimit } from './rate-limit.ts'
import type { Routes } from './routes.ts'

/** Echo requests that leave the machine, of one guest: a flood of them is nobody's measurement. */
const PINGS = { perSecond: 100, burst: 100 }

export class Ping {
  readonly #book: AddressBook
  readonly #routes: Routes
  readonly #outside: Outside
  readonly #limits = new WeakMap<GuestPort, RateLimit>()

  constructor(book: AddressBook, routes: Routes, outside: Outside) {
    this.#book = book
    this.#routes = routes
    this.#outside = outside
  }

  /** A packet of ICMP, in time for `now`. */
  receive(port: GuestPort, packet: Packet, now: number): void {
    const { bytes, at, length, source, destination } = packet
    if (length < ICMP_HEADER) port.drop('shorter than its headers')
    else if (sumOf(bytes, at, length) !== 0xffff) port.drop('bad checksum')
    else if (bytes[at] !== ECHO_REQUEST || bytes[at + 1] !== 0) port.drop('nobody listens')
    else if (this.#book.isOurs(destination))
      sendEchoReply(port, destination, source, bytes.subarray(at + 4, at + length))
    else this.#passOn(port, packet, now)
  }

  #passOn(port: GuestPort, packet: Packet, now: number): void {
    const route = this.#routes.to(port, packet.destination, now)
    if (route.kind !== 'connect') {
      port.drop(route.kind === 'forbidden' ? 'forbidden by policy' : 'no host has this address')
      sendError(now, port, this.#book.gateway, route.kind === 'forbidden' ? 'forbidden' : 'host unreachable', packet)
      return
    }
    if (!this.#limitOf(port).take(now)) {
      port.drop('too many at once')
      return
    }
    const { source, destination } = packet
    const request = packet.bytes.slice(packet.at + 4, packet.at + packet.length)
    const reply = (): void => sendEchoReply(port, destination, source, request)
    if (this.#outside.ping(route.address, request.subarray(4), reply)) return
    port.tell(
      'ping',
      `cannot ping ${formatIpv4(destination)}: ping sockets are not permitted (net.ipv4.ping_group_range)`,
    )
    sendError(now, port, this.#book.gateway, 'host unreachable', packet)
  }

  #limitOf(port: GuestPort): RateLimit {
    const known = this.#limits.get(port)
    if (known !== undefined) return known
    const limit = new RateLimit(PINGS.perSecond, PINGS.burst)
    this.#limits.set(port, limit)
    return limit
  }
}
