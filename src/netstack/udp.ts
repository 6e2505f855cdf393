// UDP between guests and the outside: a flow for each pair of ends, made by a guest's datagram or by a client of a published port. Pure.

import type { AddressBook } from './addresses.ts'
import { putU16, u16 } from './bytes.ts'
import { seenAs } from './clients.ts'
import { payloadOf, sendUdp } from './datagram.ts'
import { sendError, sendErrorAbout } from './icmp.ts'
import type { Endpoint, Failure, Outside, UdpInside, UdpOutside } from './outside.ts'
import { type Packet, UDP } from './packet.ts'
import type { GuestPort } from './port.ts'
import type { Routes } from './routes.ts'
import { quotedHeader } from './send.ts'
import type { Timer, Timers } from './timers.ts'
import { type Flow, FlowTable } from './udp-flows.ts'

/** Of one guest, and of all together: each costs a socket of the machine. */
const MAX_FLOWS = 256
const MAX_ALL_FLOWS = 2048
/** RFC 4787 wants two minutes at least for a mapping that is not used. */
const IDLE = 120_000 // milliseconds
const SWEEP = 10_000 // milliseconds
/** Datagrams for a guest whose address is not known yet. */
const MAX_WAITING = 16

type Waiting = {
  readonly guestPort: number
  readonly client: Endpoint
  readonly datagram: Uint8Array
  readonly reply: Reply
}
export type Reply = (datagram: Uint8Array) => void

type Guest = { readonly flows: FlowTable; waiting: Waiting[] }

const NOWHERE: UdpOutside = { send: () => undefined, close: () => undefined }

export type UdpOptions = {
  readonly book: AddressBook
  readonly routes: Routes
  readonly outside: Outside
  readonly timers: Timers
  readonly now: () => number
}

export class Udp {
  readonly #book: AddressBook
  readonly #routes: Routes
  readonly #outside: Outside
  readonly #timers: Timers
  readonly #sweep: Timer
  readonly #now: () => number
  readonly #guests = new Map<GuestPort, Guest>()
  #count = 0

  constructor({ book, routes, outside, timers, now }: UdpOptions) {
    this.#now = now
    this.#book = book
    this.#routes = routes
    this.#outside = outside
    this.#timers = timers
    this.#sweep = timers.create((now) => this.#expire(now))
  }

  attach(port: GuestPort): void {
    this.#guests.set(port, { flows: new FlowTable(), waiting: [] })
  }

  detach(port: GuestPort): void {
    const { flows } = this.#guestOf(port)
    this.#guests.delete(port)
    for (const flow of flows.unusedSince(Number.POSITIVE_INFINITY)) this.#close(flows, flow)
  }

  /** A guest's datagram for an address that is not the gateway's, of which nothing is wrong. */
  receive(port: GuestPort, packet: Packet): void {
    if (this.deliver(port, packet)) return
    const flow = this.#open(port, this.#guestOf(port).flows, packet)
    flow?.outside.send(payloadOf(packet))
  }

  /** The same where there is a flow for it already; false where there is none. */
  deliver(port: GuestPort, packet: Packet): boolean {
    const { bytes, at, source, destination } = packet
    const flow = this.#guestOf(port).flows.find(source, u16(bytes, at), destination, u16(bytes, at + 2))
    if (flow === undefined) return false
    flow.usedAt = this.#now()
    flow.outside.send(payloadOf(packet))
    return true
  }

  /** A datagram of a published port's client. */
  accept(port: GuestPort, guestPort: number, client: Endpoint, datagram: Uint8Array, reply: Reply): void {
    if (client.port === 0) {
      port.drop('bad packet') // it wants no answer (RFC 768), and none could be sent
      return
    }
    if (port.address === undefined) {
      this.#wait(port, { guestPort, client, datagram: datagram.slice(), reply })
      return
    }
    const guest = this.#guestOf(port)
    const name = `${guestPort} ${client.port} ${client.address}`
    const flow =
      this.#flowOf(guest.flows, name, port.address) ?? this.#publish(port, guest.flows, guestPort, client, name)
    if (flow === undefined) return
    flow.usedAt = this.#now()
    flow.outside = { send: reply, close: NOWHERE.close }
    const to = { address: flow.guestAddress, port: guestPort }
    sendUdp(port, { address: flow.peerAddress, port: flow.peerPort }, to, datagram)
  }

  /** The guest's address is known, or another one. */
  reachable(port: GuestPort): void {
    const guest = this.#guests.get(port)
    if (guest === undefined || guest.waiting.length === 0) return
    const { waiting } = guest
    guest.waiting = []
    for (const { guestPort, client, datagram, reply } of waiting) this.accept(port, guestPort, client, datagram, reply)
  }

