// Packets to a guest that are not TCP's: copied together, and cut into fragments where they are longer than its MTU. Pure.

import { putU16, putU32 } from './bytes.ts'
import { putChecksum, sumOf } from './checksum.ts'
import { EVERYBODY, ETHERNET_HEADER, putHardware } from './ethernet.ts'
import { DONT_FRAGMENT, IP_HEADER, MORE_FRAGMENTS } from './packet.ts'
import type { IpAddress } from './packets.ts'
import { HEADERS, putHeaders } from './path.ts'
import type { GuestPort } from './port.ts'

export const MAX_TRANSPORT = 65535 - IP_HEADER
const IP = ETHERNET_HEADER
const BROADCAST = 0xffffffff

/** Sends `length` bytes of `transport`; what the guest's queue has no room for is lost, as on any wire. */
export function sendPacket(
  port: GuestPort,
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  transport: Uint8Array,
  length: number,
): void {
  const room = port.mtu - IP_HEADER
  if (length <= room) {
    putPacket(port, source, destination, protocol, transport.subarray(0, length), DONT_FRAGMENT, 0)
    return
  }
  const identification = port.nextIdentification()
  const step = room & ~7
  for (let at = 0; at < length; at += step) {
    const end = Math.min(at + step, length)
    const flags = (end < length ? MORE_FRAGMENTS : 0) | (at >>> 3)
    // Without one of its parts, the rest is of no use to anybody.
    if (!putPacket(port, source, destination, protocol, transport.subarray(at, end), flags, identification)) return
  }
}

function putPacket(
  port: GuestPort,
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  part: Uint8Array,
  fragment: number,
  identification: number,
): boolean {
  const bytes = port.reserve(HEADERS + part.length)
  if (bytes === undefined) {
    port.drop('queue full')
    return false
  }
  putHeaders(bytes, port, source, destination, protocol)
  if (destination === BROADCAST) putHardware(bytes, 0, EVERYBODY)
  putU16(bytes, IP + 2, IP_HEADER + part.length)
  putU16(bytes, IP + 4, identification)
  putU16(bytes, IP + 6, fragment)
  putChecksum(bytes, IP + 10, sumOf(bytes, IP, IP_HEADER))
  bytes.set(part, HEADERS)
  port.commit(HEADERS + part.length)
  return true
}

/** The header that an ICMP error quotes, of a packet that is not at hand: as the guest may have sent it. */
export function quotedHeader(
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  first: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(IP_HEADER + first.length)
  putU16(bytes, 0, 0x4500)
  putU16(bytes, 2, bytes.length)
  bytes[8] = 64
  bytes[9] = protocol
  putU32(bytes, 12, source)
  putU32(bytes, 16, destination)
  putChecksum(bytes, 10, sumOf(bytes, 0, IP_HEADER))
  bytes.set(first, IP_HEADER)
  return bytes
}
