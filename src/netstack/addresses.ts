// Who uses which IPv4 address. A guest's are learnt from its traffic. Those of the network belong to who comes first; what guests call their own
// outside of it concerns nobody else, since nothing goes from one guest to another by such an address. Pure.

import { contains, formatIpv4 } from '../base/ipv4.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'
import { broadcastOf, gatewayOf, hostAliasOf, type Subnet } from './subnet.ts'

/** A guest may have several, and change them; the one learnt first makes room. */
const MAX_ADDRESSES = 8

export class AddressBook {
  readonly subnet: Subnet
  readonly gateway: IpAddress
  /** host.slipway.internal */
  readonly host: IpAddress
  readonly #broadcast: IpAddress
  /** Of addresses of the network. */
  readonly #owners = new Map<IpAddress, GuestPort>()
  /** In the order in which they were learnt. */
  readonly #addresses = new Map<GuestPort, IpAddress[]>()
  readonly #changed: (port: GuestPort) => void

  /** `changed` is told when packets for a guest go to another address than before, or to one at all. */
  constructor(subnet: Subnet, changed: (port: GuestPort) => void) {
    this.subnet = subnet
    this.gateway = gatewayOf(subnet)
    this.host = hostAliasOf(subnet)
    this.#broadcast = broadcastOf(subnet)
    this.#changed = changed
  }

  isInside(address: IpAddress): boolean {
    return contains(this.subnet, address)
  }

  isOurs(address: IpAddress): boolean {
    return address === this.gateway || address === this.host
  }

  isBroadcast(address: IpAddress): boolean {
    return address === 0xffffffff || address === this.#broadcast
  }

  /** The guest that has an address of the network. */
  ownerOf(address: IpAddress): GuestPort | undefined {
    return this.#owners.get(address)
  }

  addressesOf(port: GuestPort): readonly IpAddress[] {
    return this.#addresses.get(port) ?? []
  }

  /** Whether a guest may send from this address: not from one that nobody can have, nor from another's. */
  mayUse(port: GuestPort, address: IpAddress): boolean {
    if (port.lastSource === address && address !== 0) return true
    const owner = this.#owners.get(address)
    if (owner !== undefined) return owner === port
    return isStation(address) && !this.isOurs(address) && address !== this.#broadcast && address !== this.subnet.address
  }

  /** It has sent from this address, which `mayUse` allows. */
  learn(port: GuestPort, address: IpAddress): void {
    if (port.lastSource === address) return
    port.lastSource = address
    this.#own(port, address)
    if (port.address === undefined) this.#prefer(port, address)
  }

  /** It has said that this address is its own, which is worth more than to have sent from it: by ARP, or by taking a lease. */
  declare(port: GuestPort, address: IpAddress): void {
    this.#own(port, address)
    if (port.address !== address) this.#prefer(port, address)
  }

  forget(port: GuestPort): void {
    for (const address of this.addressesOf(port)) this.#owners.delete(address)
    this.#addresses.delete(port)
    port.address = undefined
    port.lastSource = 0
  }

  /** It has given this address back. */
  release(port: GuestPort, address: IpAddress): void {
    if (!this.addressesOf(port).includes(address)) return
    this.#owners.delete(address)
    const others = this.addressesOf(port).filter((other) => other !== address)
    this.#addresses.set(port, others)
    if (port.lastSource === address) port.lastSource = 0
    if (port.address === address) port.address = others.at(-1)
  }

  #own(port: GuestPort, address: IpAddress): void {
    const known = this.addressesOf(port)
    if (known.includes(address)) return
    if (this.isInside(address)) this.#owners.set(address, port)
    const addresses = [...known, address]
    this.#addresses.set(port, addresses)
    const [first] = addresses
    if (addresses.length > MAX_ADDRESSES && first !== undefined) this.#makeRoom(port, addresses, first)
  }

  /** The address that packets go to is the last to be forgotten. */
  #makeRoom(port: GuestPort, addresses: readonly IpAddress[], first: IpAddress): void {
    const oldest = first === port.address ? (addresses[1] as IpAddress) : first
    this.release(port, oldest)
    port.tell('addresses', `uses more than ${MAX_ADDRESSES} addresses; the first, ${formatIpv4(oldest)}, is forgotten`)
  }

  #prefer(port: GuestPort, address: IpAddress): void {
    port.address = address
    this.#changed(port)
  }
}

/** An address that one station can have: not 0/8, loopback, multicast, reserved or broadcast. */
export function isStation(address: IpAddress): boolean {
  const first = address >>> 24
  return first !== 0 && first !== 127 && first < 224
}
