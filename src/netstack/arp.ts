// ARP (RFC 826) at the gateway: reads what guests send, answers for the addresses that lead to us, and asks guests for theirs. Pure.

import { putU16, putU32, u16, u32 } from './bytes.ts'
import {
  ETHERNET_HEADER,
  EVERYBODY,
  GATEWAY_HARDWARE,
  type Hardware,
  hardwareAt,
  putEthernet,
  putHardware,
  TYPE_ARP,
  TYPE_IPV4,
} from './ethernet.ts'
import type { IpAddress } from './packets.ts'
import type { GuestPort } from './port.ts'

const ARP_LENGTH = 28
const ETHERNET = 1
const REQUEST = 1
const REPLY = 2
const NOBODY: Hardware = { high: 0, low: 0 }

export type ArpPacket = {
  readonly operation: 'request' | 'reply'
  readonly senderHardware: Hardware
  readonly sender: IpAddress
  readonly target: IpAddress
}

/** What `length` bytes of a frame's payload say; undefined where they are no ARP packet for IPv4 over Ethernet. */
export function readArp(bytes: Uint8Array, at: number, length: number): ArpPacket | undefined {
  if (length < ARP_LENGTH) return undefined
  if (u16(bytes, at) !== ETHERNET || u16(bytes, at + 2) !== TYPE_IPV4 || u16(bytes, at + 4) !== 0x0604) return undefined
  const operation = u16(bytes, at + 6)
  if (operation !== REQUEST && operation !== REPLY) return undefined
  return {
    operation: operation === REQUEST ? 'request' : 'reply',
    senderHardware: hardwareAt(bytes, at + 8),
    sender: u32(bytes, at + 14),
    target: u32(bytes, at + 24),
  }
}

/** Says that `address` is at the gateway. */
export function replyArp(port: GuestPort, address: IpAddress, to: IpAddress): void {
  sendArp(port, port.hardware, REPLY, address, port.hardware, to)
}

/** Asks the guest whether it has `address`. */
export function requestArp(port: GuestPort, address: IpAddress, from: IpAddress): void {
  sendArp(port, EVERYBODY, REQUEST, from, NOBODY, address)
}

function sendArp(
  port: GuestPort,
  frameTo: Hardware,
  operation: number,
  sender: IpAddress,
  targetHardware: Hardware,
  target: IpAddress,
): void {
  const bytes = port.reserve(ETHERNET_HEADER + ARP_LENGTH)
  if (bytes === undefined) {
    port.drop('queue full')
    return
  }
  putEthernet(bytes, frameTo, GATEWAY_HARDWARE, TYPE_ARP)
  const at = ETHERNET_HEADER
  putU16(bytes, at, ETHERNET)
  putU16(bytes, at + 2, TYPE_IPV4)
  putU16(bytes, at + 4, 0x0604) // lengths of the addresses
  putU16(bytes, at + 6, operation)
  putHardware(bytes, at + 8, GATEWAY_HARDWARE)
  putU32(bytes, at + 14, sender)
  putHardware(bytes, at + 18, targetHardware)
  putU32(bytes, at + 24, target)
  port.commit(ETHERNET_HEADER + ARP_LENGTH)
}
