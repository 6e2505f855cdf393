// Ethernet as the switch and the gateway use it: headers, and addresses as two numbers that are compared without a copy. Pure.

import { putU16, putU32, u16, u32 } from './bytes.ts'

export const ETHERNET_HEADER = 14 // destination, source, type
export const TYPE_AT = 12
export const TYPE_IPV4 = 0x0800
export const TYPE_ARP = 0x0806

/** A hardware address: its first 16 bits and its last 32, unsigned. */
export type Hardware = { readonly high: number; readonly low: number }

/** Of the gateway. Locally administered, so that no card and no other network has it; the letters are "Slip". */
export const GATEWAY_HARDWARE: Hardware = { high: 0x0200, low: 0x536c6970 }
export const EVERYBODY: Hardware = { high: 0xffff, low: 0xffffffff }

export function hardwareAt(bytes: Uint8Array, at: number): Hardware {
  return { high: u16(bytes, at), low: u32(bytes, at + 2) }
}

export function isHardware(bytes: Uint8Array, at: number, { high, low }: Hardware): boolean {
  return u32(bytes, at + 2) === low && u16(bytes, at) === high
}

/** Of several stations: a multicast or the broadcast address. */
export function isGroup(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] as number) & 1) !== 0
}

export function putHardware(bytes: Uint8Array, at: number, { high, low }: Hardware): void {
  putU16(bytes, at, high)
  putU32(bytes, at + 2, low)
}

export function putEthernet(bytes: Uint8Array, to: Hardware, from: Hardware, type: number): void {
  putHardware(bytes, 0, to)
  putHardware(bytes, 6, from)
  putU16(bytes, TYPE_AT, type)
}

export function formatHardware({ high, low }: Hardware): string {
  const digits = high.toString(16).padStart(4, '0') + low.toString(16).padStart(8, '0')
  return digits.replaceAll(/..(?!$)/g, '$&:')
}
