// The networks of a guest whose devices are wired to `user`: opened before it starts, closed behind it.

import { UsageError } from '../base/errors.ts'
import { formatCidr } from '../base/ipv4.ts'
import { quote } from '../base/quote.ts'
import { isSameFile } from '../host/files.ts'
import type { Plan } from '../wiring/plan.ts'
import { describeListener } from '../wiring/publish.ts'
import type { PublishedPort, Service } from './instance.ts'
import { type UserNet, userNets } from './launch.ts'
import { openNetwork } from './network.ts'
import type { NetworkPort, UserNetwork } from './user-network.ts'

export type GuestNetworks = Service & {
  /** The guest's ends, in the order of its devices. */
  readonly descriptors: readonly number[]
  /** The guest has inherited them. */
  readonly release: () => void
}

type NetworkSetting = {
  /** What devices join, instead of a network of their own. */
  readonly network?: UserNetwork | undefined
  readonly log?: ((line: string) => void) | undefined
}

/**
 * A network for each device, or a port of the one that is given, and every published port. Throws HostError, with nothing left open: IN_USE
 * for a port of the machine that is taken.
 */
export async function openGuestNetworks(plan: Plan, { network, log }: NetworkSetting): Promise<GuestNetworks> {
  const nets = userNets(plan)
  for (const net of nets) requireOtherFile(net, plan)
  const own: UserNetwork[] = []
  const ports: NetworkPort[] = []
  const published: PublishedPort[] = []
  let closing = false
  const close = async (): Promise<void> => {
    closing = true
    for (const port of ports) await port.close()
    for (const each of own) await each.close()
  }
  try {
    for (const net of nets) {
      const joined = network ?? (await openNetwork({ subnet: formatCidr(net.carrier.subnet), log }))
      if (network === undefined) own.push(joined)
      const port = await connect(joined, net)
      ports.push(port)
      published.push(...(await publishAll(port, net, log)))
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    descriptors: ports.map(({ descriptor }) => descriptor),
    published,
    endWithout: (end) => {
      for (const port of ports) {
        // Of a pair of sockets its watcher sees the end, and says so.
        if (port.kind === 'udp') void endAfter(port, () => (closing ? undefined : end()))
      }
    },
    release: () => ports.forEach((port) => port.release()),
    close,
  }
}

async function endAfter({ ended }: NetworkPort, end: () => void): Promise<void> {
  await ended
  end()
}

async function connect(network: UserNetwork, { mac, mtu, carrier }: UserNet): Promise<NetworkPort> {
  const { guestName: name, allowHostLoopback, allow, internet, host, pcap, rate, delay, loss } = carrier
  const policy = { allowHostLoopback, allow, internet, host }
  return await network.connect({ name, mac, mtu, policy, pcap, rate, delay, loss })
}

async function publishAll(
  port: NetworkPort,
  { name, carrier }: UserNet,
  log: NetworkSetting['log'],
): Promise<readonly PublishedPort[]> {
  const published: PublishedPort[] = []
  for (const { address, hostPort, guestPort, protocol } of carrier.publish) {
    const found = await port.publish({ address, hostPort, guestPort, protocol })
    const where = { device: name, protocol, address, hostPort: found.hostPort, guestPort }
    published.push(where)
    if (hostPort === 0) log?.(`port ${guestPort} of ${quote(name)} is published at ${describeListener(where)}`)
  }
  return published
}

/** Frames are not written over what the guest is made of, or uses. */
function requireOtherFile({ name, carrier: { pcap } }: UserNet, { artefact, devices }: Plan): void {
  if (pcap === undefined) return
  const refuse = (what: string): never => {
    const problem = `net device ${quote(name)}: its frames would be written over ${what}, ${quote(pcap)}`
    throw new UsageError('BAD_ARGUMENT', problem, 'give pcap= a file of its own')
  }
  if (isSameFile(pcap, artefact.identity)) refuse('the artefact')
  for (const device of devices) {
    if (device.type !== 'block' || device.form === 'baked') continue
    if (isSameFile(pcap, device.identity)) refuse(`what ${quote(device.name)} is wired to`)
  }
}
