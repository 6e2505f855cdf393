// Which address each guest gets: the same from run to run, without a file that would have to be kept. Pure.

import type { AddressBook } from './addresses.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'

/** Addresses that a guest may say are in use. One that says it of more is not believed. */
const MAX_DECLINED = 8

export class LeasePool {
  readonly #book: AddressBook
  readonly #kept = new Map<IpAddress, GuestPort>()
  readonly #of = new Map<GuestPort, IpAddress>()
  readonly #declined = new Map<GuestPort, Set<IpAddress>>()

  constructor(book: AddressBook) {
    this.#book = book
  }

  /** The address that is kept for this guest; undefined where all are taken. */
  addressFor(port: GuestPort): IpAddress | undefined {
    const kept = this.#of.get(port)
    if (kept !== undefined && this.#isFree(port, kept)) return kept
    this.forget(port)
    const address = this.#choose(port)
    if (address !== undefined) this.#keep(port, address)
    return address
  }

  /** Keeps the address that the guest asks for instead, if it may have it. */
  prefer(port: GuestPort, address: IpAddress): boolean {
    if (!this.#isLeasable(address) || !this.#isFree(port, address)) return false
    this.forget(port)
    this.#keep(port, address)
    return true
  }

  /** The guest has seen somebody else use it. */
  decline(port: GuestPort, address: IpAddress): void {
    const declined = this.#declined.get(port) ?? new Set()
    if (declined.size < MAX_DECLINED) this.#declined.set(port, declined.add(address))
    else port.tell('declined', `declines every address that it is offered; it is no longer believed`)
  }

  forget(port: GuestPort): void {
    const address = this.#of.get(port)
    if (address === undefined) return
    this.#of.delete(port)
    this.#kept.delete(address)
  }

  detach(port: GuestPort): void {
    this.forget(port)
    this.#declined.delete(port)
  }

  #keep(port: GuestPort, address: IpAddress): void {
    this.#kept.set(address, port)
    this.#of.set(port, address)
  }

  /** The gateway has the first address of the network, the host's name the last. */
  get #first(): IpAddress {
    return this.#book.gateway + 1
  }

  get #size(): number {
    return this.#book.host - this.#first
  }

  #isLeasable(address: IpAddress): boolean {
    return address >= this.#first && address < this.#first + this.#size
  }

  #isFree(port: GuestPort, address: IpAddress): boolean {
    const keeper = this.#kept.get(address)
    const owner = this.#book.ownerOf(address)
    const isOthers = (keeper !== undefined && keeper !== port) || (owner !== undefined && owner !== port)
    return !isOthers && this.#declined.get(port)?.has(address) !== true
  }

  /**
   * The first address where nobody has it, because a guest that is alone should find itself where guests with settings of their own are by
   * custom (10.0.0.2 of 10.0.0.0/24); else one that its hardware address decides, or the next one behind it that is free.
   */
  #choose(port: GuestPort): IpAddress | undefined {
    if (this.#isFree(port, this.#first)) return this.#first
    const others = this.#size - 1
    const start = hashOf(port) % others
    for (let i = 0; i < others; i++) {
      const address = this.#first + 1 + ((start + i) % others)
      if (this.#isFree(port, address)) return address
    }
    return undefined
  }
}

/** FNV-1a, 32 bits. */
function hashOf({ hardware: { high, low } }: GuestPort): number {
  let hash = 0x811c9dc5
  for (const byte of [high >>> 8, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255]) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return hash >>> 0
}
