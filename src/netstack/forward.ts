// A packet from one guest to another that came by the gateway: the sender has no way to its own network, which some guests' settings mean. Pure.

import { putU16 } from './bytes.ts'
import { putChecksum, sumOf } from './checksum.ts'
import { ETHERNET_HEADER, GATEWAY_HARDWARE, putEthernet, TYPE_IPV4 } from './ethernet.ts'
import type { Packet } from './packet.ts'
import type { GuestPort } from './port.ts'

/** Sends it on with one hop less, as any router does; false where it is too long for the other guest: the sender is told to send less, and cuts it where it may. */
export function forward(to: GuestPort, packet: Packet): boolean {
  const { bytes, header, at, length } = packet
  const total = at - header + length
  if (total > to.mtu) return false
  const room = to.reserve(ETHERNET_HEADER + total)
  if (room === undefined) {
    to.drop('queue full')
    return true
  }
  putEthernet(room, to.hardware, GATEWAY_HARDWARE, TYPE_IPV4)
  room.set(bytes.subarray(header, header + total), ETHERNET_HEADER)
  room[ETHERNET_HEADER + 8] = packet.ttl - 1
  putU16(room, ETHERNET_HEADER + 10, 0)
  putChecksum(room, ETHERNET_HEADER + 10, sumOf(room, ETHERNET_HEADER, at - header))
  to.commit(ETHERNET_HEADER + total)
  return true
}
