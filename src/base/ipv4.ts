// IPv4 addresses and networks as text and as the 32 bits that they are. Pure.

import { UsageError } from './errors.ts'
import { quote } from './quote.ts'

/** A network: its first address, unsigned, and how many leading bits all of its addresses share. The bits behind those are 0. */
export type Cidr = { readonly address: number; readonly prefix: number }

const PART = /^(?:0|[1-9][0-9]{0,2})$/

/**
 * The 32 bits of an address, unsigned; undefined for any other spelling. Four decimal numbers, and no leading zeroes: they are octal to some.
 *
 * @example
 * ```ts
 * parseIpv4('10.0.0.2') // 0x0a000002
 * ```
 */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4) return undefined
  let address = 0
  for (const part of parts) {
    const value = PART.test(part) ? Number(part) : 256
    if (value > 255) return undefined
    address = address * 256 + value
  }
  return address
}

export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/**
 * `10.0.0.0/8`, or one address. Throws UsageError BAD_ARGUMENT naming `what`, also for a network with bits behind its prefix: who writes
 * 10.1.2.3/8 may have meant one address.
 *
 * @example
 * ```ts
 * parseCidr('192.168.0.0/16', 'allow') // { address: 0xc0a80000, prefix: 16 }
 * ```
 */
export function parseCidr(text: string, what: string): Cidr {
  const [address, prefix] = splitCidr(text)
  if (address === undefined || prefix === undefined) {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${what} ${quote(text)} is no IPv4 network`,
      'write for example 192.168.1.0/24',
    )
  }
  const network = { address: (address & maskOf(prefix)) >>> 0, prefix }
  if (network.address === address) return network
  const problem = `${what} ${quote(text)} has bits behind its prefix`
  throw new UsageError(
    'BAD_ARGUMENT',
    problem,
    `write ${formatCidr(network)}, or ${formatIpv4(address)} for one address`,
  )
}

function splitCidr(text: string): [address: number | undefined, prefix: number | undefined] {
  const slash = text.indexOf('/')
  if (slash < 0) return [parseIpv4(text), 32]
  const digits = text.slice(slash + 1)
  const prefix = PART.test(digits) && Number(digits) <= 32 ? Number(digits) : undefined
  return [parseIpv4(text.slice(0, slash)), prefix]
}

export function formatCidr({ address, prefix }: Cidr): string {
  return `${formatIpv4(address)}/${prefix}`
}

/** The bits that all addresses of a network share, as a number to combine with `&`. */
export function maskOf(prefix: number): number {
  // A shift by 32 is one by 0 in this language.
  return prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0
}

export function contains(network: Cidr, address: number): boolean {
  return ((network.address ^ address) & maskOf(network.prefix)) === 0
}

/** Whether there is an address in both. */
export function overlap(a: Cidr, b: Cidr): boolean {
  return contains(a.prefix < b.prefix ? a : b, a.prefix < b.prefix ? b.address : a.address)
}

/** What no network of guests may lie in: addresses that mean something else to every system. */
const RESERVED: readonly Cidr[] = [
  { address: 0x00000000, prefix: 8 }, // this network
  { address: 0x7f000000, prefix: 8 }, // loopback
  { address: 0xa9fe0000, prefix: 16 }, // link-local
  { address: 0xe0000000, prefix: 3 }, // multicast, reserved, broadcast
]
const LARGEST = 16 // a lease for each of 65 000 guests
const SMALLEST = 29 // gateway, host, and four guests

/**
 * A network for guests, from a /29 to a /16. Throws UsageError BAD_ARGUMENT naming `what`.
 *
 * @example
 * ```ts
 * parseSubnet('10.1.0.0/24', 'subnet') // { address: 0x0a010000, prefix: 24 }
 * ```
 */
export function parseSubnet(text: string, what: string): Cidr {
  const subnet = parseCidr(text, what)
  if (subnet.prefix < LARGEST || subnet.prefix > SMALLEST) {
    const problem = `${what} ${quote(text)} is not between a /${SMALLEST} and a /${LARGEST}`
    throw new UsageError('BAD_ARGUMENT', problem, 'write for example 10.0.0.0/24')
  }
  if (!isSubnet(subnet)) {
    const problem = `${what} ${quote(text)} is no network that hosts can have addresses in`
    throw new UsageError('BAD_ARGUMENT', problem, 'write for example 10.0.0.0/24')
  }
  return subnet
}

/** What `parseSubnet` takes, for one that nobody has parsed. */
export function isSubnet(network: Cidr): boolean {
  const { prefix } = network
  return prefix >= LARGEST && prefix <= SMALLEST && !RESERVED.some((reserved) => overlap(reserved, network))
}
