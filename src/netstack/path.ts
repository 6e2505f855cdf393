// Packets of TCP to a guest, written in place: all packets of a connection share one header, and each needs its length and two checksums. Pure.

import { putU16, putU32 } from './bytes.ts'
import { fold, pseudoSum, putChecksum, sumOf, swap } from './checksum.ts'
import { ETHERNET_HEADER, GATEWAY_HARDWARE, type Hardware, putEthernet, TYPE_IPV4 } from './ethernet.ts'
import { DONT_FRAGMENT, IP_HEADER, TCP } from './packet.ts'
import type { IpAddress, PacketPath, PacketRoom } from './packets.ts'

export const HEADERS = ETHERNET_HEADER + IP_HEADER
export const TTL = 64 // as RFC 1700 recommends; nothing routes between us and a guest
const IP = ETHERNET_HEADER

/** The part of a guest's port that packets go out by. */
export interface FrameWay {
  readonly hardware: Hardware
  readonly mtu: number
  /** Room for a frame of exactly `length` bytes; undefined where the queue is full. */
  reserve(length: number): Uint8Array | undefined
  commit(length: number): void
}

/** Ethernet and IPv4 of a packet from the gateway's side, complete but for what depends on its length. */
export function putHeaders(bytes: Uint8Array, way: FrameWay, source: IpAddress, to: IpAddress, protocol: number): void {
  putEthernet(bytes, way.hardware, GATEWAY_HARDWARE, TYPE_IPV4)
  putU16(bytes, IP, 0x4500)
  putU16(bytes, IP + 2, 0) // total length
  putU16(bytes, IP + 4, 0) // identification: only fragments need one (RFC 6864)
  putU16(bytes, IP + 6, DONT_FRAGMENT)
  bytes[IP + 8] = TTL
  bytes[IP + 9] = protocol
  putU16(bytes, IP + 10, 0) // checksum
  putU32(bytes, IP + 12, source)
  putU32(bytes, IP + 16, to)
}

export class TcpPath implements PacketPath {
  readonly maxTransport: number
  readonly #way: FrameWay
  readonly #headers = new Uint8Array(HEADERS)
  readonly #headerSum: number
  readonly #pseudoSum: number
  /** The same object for each packet: it is only there until `commit`. */
  readonly #room: { bytes: Uint8Array; at: number } = { bytes: this.#headers, at: HEADERS }
  #length = 0

  constructor(way: FrameWay, source: IpAddress, address: IpAddress) {
    this.#way = way
    this.maxTransport = way.mtu - IP_HEADER
    putHeaders(this.#headers, way, source, address, TCP)
    this.#headerSum = sumOf(this.#headers, IP, IP_HEADER)
    this.#pseudoSum = pseudoSum(source, address, TCP)
  }

  reserve(length: number): PacketRoom | undefined {
    const bytes = this.#way.reserve(HEADERS + length)
    if (bytes === undefined) return undefined
    this.#length = length
    this.#room.bytes = bytes
    return this.#room
  }

  commit(checksumAt: number): void {
    const { bytes } = this.#room
    const length = this.#length
    const total = IP_HEADER + length
    putChecksum(bytes, HEADERS + checksumAt, fold(this.#pseudoSum + swap(length) + sumOf(bytes, HEADERS, length)))
    bytes.set(this.#headers, 0)
    putU16(bytes, IP + 2, total)
    putChecksum(bytes, IP + 10, fold(this.#headerSum + swap(total)))
    this.#way.commit(HEADERS + length)
  }
}
