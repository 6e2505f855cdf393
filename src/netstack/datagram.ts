// UDP (RFC 768): datagrams from guests checked, and datagrams to them put together. Pure.

import { putU16, u16 } from './bytes.ts'
import { fold, pseudoSum, putChecksum, sumOf, swap } from './checksum.ts'
import { type Packet, UDP } from './packet.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'
import { MAX_TRANSPORT, sendPacket } from './send.ts'
import type { DropReason } from './statistics.ts'

const UDP_HEADER = 8
const MAX_DATAGRAM = MAX_TRANSPORT - UDP_HEADER

/** Only one datagram at a time is put together. */
const scratch = new Uint8Array(MAX_TRANSPORT)

/** What is wrong with the UDP header of a packet. A datagram without a checksum is taken: IPv4 allows it. */
export function problemOfDatagram({ bytes, at, length, source, destination }: Packet): DropReason | undefined {
  if (length < UDP_HEADER) return 'shorter than its headers'
  const stated = u16(bytes, at + 4)
  if (stated < UDP_HEADER || stated > length || u16(bytes, at) === 0 || u16(bytes, at + 2) === 0) return 'bad packet'
  if (u16(bytes, at + 6) === 0) return undefined
  const sum = fold(pseudoSum(source, destination, UDP) + swap(stated) + sumOf(bytes, at, stated))
  return sum === 0xffff ? undefined : 'bad checksum'
}

/** A view of what a datagram carries, of which `problemOfDatagram` has found nothing wrong. */
export function payloadOf({ bytes, at }: Packet): Uint8Array {
  return bytes.subarray(at + UDP_HEADER, at + u16(bytes, at + 4))
}

export type UdpEnd = { readonly address: IpAddress; readonly port: number }

/** A datagram; one longer than any can be is lost. */
export function sendUdp(port: GuestPort, from: UdpEnd, to: UdpEnd, datagram: Uint8Array): void {
  if (datagram.length > MAX_DATAGRAM) {
    port.drop('longer than the MTU')
    return
  }
  const length = UDP_HEADER + datagram.length
  putU16(scratch, 0, from.port)
  putU16(scratch, 2, to.port)
  putU16(scratch, 4, length)
  putU16(scratch, 6, 0)
  scratch.set(datagram, UDP_HEADER)
  const sum = fold(pseudoSum(from.address, to.address, UDP) + swap(length) + sumOf(scratch, 0, length))
  putChecksum(scratch, 6, sum)
  // A checksum of 0 would say that there is none (RFC 768).
  if (scratch[6] === 0 && scratch[7] === 0) putU16(scratch, 6, 0xffff)
  sendPacket(port, from.address, to.address, UDP, scratch, length)
}
