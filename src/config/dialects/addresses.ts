// Addresses in the documents of others. Pure.

import { formatIpv4, maskOf, parseIpv4 } from '../../base/ipv4.ts'
import { parseIpv6 } from '../../base/ipv6.ts'
import type { Family } from '../document.ts'

/** Bits of an address. */
export const BITS: Readonly<Record<Family, number>> = { inet: 32, inet6: 128 }

export const FAMILY_NAMES: Readonly<Record<Family, string>> = { inet: 'IPv4', inet6: 'IPv6' }

export function isAddress(family: Family, text: string): boolean {
  return (family === 'inet' ? parseIpv4(text) : parseIpv6(text)) !== undefined
}

/** `10.0.0.2/24` taken apart; undefined for anything else. */
export function splitAddress(family: Family, text: string): { address: string; prefix: number } | undefined {
  const [, address = '', digits = ''] = /^([^/]*)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? []
  const prefix = Number(digits)
  return isAddress(family, address) && prefix <= BITS[family] ? { address, prefix } : undefined
}

/** `255.255.255.0` for 24. */
export function dottedMask(prefix: number): string {
  return formatIpv4(maskOf(prefix))
}

/** How many leading bits a mask has; undefined where they are not all in front. */
export function prefixOfMask(mask: string): number | undefined {
  const bits = parseIpv4(mask)
  if (bits === undefined) return undefined
  const prefix = 32 - Math.log2((~bits >>> 0) + 1)
  return Number.isInteger(prefix) ? prefix : undefined
}

/** Whether the second address lies in the network of the first, which is spelt with its prefix. */
export function isOnLink(family: Family, network: string, address: string): boolean {
  const split = splitAddress(family, network)
  const [own, other] = [split && groupsOf(family, split.address), groupsOf(family, address)]
  if (split === undefined || own === undefined || other === undefined) return false
  const size = BITS[family] / own.length
  return own.every((group, i) => {
    const bits = Math.min(Math.max(split.prefix - i * size, 0), size)
    return (group ^ (other[i] as number)) >>> 0 < 2 ** (size - bits)
  })
}

/** One group of 32 bits, or eight of 16. */
function groupsOf(family: Family, address: string): readonly number[] | undefined {
  if (family === 'inet6') return parseIpv6(address)
  const bits = parseIpv4(address)
  return bits === undefined ? undefined : [bits]
}
