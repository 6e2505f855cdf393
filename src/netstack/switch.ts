// The switch: frames from one guest to others and to the gateway. Each port has one hardware address, told when it was attached, so there is
// nothing to learn and nothing to move; and it lets nobody speak as somebody else. Pure.

import { WiringError } from '../base/errors.ts'
import { formatIpv4 } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import type { AddressBook } from './addresses.ts'
import { type ArpPacket, readArp } from './arp.ts'
import { u16 } from './bytes.ts'
import {
  ETHERNET_HEADER,
  formatHardware,
  GATEWAY_HARDWARE,
  type Hardware,
  hardwareAt,
  isGroup,
  isHardware,
  TYPE_ARP,
  TYPE_AT,
  TYPE_IPV4,
} from './ethernet.ts'
import { emptyPacket, FRAGMENT_OFFSET, ICMP, type Packet, readPacket, UDP } from './packet.ts'
import type { GuestPort } from './port.ts'
import type { DropReason } from './statistics.ts'

/** What the switch hands to the gateway, beside passing it on to guests. `toGroup`: in a frame to several stations. */
export interface Gateway {
  arp(from: GuestPort, packet: ArpPacket): 'answered' | 'not ours'
  packet(from: GuestPort, packet: Packet, toGroup: boolean): void
}

const DHCP_SERVER_PORT = 67
const ICMP_REDIRECT = 5

export class Switch {
  readonly #gateway: Gateway
  readonly #book: AddressBook
  readonly #ports = new Map<string, GuestPort>()
  /** By the last 32 bits of the hardware address, as a small integer: a key that costs no object. Those that share them are few. */
  readonly #byLow = new Map<number, GuestPort[]>()
  readonly #now: () => number
  readonly #packet = emptyPacket()

  constructor(gateway: Gateway, book: AddressBook, now: () => number) {
    this.#now = now
    this.#gateway = gateway
    this.#book = book
  }

  /** Throws WiringError CONFLICT where another port has this address already. */
  requireFree(hardware: Hardware, name: string): void {
    const address = formatHardware(hardware)
    const other = this.#find(hardware)
    const isGateway = hardware.high === GATEWAY_HARDWARE.high && hardware.low === GATEWAY_HARDWARE.low
    if (other === undefined && !isGateway) return
    const owner = other === undefined ? 'the gateway' : quote(other.name)
    const problem = `guest ${quote(name)}: the hardware address ${address} is that of ${owner} on this network already`
    throw new WiringError('CONFLICT', problem, 'give each device its own: ,mac=…')
  }

  attach(port: GuestPort): void {
    this.#ports.set(formatHardware(port.hardware), port)
    const key = port.hardware.low | 0
    this.#byLow.set(key, [...(this.#byLow.get(key) ?? []), port])
  }

