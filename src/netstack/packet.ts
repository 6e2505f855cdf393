// The IPv4 header of a packet from a guest, checked and taken apart into a record that is used again for the next one. Pure.

import { u16, u32 } from './bytes.ts'
import { sumOf } from './checksum.ts'
import type { IpAddress } from './packets.ts'
import type { DropReason } from './statistics.ts'

export const IP_HEADER = 20 // bytes, without options
export const ICMP = 1
export const TCP = 6
export const UDP = 17

export const MORE_FRAGMENTS = 0x2000
export const DONT_FRAGMENT = 0x4000
export const FRAGMENT_OFFSET = 0x1fff // in units of eight bytes

/** Written anew for each packet, so that none costs an object. Places are in `bytes`. */
export type Packet = {
  bytes: Uint8Array
  /** Of the IP header. */
  header: number
  /** Of what the header is in front of, as long as `length`. */
  at: number
  length: number
  source: IpAddress
  destination: IpAddress
  protocol: number
  ttl: number
  identification: number
  /** Flags and offset of a fragment. */
  fragment: number
}

export function emptyPacket(): Packet {
  return {
    bytes: new Uint8Array(0),
    header: 0,
    at: 0,
    length: 0,
    source: 0,
    destination: 0,
    protocol: 0,
    ttl: 0,
    identification: 0,
    fragment: 0,
  }
}

/** Takes a packet of at most `length` bytes apart, or says why it is none. Options are skipped; what lies behind its total length is padding. */
export function readPacket(packet: Packet, bytes: Uint8Array, at: number, length: number): DropReason | undefined {
  if (length < IP_HEADER) return 'shorter than its headers'
  const first = bytes[at] as number
  const headerLength = (first & 15) * 4
  if (first >>> 4 !== 4 || headerLength < IP_HEADER) return 'bad IP header'
  const total = u16(bytes, at + 2)
  if (total < headerLength || total > length) return 'bad IP header'
  if (sumOf(bytes, at, headerLength) !== 0xffff) return 'bad checksum'
  packet.bytes = bytes
  packet.header = at
  packet.at = at + headerLength
  packet.length = total - headerLength
  packet.identification = u16(bytes, at + 4)
  packet.fragment = u16(bytes, at + 6)
  packet.ttl = bytes[at + 8] as number
  packet.protocol = bytes[at + 9] as number
  packet.source = u32(bytes, at + 12)
  packet.destination = u32(bytes, at + 16)
  return undefined
}

export function isFragment(packet: Packet): boolean {
  return (packet.fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0
}
