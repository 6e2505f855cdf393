// Clients of published ports, as guests see them. Pure.

import { parseIpv4 } from '../base/ipv4.ts'
import { type AddressBook, isStation } from './addresses.ts'
import type { Endpoint } from './outside.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'

/**
 * The source of what a client sends to a guest: its own address where the guest's reply comes to the gateway, so that logs and access lists
 * of the guest mean what they say. The gateway's for clients on this machine's loopback, with IPv6, or with an address that means
 * itself or another guest to it.
 */
export function seenAs(client: Endpoint, guest: GuestPort, book: AddressBook): IpAddress {
  const address = parseIpv4(client.address.replace(/^::ffff:/i, ''))
  if (address === undefined || !isStation(address) || address >>> 16 === 0xa9fe) return book.gateway
  return book.isInside(address) || book.addressesOf(guest).includes(address) ? book.gateway : address
}