  detach(port: GuestPort): void {
    this.#ports.delete(formatHardware(port.hardware))
    const key = port.hardware.low | 0
    const others = (this.#byLow.get(key) ?? []).filter((other) => other !== port)
    if (others.length === 0) this.#byLow.delete(key)
    else this.#byLow.set(key, others)
  }

  receive(port: GuestPort, bytes: Uint8Array, at: number, length: number): void {
    port.statistics.received.frames++
    port.statistics.received.bytes += length
    const problem = this.#check(port, bytes, at, length)
    if (problem !== undefined) {
      port.drop(problem)
      return
    }
    const type = u16(bytes, at + TYPE_AT)
    if (type === TYPE_IPV4) this.#receiveIp(port, bytes, at, length)
    else if (type === TYPE_ARP) this.#receiveArp(port, bytes, at, length)
    else port.drop('unknown protocol')
  }

  #check(port: GuestPort, bytes: Uint8Array, at: number, length: number): DropReason | undefined {
    if (length < ETHERNET_HEADER) return 'shorter than its headers'
    if (length > ETHERNET_HEADER + port.mtu) return 'longer than the MTU'
    if (!isHardware(bytes, at + 6, port.hardware)) {
      const other = formatHardware(hardwareAt(bytes, at + 6))
      port.tell('hardware', `sends from ${other}, which is not its hardware address; such frames are dropped`)
      return 'foreign hardware address'
    }
    if (isGroup(bytes, at) && !port.groupFrames.take(this.#now())) {
      port.tell('group', 'sends too much to everybody; some of it is dropped')
      return 'too many at once'
    }
    return undefined
  }

  #receiveIp(port: GuestPort, bytes: Uint8Array, at: number, length: number): void {
    const packet = this.#packet
    const problem = readPacket(packet, bytes, at + ETHERNET_HEADER, length - ETHERNET_HEADER)
    if (problem !== undefined) {
      port.drop(problem)
      return
    }
    if (packet.source === 0) {
      // Who has no address yet may ask for one, and nothing else.
      if (packet.protocol !== UDP) port.drop('foreign source address')
      else this.#gateway.packet(port, packet, true)
      return
    }
    if (!this.#mayUse(port, packet.source)) return
    this.#book.learn(port, packet.source)
    if (isHardware(bytes, at, GATEWAY_HARDWARE)) {
      this.#gateway.packet(port, packet, false)
      return
    }
    if (isForeignServer(packet)) {
      port.tell('server', 'wants to be a DHCP server or a router for other guests; such packets are dropped')
      port.drop('foreign server')
      return
    }
    // Nor may a guest answer others in the name of somebody outside.
    if (this.#book.isInside(packet.source)) this.#passOn(port, bytes, at, length)
    else port.drop('foreign source address')
    if (isGroup(bytes, at)) this.#gateway.packet(port, packet, true)
  }

  #mayUse(port: GuestPort, source: number): boolean {
    if (this.#book.mayUse(port, source)) return true
    const owner = this.#book.ownerOf(source)
    const whose = owner === undefined ? 'which no guest can have' : `which is that of guest ${quote(owner.name)}`
    port.tell('source', `sends from ${formatIpv4(source)}, ${whose}; such packets are dropped`)
    port.drop('foreign source address')
    return false
  }

  #receiveArp(port: GuestPort, bytes: Uint8Array, at: number, length: number): void {
    const packet = readArp(bytes, at + ETHERNET_HEADER, length - ETHERNET_HEADER)
    if (packet === undefined) {
      port.drop('bad ARP packet')
      return
    }
    const { high, low } = packet.senderHardware
    if (high !== port.hardware.high || low !== port.hardware.low) {
      port.drop('foreign hardware address')
      return
    }
    // A probe (RFC 5227) says nothing about its sender.
    if (packet.sender !== 0) {
      if (!this.#mayUse(port, packet.sender)) return
      this.#book.declare(port, packet.sender)
    }
    const isForUs = this.#gateway.arp(port, packet) === 'answered' || isHardware(bytes, at, GATEWAY_HARDWARE)
    if (!isForUs && this.#isAmongGuests(packet)) this.#passOn(port, bytes, at, length)
  }

  /** A guest that spoke for an address outside could lead others there: that is for the gateway to do. */
  #isAmongGuests({ sender, target }: ArpPacket): boolean {
    return this.#book.isInside(target) && (sender === 0 || this.#book.isInside(sender))
  }

  /** To the guest whose frame it is, or to all others. */
  #passOn(from: GuestPort, bytes: Uint8Array, at: number, length: number): void {
    if (isGroup(bytes, at)) {
      for (const port of this.#ports.values()) if (port !== from) copyTo(port, bytes, at, length)
      return
    }
    const port = this.#find(hardwareAt(bytes, at))
    if (port === undefined || port === from) from.drop('unknown hardware address')
    else copyTo(port, bytes, at, length)
  }

  #find({ high, low }: Hardware): GuestPort | undefined {
    return this.#byLow.get(low | 0)?.find((port) => port.hardware.high === high)
  }
}

function copyTo(port: GuestPort, bytes: Uint8Array, at: number, length: number): void {
  if (length > ETHERNET_HEADER + port.mtu) {
    port.drop('longer than the MTU')
    return
  }
  const room = port.reserve(length)
  if (room === undefined) {
    port.drop('queue full')
    return
  }
  room.set(bytes.subarray(at, at + length))
  port.commit(length)
}

/** Leases and ways come from the gateway alone: a guest that gave them to others could read what they send. */
export function isForeignServer({ bytes, at, length, protocol, fragment }: Packet): boolean {
  if ((fragment & FRAGMENT_OFFSET) !== 0) return false
  if (protocol === ICMP) return length > 0 && bytes[at] === ICMP_REDIRECT
  return protocol === UDP && length >= 2 && u16(bytes, at) === DHCP_SERVER_PORT
}
