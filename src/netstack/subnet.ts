// IPv4 networks as numbers. Pure.

import type { IpAddress } from './packets.ts'

export type Cidr = { readonly address: IpAddress; readonly prefix: number }

/** The network of the guests: the gateway has its first address, leases follow. At most a /16, at least a /29. */
export type Subnet = Cidr
