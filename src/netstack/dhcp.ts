// The DHCP server (RFC 2131). A port has one guest with one hardware address, so it has one lease, for as long as it is attached. Pure.

import { FormatError } from '../base/errors.ts'
import { formatIpv4, maskOf } from '../base/ipv4.ts'
import { ByteReader } from '../base/reader.ts'
import type { AddressBook } from './addresses.ts'
import { putU16, putU32 } from './bytes.ts'
import { sendUdp } from './datagram.ts'
import { type DhcpRequest, decodeDhcp, encodeDhcp, MESSAGE_TYPES, OPTION } from './dhcp-message.ts'
import { LeasePool } from './lease-pool.ts'
import { DOMAIN } from './names.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'
import { broadcastOf } from './subnet.ts'

const LEASE = 86_400 // seconds. Nobody else can have the address meanwhile; guests that renew it show that they live
const SERVER_PORT = 67
const CLIENT_PORT = 68
const EVERYBODY = 0xffffffff
/** Told whether they are asked for or not: a guest without them has no network. */
const ESSENTIAL: ReadonlySet<number> = new Set([
  OPTION.messageType,
  OPTION.server,
  OPTION.leaseTime,
  OPTION.subnetMask,
  OPTION.router,
  OPTION.nameServers,
  OPTION.clientId,
  OPTION.message,
])

type Option = readonly [code: number, value: Uint8Array]

export class Dhcp {
  readonly #book: AddressBook
  readonly #pool: LeasePool

  constructor(book: AddressBook) {
    this.#book = book
    this.#pool = new LeasePool(book)
  }

  /** Keeps an address for the guest, so that those that come first have the same one in each run. */
  attach(port: GuestPort): void {
    this.#pool.addressFor(port)
  }

  detach(port: GuestPort): void {
    this.#pool.detach(port)
  }

  /** Where a guest is likely to be that has not said anything yet. */
  guess(port: GuestPort): IpAddress | undefined {
    return this.#pool.addressFor(port)
  }

  receive(port: GuestPort, message: Uint8Array): void {
    const request = decode(message)
    if (request?.relay !== 0) {
      port.drop('bad packet')
      return
    }
    const { high, low } = request.hardware
    if (high !== port.hardware.high || low !== port.hardware.low) {
      port.tell('chaddr', 'asks for a lease for another hardware address than its own; it gets none')
      port.drop('foreign hardware address')
      return
    }
    this.#answer(port, request)
  }

  #answer(port: GuestPort, request: DhcpRequest): void {
    switch (request.type) {
      case MESSAGE_TYPES.discover:
        this.#offer(port, request)
        return
      case MESSAGE_TYPES.request:
        this.#lease(port, request)
        return
      case MESSAGE_TYPES.decline:
        this.#decline(port, request)
        return
      case MESSAGE_TYPES.release:
        this.#book.release(port, request.clientAddress)
        return
      case MESSAGE_TYPES.inform:
        this.#reply(port, request, MESSAGE_TYPES.acknowledge, 0, this.#facts(port))
        return
      default:
        port.drop('bad packet')
    }
  }

  #offer(port: GuestPort, request: DhcpRequest): void {
    const { requestedAddress } = request
    const preferred = requestedAddress !== undefined && this.#pool.prefer(port, requestedAddress)
    const address = preferred ? requestedAddress : this.#pool.addressFor(port)
    if (address === undefined) {
      port.tell('no lease', 'gets no lease: every address of the network is taken')
      port.drop('too many at once')
      return
    }
    this.#reply(port, request, MESSAGE_TYPES.offer, address, [...times(), ...this.#facts(port)])
  }

  #lease(port: GuestPort, request: DhcpRequest): void {
    const { server, requestedAddress, clientAddress } = request
    // Another server's offer was taken. There is none, but that is the guest's word.
    if (server !== undefined && server !== this.#book.gateway) return
    const address = requestedAddress ?? clientAddress
    if (this.#pool.addressFor(port) !== address && !this.#pool.prefer(port, address)) {
      const why = new TextEncoder().encode('not for this guest')
      this.#reply(port, request, MESSAGE_TYPES.refuse, 0, [[OPTION.message, why]])
      return
    }
    this.#book.declare(port, address)
    this.#reply(port, request, MESSAGE_TYPES.acknowledge, address, [...times(), ...this.#facts(port)])
  }

  #decline(port: GuestPort, { requestedAddress }: DhcpRequest): void {
    if (requestedAddress === undefined) return
    port.tell('decline', `says that ${formatIpv4(requestedAddress)} is in use by another; it gets another address`)
    this.#pool.decline(port, requestedAddress)
    this.#book.release(port, requestedAddress)
  }

  #facts(port: GuestPort): Option[] {
    const { gateway, subnet } = this.#book
    return [
      [OPTION.subnetMask, u32(maskOf(subnet.prefix))],
      [OPTION.router, u32(gateway)],
      [OPTION.nameServers, u32(gateway)],
      [OPTION.domainName, new TextEncoder().encode(DOMAIN)],
      [OPTION.mtu, u16(port.mtu)],
      [OPTION.broadcast, u32(broadcastOf(subnet))],
      ...(isHostName(port.name) ? [[OPTION.hostName, new TextEncoder().encode(port.name)] as const] : []),
    ]
  }

  #reply(port: GuestPort, request: DhcpRequest, type: number, address: IpAddress, more: readonly Option[]): void {
    const options: Option[] = [
      [OPTION.messageType, Uint8Array.of(type)],
      [OPTION.server, u32(this.#book.gateway)],
      ...more,
    ]
    if (request.clientId !== undefined) options.push([OPTION.clientId, request.clientId]) // RFC 6842
    const { parameters } = request
    const isWanted = ([code]: Option): boolean => ESSENTIAL.has(code) || parameters?.has(code) !== false
    const bytes = encodeDhcp({
      transaction: request.transaction,
      wantsBroadcast: request.wantsBroadcast,
      clientAddress: type === MESSAGE_TYPES.refuse ? 0 : request.clientAddress,
      yourAddress: address,
      hardware: request.hardware,
      options: options.filter(isWanted),
    })
    const to = { address: this.#destination(request, type, address), port: CLIENT_PORT }
    sendUdp(port, { address: this.#book.gateway, port: SERVER_PORT }, to, bytes)
  }

  /** RFC 2131, 4.1: to the address that the client has, or will have if it can listen there already, or to everybody. */
  #destination(request: DhcpRequest, type: number, address: IpAddress): IpAddress {
    if (type === MESSAGE_TYPES.refuse) return EVERYBODY
    if (request.clientAddress !== 0) return request.clientAddress
    return request.wantsBroadcast || address === 0 ? EVERYBODY : address
  }
}

function decode(message: Uint8Array): DhcpRequest | undefined {
  try {
    return decodeDhcp(new ByteReader(message))
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

function times(): Option[] {
  return [
    [OPTION.leaseTime, u32(LEASE)],
    [OPTION.renewalTime, u32(LEASE / 2)],
    [OPTION.rebindingTime, u32((LEASE * 7) / 8)],
  ]
}

/** A label of a name, as the option's readers expect it. */
function isHostName(name: string): boolean {
  return /^[A-Za-z0-9-]{1,63}$/.test(name)
}

function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2)
  putU16(bytes, 0, value)
  return bytes
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  putU32(bytes, 0, value)
  return bytes
}
