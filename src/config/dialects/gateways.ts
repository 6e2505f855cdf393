// To which interface a default route belongs, for dialects that say it together with an address. Pure.

import type { Family, Interface, Net } from '../document.ts'
import { formatKey } from '../key.ts'
import { isOnLink } from './addresses.ts'
import type { Refuse } from './dialect.ts'

/** The static address of a family that an interface has first; undefined where it has none. */
export function staticAddress({ addrs }: Interface, family: Family): string | undefined {
  for (const address of addrs) if (address.type === family && address.method === 'static') return address.addr
  return undefined
}

export interface PlacedGateway {
  readonly addr: string
  readonly interface: string
  /** Of the address in whose network it lies. */
  readonly index: number
}

/** The gateway of a family, and the interface in whose network it lies. Refuses one that lies in none of them. */
export function placedGateway(net: Net, family: Family, refuse: Refuse): PlacedGateway | undefined {
  const at = net.gateways.findIndex(({ type }) => type === family)
  const gateway = net.gateways[at]
  if (gateway === undefined) return undefined
  for (const [name, { addrs }] of net.interfaces) {
    const index = addrs.findIndex(
      (address) => address.method === 'static' && isOnLink(family, address.addr, gateway.addr),
    )
    if (index >= 0) return { addr: gateway.addr, interface: name, index }
  }
  const key = formatKey(['net', 'gateways', at])
  return refuse(
    key,
    'lies in the network of no static address, with which it would be told',
    'DHCP brings a gateway of its own',
  )
}
