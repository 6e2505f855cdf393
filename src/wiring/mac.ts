// Ethernet addresses of guests: given by the operator, or derived so that an instance keeps its own from run to run. Pure.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'

/** Six bytes as lower-case hexadecimal: `02:00:5e:10:00:01`. Made by `parseMac` and `deriveMac` only. */
export type Mac = string & { readonly mac: unique symbol }

const PATTERN = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/

/**
 * An address for one station: not a group's, not all zeroes. Throws UsageError BAD_ARGUMENT; `what` says whose it is.
 *
 * @example
 * ```ts
 * parseMac('02:00:5E:10:00:01', '--net service') // '02:00:5e:10:00:01'
 * ```
 */
export function parseMac(text: string, what: string): Mac {
  const problem = problemOfMac(text)
  if (problem === undefined) return text.toLowerCase() as Mac
  throw new UsageError('BAD_ARGUMENT', `${what}: mac ${quote(text)} ${problem}`, 'write for example 02:00:00:00:00:01')
}

export function problemOfMac(text: string): string | undefined {
  const mac = text.toLowerCase()
  if (!PATTERN.test(mac)) return 'is not six pairs of hexadecimal digits with colons between them'
  if (mac === '00:00:00:00:00:00') return 'is all zeroes'
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 ? undefined : 'is the address of a group, not of one station'
}

/**
 * The address of a device that was given none: the same for the same instance and device, locally administered (the second
 * lowest bit of its first byte), so that it cannot be that of a real card. FNV-1a, 64 bits, of which 46 remain.
 *
 * @example
 * ```ts
 * deriveMac('web-1', 'service') // always the same
 * ```
 */
export function deriveMac(instance: string, device: string): Mac {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(`${instance}\0${device}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  // The upper 16 bits would be lost: folded in, so that every bit of the hash counts.
  const folded = BigInt.asUintN(48, hash ^ (hash >> 48n))
  const bytes = Array.from({ length: 6 }, (_, i) => Number((folded >> BigInt(8 * (5 - i))) & 0xffn))
  bytes[0] = ((bytes[0] as number) & 0xfc) | 0x02
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':') as Mac
}

export function macBytes(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16))
}
