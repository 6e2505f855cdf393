// The network of the guests: who has which address in it. Pure.

import { type Cidr, maskOf } from '../base/ipv4.ts'
import type { IpAddress } from './packets.ts'

/** The gateway has its first address, the host alias its last, leases lie between. At most a /16, at least a /29 (`parseSubnet`). */
export type Subnet = Cidr

export function gatewayOf(subnet: Subnet): IpAddress {
  return subnet.address + 1
}

/** What `host.slipway.internal` resolves to: the machine itself, as far as the policy lets a guest reach it. */
export function hostAliasOf(subnet: Subnet): IpAddress {
  return broadcastOf(subnet) - 1
}

export function broadcastOf(subnet: Subnet): IpAddress {
  return (subnet.address | ~maskOf(subnet.prefix)) >>> 0
}
