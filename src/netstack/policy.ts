// Which addresses of the world a guest may reach, and under which address the machine reaches them. The operator's word, per device. Pure.

import { type Cidr, contains, formatIpv4, parseCidr, parseIpv4 } from '../base/ipv4.ts'
import type { IpAddress } from './packets.ts'

export type Policy = {
  /** 127.0.0.0/8 and ::1 of the machine, and through the name host.slipway.internal what listens there alone. */
  readonly allowHostLoopback: boolean
  /** Opens what is refused by default: link-local and metadata addresses, the machine's own, and with `no-internet` any other. */
  readonly allow: readonly Cidr[]
  /** Addresses outside of the network at all. */
  readonly internet: boolean
  /** The machine itself, by the name host.slipway.internal. */
  readonly host: boolean
}

export const DEFAULT_POLICY: Policy = { allowHostLoopback: false, allow: [], internet: true, host: true }

/** Each has its flag that opens it, but for `no station`: nobody can be there. */
export type Refusal = 'no station' | 'loopback' | 'link-local' | 'metadata' | 'own address' | 'no-host' | 'no-internet'

export type Decision =
  /** As the platform's own functions take it. */
  { readonly kind: 'connect'; readonly address: string } | { readonly kind: 'refused'; readonly why: Refusal }

export type Surroundings = {
  /** What host.slipway.internal resolves to. */
  readonly host: IpAddress
  /** The machine's own addresses, the one that faces outward first, and networks of which every address is its own. */
  readonly own: readonly string[]
}

const range = (text: string, prefix: number): Cidr => ({ address: parseIpv4(text) as number, prefix })

/** Where no connection can lead, whatever the operator says: Linux takes 0.0.0.0 for itself, the rest is of groups or reserved. */
const NO_STATION: readonly Cidr[] = [range('0.0.0.0', 8), range('224.0.0.0', 4), range('240.0.0.0', 4)]
const LOOPBACK = range('127.0.0.0', 8)
const LINK_LOCAL = range('169.254.0.0', 16)
/** Services of clouds that hand out a machine's credentials, where they are not link-local: Azure, Alibaba, Oracle. */
const METADATA: readonly Cidr[] = [range('168.63.129.16', 32), range('100.100.100.200', 32), range('192.0.0.192', 32)]

/**
 * Where a guest's packet to `destination`, outside of its own network, may go.
 *
 * @example
 * ```ts
 * decide(0x7f000001, { host: 0x0a0000fe, own: [] }, DEFAULT_POLICY) // { kind: 'refused', why: 'loopback' }
 * ```
 */
export function decide(destination: IpAddress, around: Surroundings, policy: Policy): Decision {
  if (destination === around.host) return decideHost(around.own, policy)
  const address = formatIpv4(destination)
  if (NO_STATION.some((network) => contains(network, destination))) return { kind: 'refused', why: 'no station' }
  if (policy.allow.some((network) => contains(network, destination))) return { kind: 'connect', address }
  const why = refusalOf(destination, address, around.own, policy)
  return why === undefined ? { kind: 'connect', address } : { kind: 'refused', why }
}

function refusalOf(
  destination: IpAddress,
  address: string,
  own: readonly string[],
  policy: Policy,
): Refusal | undefined {
  if (contains(LOOPBACK, destination)) return policy.allowHostLoopback ? undefined : 'loopback'
  if (contains(LINK_LOCAL, destination)) return 'link-local'
  if (METADATA.some((network) => contains(network, destination))) return 'metadata'
  if (own.some((text) => text === address || isWithin(destination, text))) return 'own address'
  return policy.internet ? undefined : 'no-internet'
}

function isWithin(address: IpAddress, text: string): boolean {
  return isNetwork(text) && contains(parseCidr(text, 'own'), address)
}

function isNetwork(text: string): boolean {
  return text.includes('/')
}

/** What listens on all addresses, or on the one that faces outward; with the loopback allowed, what listens on all or there. */
function decideHost(own: readonly string[], policy: Policy): Decision {
  if (!policy.host) return { kind: 'refused', why: 'no-host' }
  if (policy.allowHostLoopback) return { kind: 'connect', address: '127.0.0.1' }
  const address = own.find((text) => parseIpv4(text) !== undefined) ?? own.find((text) => !isNetwork(text))
  // A machine without a network has no address but its loopback.
  return address === undefined ? { kind: 'refused', why: 'loopback' } : { kind: 'connect', address }
}

/** What the operator reads about a refusal: why, and the option that would open it. */
export function describeRefusal(destination: IpAddress, why: Refusal): string {
  const address = formatIpv4(destination)
  switch (why) {
    case 'no station':
      return `${address} is no address that anybody can have`
    case 'loopback':
      return `${address} leads to what listens on this machine's loopback alone: ,allow-host-loopback opens that`
    case 'link-local':
      return `${address} is link-local, as metadata services are: ,allow=${address} opens it`
    case 'metadata':
      return `${address} is a cloud's metadata service: ,allow=${address} opens it`
    case 'own address':
      return `${address} is this machine's own: host.slipway.internal leads to it, ,allow=${address} opens it by number`
    case 'no-host':
      return `${address} leads to this machine, and no-host is set`
    case 'no-internet':
      return `${address} is outside, and no-internet is set: ,allow=${address} opens it`
  }
}
