// How a plan's launcher is started: in place of this process, or as its child with everything it inherits.

import { ARTEFACT_DESCRIPTOR, FIRST_INHERITED, STATUS_DESCRIPTOR } from '../host/child.ts'
import type { LaunchOptions } from '../targets/spt/launcher.ts'
import type { PlannedNet } from '../wiring/devices.ts'
import type { PlannedUser } from '../wiring/planned-user.ts'
import type { Plan } from '../wiring/plan.ts'

export type UserNet = PlannedNet & { readonly carrier: PlannedUser }

/** Whether something has to stay beside the guest, or the artefact has no name to open it by. */
export function needsParent(plan: Plan): boolean {
  return plan.artefact.path === undefined || userNets(plan).length > 0
}

/** Those on networks of Slipway's own. */
export function userNets({ devices }: Plan): readonly UserNet[] {
  return devices.filter((device): device is UserNet => device.type === 'net' && device.carrier.kind === 'user')
}

/** The descriptors of this process that net devices of the guest are, as the operator has named them. */
export function namedDescriptors({ devices }: Plan): readonly number[] {
  return devices.flatMap((device) =>
    device.type === 'net' && device.carrier.kind === 'descriptor' ? [device.carrier.descriptor] : [],
  )
}

/** Of a child that inherits the named descriptors first, then a port for each device on a network of ours. */
export function childOptions(plan: Plan): LaunchOptions {
  const named = namedDescriptors(plan)
  const firstPort = FIRST_INHERITED + named.length
  return {
    image: { kind: 'descriptor', descriptor: ARTEFACT_DESCRIPTOR },
    status: STATUS_DESCRIPTOR,
    parent: process.pid,
    inherited: new Map(named.map((descriptor, i) => [descriptor, FIRST_INHERITED + i])),
    ports: new Map(userNets(plan).map(({ name }, i) => [name, firstPort + i])),
  }
}
