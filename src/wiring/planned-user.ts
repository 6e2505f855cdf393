// Net devices on networks of Slipway's own, as they will be: the operator's options, and a subnet for each. Pure.

import { WiringError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { factsOf, type ResourceFacts, type UserFacts } from './facts.ts'
import { type PlannedSubnet, planSubnets } from './subnets.ts'
import type { UserLine } from './user-line.ts'
import type { WiredDevice } from './wire.ts'

/** On a network of Slipway's own, with its effective options. */
export type PlannedUser = Omit<UserLine, 'subnet'> &
  PlannedSubnet & {
    /** Which kind of descriptor the guest inherits for it. */
    readonly socket: UserFacts['socket']
    /** What other guests of the network find it by: a label of a domain name. */
    readonly guestName: string
  }

type Line = { readonly device: string; readonly line: UserLine; readonly facts: UserFacts }

/**
 * By the names of their devices: all at once, since no two networks may overlap. `instance` is what people call the guest. Throws WiringError
 * UNSUITED and CONFLICT.
 */
export function planUsers(
  wired: readonly WiredDevice[],
  resources: ReadonlyMap<string, ResourceFacts>,
  instance: string,
): ReadonlyMap<string, PlannedUser> {
  const lines = wired.flatMap(({ device: { name }, wire }): Line[] => {
    if (wire.type !== 'net' || wire.carrier.kind !== 'user') return []
    return [{ device: name, line: wire.carrier, facts: factsOf(name, resources) as UserFacts }]
  })
  requireOwnCaptures(lines)
  const subnets = planSubnets(lines.map(({ device, line, facts }) => ({ device, subnet: line.subnet, facts })))
  return new Map(
    lines.map(({ device, line, facts: { socket, joins } }, i) => {
      // Of two devices on the network that both join, only one can have the guest's own name.
      const guestName = labelFrom(joins === undefined || i === 0 ? instance : `${device}-${instance}`)
      return [device, { ...line, ...(subnets[i] as PlannedSubnet), socket, guestName }]
    }),
  )
}

const LONGEST_LABEL = 63 // RFC 1035, 2.3.4

/** Letters, digits and hyphens, of which none at either end (RFC 1123, 2.1). */
function labelFrom(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_LABEL)
  return label.replaceAll(/^-|-$/g, '') || 'guest'
}

/** Two writers would leave a file that is neither's. */
function requireOwnCaptures(lines: readonly Line[]): void {
  const files = new Map<string, string>()
  for (const { device, line } of lines) {
    if (line.pcap === undefined) continue
    const other = files.get(line.pcap)
    files.set(line.pcap, device)
    if (other === undefined) continue
    const problem = `the frames of ${quote(other)} and ${quote(device)} would be written to one file, ${quote(line.pcap)}`
    throw new WiringError('CONFLICT', problem, 'give each a pcap= of its own')
  }
}
