// Names that only this network knows: the gateway, the machine, and the guests. Pure.

import type { AddressBook } from './addresses.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'

/** `.internal` is reserved for private use (ICANN, 2024): nobody outside has names in it. */
export const DOMAIN = 'slipway.internal'

/** `unknown`: it would be ours, and does not exist. `not ours`: others may know it. */
export type LocalName = readonly IpAddress[] | 'unknown' | 'not ours'

export class Names {
  readonly #book: AddressBook
  readonly #ports: () => Iterable<GuestPort>

  constructor(book: AddressBook, ports: () => Iterable<GuestPort>) {
    this.#book = book
    this.#ports = ports
  }

  /** The addresses of a name in lower case: none for a guest that has not told any yet. */
  addressesOf(name: string): LocalName {
    if (name === DOMAIN) return []
    const isInside = name.endsWith(`.${DOMAIN}`)
    const label = isInside ? name.slice(0, -DOMAIN.length - 1) : name
    if (isInside && label === 'gateway') return [this.#book.gateway]
    if (isInside && label === 'host') return [this.#book.host]
    const guests = [...this.#ports()].filter((port) => port.name.toLowerCase() === label)
    if (guests.length > 0) return guests.flatMap((port) => port.address ?? [])
    return isInside ? 'unknown' : 'not ours'
  }

  /** The name of an address; undefined where nobody of this network has it. */
  nameOf(address: IpAddress): string | undefined {
    if (address === this.#book.gateway) return `gateway.${DOMAIN}`
    if (address === this.#book.host) return `host.${DOMAIN}`
    const owner = this.#book.ownerOf(address)
    return owner === undefined ? undefined : `${owner.name.toLowerCase()}.${DOMAIN}`
  }

  isInside(address: IpAddress): boolean {
    return this.#book.isInside(address)
  }
}

/** The address that a name of the reverse tree is about: 10.0.0.2 of `2.0.0.10.in-addr.arpa`. */
export function reversedAddress(name: string): string | undefined {
  const suffix = '.in-addr.arpa'
  return name.endsWith(suffix) ? name.slice(0, -suffix.length).split('.').reverse().join('.') : undefined
}