  #open(port: GuestPort, flows: FlowTable, packet: Packet): Flow | undefined {
    const route = this.#routes.to(port, packet.destination, this.#now())
    if (route.kind !== 'connect') {
      port.drop(route.kind === 'forbidden' ? 'forbidden by policy' : 'no host has this address')
      const error = route.kind === 'forbidden' ? 'forbidden' : 'host unreachable'
      sendError(this.#now(), port, this.#book.gateway, error, packet)
      return undefined
    }
    if (!this.#makeRoom(port, flows)) return undefined
    const { bytes, at, source, destination } = packet
    const flow = this.#add(flows, {
      guestAddress: source,
      guestPort: u16(bytes, at),
      peerAddress: destination,
      peerPort: u16(bytes, at + 2),
      client: undefined,
      outside: NOWHERE,
      usedAt: this.#now(),
    })
    const outside = this.#outside.openUdp(
      { address: route.address, port: flow.peerPort },
      this.#insideOf(port, flows, flow),
    )
    // It may have failed already, as long as it was not to be closed.
    if (flows.has(flow)) flow.outside = outside
    else outside.close()
    return flow
  }

  #insideOf(port: GuestPort, flows: FlowTable, flow: Flow): UdpInside {
    const from = { address: flow.peerAddress, port: flow.peerPort }
    const to = { address: flow.guestAddress, port: flow.guestPort }
    return {
      datagram: (bytes) => {
        if (!flows.has(flow)) return
        flow.usedAt = this.#now()
        sendUdp(port, from, to, bytes)
      },
      failed: (why) => {
        if (flows.has(flow)) this.#failed(port, flows, flow, why)
      },
    }
  }

  #failed(port: GuestPort, flows: FlowTable, flow: Flow, why: Failure): void {
    this.#close(flows, flow)
    if (why === 'exhausted') {
      port.tell('exhausted', 'this machine has no sockets left for its UDP; some of it is lost')
      port.drop('too many at once')
      return
    }
    const first = new Uint8Array(8)
    putU16(first, 0, flow.guestPort)
    putU16(first, 2, flow.peerPort)
    putU16(first, 4, first.length)
    const packet = quotedHeader(flow.guestAddress, flow.peerAddress, UDP, first)
    const refused = why === 'refused'
    const from = refused ? flow.peerAddress : this.#book.gateway
    const error = refused ? 'port unreachable' : 'host unreachable'
    sendErrorAbout(this.#now(), port, from, flow.guestAddress, error, packet)
  }

  /** The flow of a client that has been here before; the guest may have another address since. */
  #flowOf(flows: FlowTable, client: string, address: number): Flow | undefined {
    const flow = flows.findClient(client)
    if (flow === undefined || flow.guestAddress === address) return flow
    this.#close(flows, flow)
    return undefined
  }

  #publish(port: GuestPort, flows: FlowTable, guestPort: number, client: Endpoint, name: string): Flow | undefined {
    const guestAddress = port.address as number
    const peerAddress = seenAs(client, port, this.#book)
    if (!this.#makeRoom(port, flows)) return undefined
    let peerPort = client.port
    // Of a number that is taken the next one: there are fewer flows than ports.
    while (flows.find(guestAddress, guestPort, peerAddress, peerPort) !== undefined) peerPort = (peerPort % 0xffff) + 1
    const end = { guestAddress, guestPort, peerAddress, peerPort }
    return this.#add(flows, { ...end, client: name, outside: NOWHERE, usedAt: this.#now() })
  }

  #wait(port: GuestPort, datagram: Waiting): void {
    const { waiting } = this.#guestOf(port)
    if (waiting.length < MAX_WAITING) waiting.push(datagram)
    else port.drop('too many at once')
  }

  #makeRoom(port: GuestPort, flows: FlowTable): boolean {
    if (flows.size < MAX_FLOWS && this.#count < MAX_ALL_FLOWS) return true
    port.tell('flows', `has more than ${flows.size} UDP conversations; those not used for longest are given up`)
    const { stalest } = flows
    if (stalest !== undefined) this.#close(flows, stalest)
    else port.drop('too many at once')
    return stalest !== undefined
  }

  #add(flows: FlowTable, flow: Flow): Flow {
    flows.add(flow)
    this.#count++
    if (!this.#timers.isSet(this.#sweep)) this.#timers.set(this.#sweep, this.#now() + SWEEP)
    return flow
  }

  #close(flows: FlowTable, flow: Flow): void {
    if (!flows.remove(flow)) return
    this.#count--
    flow.outside.close()
  }

  #expire(now: number): void {
    for (const { flows } of this.#guests.values()) {
      for (const flow of flows.unusedSince(now - IDLE)) this.#close(flows, flow)
    }
    if (this.#count > 0) this.#timers.set(this.#sweep, now + SWEEP)
  }

  #guestOf(port: GuestPort): Guest {
    const guest = this.#guests.get(port)
    if (guest === undefined) throw new TypeError(`guest ${port.id} is not attached`)
    return guest
  }
}
