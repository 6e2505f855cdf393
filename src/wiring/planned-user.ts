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
  }

type Line = { readonly device: string; readonly line: UserLine; readonly facts: UserFacts }

/** By the names of their devices: all at once, since no two networks may overlap. Throws WiringError UNSUITED and CONFLICT. */
export function planUsers(
  wired: readonly WiredDevice[],
  resources: ReadonlyMap<string, ResourceFacts>,
): ReadonlyMap<string, PlannedUser> {
  const lines = wired.flatMap(({ device: { name }, wire }): Line[] => {
    if (wire.type !== 'net' || wire.carrier.kind !== 'user') return []
    return [{ device: name, line: wire.carrier, facts: factsOf(name, resources) as UserFacts }]
  })
  requireOwnCaptures(lines)
  const subnets = planSubnets(lines.map(({ device, line, facts }) => ({ device, subnet: line.subnet, facts })))
  return new Map(
    lines.map(({ device, line, facts: { socket } }, i) => {
      return [device, { ...line, ...(subnets[i] as PlannedSubnet), socket }]
    }),
  )
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
