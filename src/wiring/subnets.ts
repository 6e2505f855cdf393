// A subnet for each net device that is on a network of Slipway's own: the one that was asked for, else one that nothing else of the machine has. Pure.

import { WiringError } from '../base/errors.ts'
import { type Cidr, formatCidr, overlap } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import type { UserFacts } from './facts.ts'

export type PlannedSubnet = {
  readonly subnet: Cidr
  /** Who has chosen it: the operator, Slipway, or whoever has opened the network that the guest joins. */
  readonly chosenBy: 'wire' | 'slipway' | 'network'
  /** A route of the machine that guests cannot use, since their own network lies over it. */
  readonly hides: Cidr | undefined
}

export type SubnetWish = { readonly device: string; readonly subnet: Cidr | undefined; readonly facts: UserFacts }

/** Wider ones are what a tunnel makes to take all that there is, not a network: nothing would be free beside them. */
const WIDEST_ROUTE = 8
const CANDIDATE = 24 // bits of prefix: 252 guests
/** Where they come from, first to last address: 10.0.2.0/24 is what QEMU and slirp4netns take, and people know. */
const POOLS: readonly (readonly [from: number, to: number])[] = [
  [0x0a000200, 0x0affffff], // 10.0.2.0 and on
  [0xac100000, 0xac1fffff], // 172.16.0.0/12
  [0xc0a80000, 0xc0a8ffff], // 192.168.0.0/16
  [0xc6120000, 0xc613ffff], // for benchmarks of network devices (RFC 2544), so that nobody else has it
]

/**
 * In the order of the wishes. Throws WiringError CONFLICT for two that overlap, UNSUITED where the network that is joined has another one, or
 * where nothing is free.
 */
export function planSubnets(wishes: readonly SubnetWish[]): readonly PlannedSubnet[] {
  const given = wishes.flatMap(({ subnet }) => (subnet === undefined ? [] : [subnet]))
  const taken: { readonly device: string; readonly subnet: Cidr }[] = []
  return wishes.map((wish) => {
    const planned = planSubnet(
      wish,
      given,
      taken.map(({ subnet }) => subnet),
    )
    // Devices that join a network are on the same one, and that is what is wanted.
    const other =
      planned.chosenBy === 'network' ? undefined : taken.find(({ subnet }) => overlap(subnet, planned.subnet))
    if (other !== undefined) throw overlapOf(wish.device, planned.subnet, other)
    taken.push({ device: wish.device, subnet: planned.subnet })
    return planned
  })
}

function planSubnet(
  { device, subnet, facts }: SubnetWish,
  given: readonly Cidr[],
  taken: readonly Cidr[],
): PlannedSubnet {
  const { routes, joins } = facts
  if (joins !== undefined) {
    if (subnet === undefined) return { subnet: joins, chosenBy: 'network', hides: undefined }
    const problem = `net device ${quote(device)}: it joins a network with the subnet ${formatCidr(joins)}`
    throw new WiringError('UNSUITED', problem, 'leave subnet= out, or give it to openNetwork()')
  }
  if (subnet !== undefined) {
    return {
      subnet,
      chosenBy: 'wire',
      hides: routes.find((route) => route.prefix >= WIDEST_ROUTE && overlap(route, subnet)),
    }
  }
  const inUse = [...routes.filter(({ prefix }) => prefix >= WIDEST_ROUTE), ...given, ...taken]
  const free = firstFree(inUse)
  if (free !== undefined) return { subnet: free, chosenBy: 'slipway', hides: undefined }
  const problem = `net device ${quote(device)}: this machine has routes to every network that guests could have`
  throw new WiringError('UNSUITED', problem, `choose one that it can do without: --net ${device}=user,subnet=…`)
}

function firstFree(inUse: readonly Cidr[]): Cidr | undefined {
  for (const [from, to] of POOLS) {
    for (let address = from; address < to; ) {
      const candidate = { address, prefix: CANDIDATE }
      const obstacle = inUse.find((network) => overlap(network, candidate))
      if (obstacle === undefined) return candidate
      // Over the whole of it at once: a /8 has 65536 candidates.
      address = Math.max(address + 256, obstacle.address + 2 ** (32 - obstacle.prefix))
    }
  }
  return undefined
}

function overlapOf(
  device: string,
  subnet: Cidr,
  other: { readonly device: string; readonly subnet: Cidr },
): WiringError {
  const problem = `the devices ${quote(other.device)} and ${quote(device)} have networks that overlap, ${formatCidr(other.subnet)} and ${formatCidr(subnet)}`
  return new WiringError('CONFLICT', problem, 'give each a subnet= of its own, or leave it out')
}
