// Opens a network of guests in this process. What it is to whoever holds it says user-network.ts; what it does is done in a thread of its own
// (host/network/).

import { type Cidr, formatCidr, formatIpv4, parseSubnet } from '../base/ipv4.ts'
import { borrowThread, returnThread } from '../host/network/thread.ts'
import { userCarrier } from '../host/network/user-carrier.ts'
import { readRoutes } from '../host/routes.ts'
import { writeError } from '../host/streams.ts'
import { gatewayOf } from '../netstack/subnet.ts'
import { planSubnets } from '../wiring/subnets.ts'
import { OpenedNetwork } from './opened-network.ts'
import type { NetworkOptions, UserNetwork } from './user-network.ts'

/**
 * A network that guests of this process share. The process must not end before they do: they are ended with it.
 *
 * Throws UsageError for what is wrong with the options, WiringError where no subnet is free, and HostError for what the machine refuses.
 *
 * @example
 * ```ts
 * const network = await openNetwork({ subnet: '10.7.0.0/24' })
 * const { gateway } = network // 10.7.0.1
 * await network.close()
 * ```
 */
export async function openNetwork(options: NetworkOptions = {}): Promise<UserNetwork> {
  const subnet = subnetOf(options)
  const log = options.log ?? ((line: string): void => writeError(`slipway: ${line}\n`))
  const thread = borrowThread()
  const network = new OpenedNetwork(thread, thread.newId(), subnet, log)
  try {
    await network.open()
  } catch (error) {
    await returnThread(thread)
    throw error
  }
  return {
    subnet: formatCidr(subnet),
    gateway: formatIpv4(gatewayOf(subnet)),
    ended: network.ended,
    connect: async (port) => await network.connect(port),
    stats: async () => await network.stats(),
    close: async () => await network.close(),
  }
}

function subnetOf({ subnet }: NetworkOptions): Cidr {
  if (subnet !== undefined) return parseSubnet(subnet, 'subnet')
  const { kind: socket, maxMtu } = userCarrier()
  const facts = { kind: 'user', socket, maxMtu, routes: readRoutes(), joins: undefined } as const
  const [planned] = planSubnets([{ device: 'user', subnet: undefined, facts }])
  return (planned as { readonly subnet: Cidr }).subnet
}
