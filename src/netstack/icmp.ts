// ICMP (RFC 792): what the gateway tells guests about packets of theirs that lead nowhere. Pure.

import { putU16 } from './bytes.ts'
import { putChecksum, sumOf } from './checksum.ts'
import { FRAGMENT_OFFSET, ICMP, IP_HEADER, type Packet } from './packet.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'
import { sendPacket } from './send.ts'

export const ICMP_HEADER = 8
export const ECHO_REPLY = 0
export const ECHO_REQUEST = 8

/** What an error says: type, code. */
const ERRORS = {
  'host unreachable': [3, 1],
  'protocol unreachable': [3, 2],
  'port unreachable': [3, 3],
  'fragmentation needed': [3, 4],
  forbidden: [3, 13],
  'hop limit reached': [11, 0],
  'fragments missing': [11, 1],
} as const

export type IcmpError = keyof typeof ERRORS

/** Of the packet in question, header and all: so much that the error has 576 bytes (RFC 1812, 4.3.2.3). */
const MAX_QUOTED = 576 - IP_HEADER - ICMP_HEADER
const QUERIES: ReadonlySet<number> = new Set([0, 8, 9, 10, 13, 14, 15, 16, 17, 18])

const scratch = new Uint8Array(ICMP_HEADER + MAX_QUOTED)

/** Tells the guest about a packet that it has sent; not about those that nobody answers (RFC 1122, 3.2.2). `mtu` is for `fragmentation needed`. */
export function sendError(
  now: number,
  port: GuestPort,
  from: IpAddress,
  error: IcmpError,
  packet: Packet,
  mtu = 0,
): void {
  if (!deservesError(packet)) return
  const length = packet.at - packet.header + packet.length
  const quoted = packet.bytes.subarray(packet.header, packet.header + length)
  sendErrorAbout(now, port, from, packet.source, error, quoted, mtu)
}

function deservesError({ bytes, at, length, protocol, source, fragment }: Packet): boolean {
  if (source === 0 || (fragment & FRAGMENT_OFFSET) !== 0) return false
  return protocol !== ICMP || (length > 0 && QUERIES.has(bytes[at] as number))
}

/** The same about the bytes of a packet, or of what it may have been. */
export function sendErrorAbout(
  now: number,
  port: GuestPort,
  from: IpAddress,
  to: IpAddress,
  error: IcmpError,
  packet: Uint8Array,
  mtu = 0,
): void {
  if (!port.icmpErrors.take(now)) return
  const [type, code] = ERRORS[error]
  const quoted = packet.subarray(0, MAX_QUOTED)
  const length = ICMP_HEADER + quoted.length
  scratch.fill(0, 0, ICMP_HEADER)
  scratch[0] = type
  scratch[1] = code
  putU16(scratch, 6, mtu)
  scratch.set(quoted, ICMP_HEADER)
  putChecksum(scratch, 2, sumOf(scratch, 0, length))
  sendPacket(port, from, to, ICMP, scratch, length)
}

/** The reply to an echo request, of which `request` is identifier, sequence number and payload. */
export function sendEchoReply(port: GuestPort, from: IpAddress, to: IpAddress, request: Uint8Array): void {
  const reply = new Uint8Array(4 + request.length)
  reply[0] = ECHO_REPLY
  reply.set(request, 4)
  putChecksum(reply, 2, sumOf(reply, 0, reply.length))
  sendPacket(port, from, to, ICMP, reply, reply.length)
}
