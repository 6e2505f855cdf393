// Plans for looking at: what a run would do, and nothing of it done.

import { formatIpv4 } from '../base/ipv4.ts'
import { VERSION } from '../base/version.ts'
import { reportSettings } from '../config/explain.ts'
import { conflictingLock } from '../host/locks.ts'
import { listenerAt } from '../host/unix-sockets.ts'
import { gatewayOf, hostAliasOf, type Subnet } from '../netstack/subnet.ts'
import { composeSpt, type LaunchOptions } from '../targets/spt/launcher.ts'
import { type PlanReport, type ReportedProcess, reportPlan } from '../targets/spt/report.ts'
import type { UserAddresses } from '../targets/spt/report-user.ts'
import type { PlannedDevice } from '../wiring/devices.ts'
import type { Plan } from '../wiring/plan.ts'
import { childOptions, needsParent, userNets } from './launch.ts'
import { type Caller, configure } from './configure.ts'
import { withBakedConfig } from './baked-config.ts'
import { type GuestOptions, listenerFor, prepare } from './prepare.ts'

/**
 * What `run` would do with an artefact and these options: devices, memory, what the guest would be told, its filter, and every step of its
 * launcher. Nothing is started, opened for writing or changed. Throws as `run` does before it starts anything.
 *
 * @example
 * ```ts
 * describePlan('guests/prebuilt/hello.spt').filter.rules.length // 7
 * ```
 */
export function describePlan(path: string, options: GuestOptions = {}, caller: Caller = 'program'): PlanReport {
  const { plan: secret, file, told, artefact } = prepare(path, withBakedConfig(path, options, caller))
  try {
    // The launcher that is looked at has references in the place of secrets.
    const plan = told === undefined ? secret : { ...secret, commandLine: told.shown }
    const asked = { ...options, commandLine: undefined, withoutBaked: true }
    const config = told?.config ?? configure({ caller }).effective(listenerFor(path, asked, file, artefact.baked))
    const launcher = composeSpt(plan, launchOptions(plan))
    const processes = new Map(plan.devices.flatMap((device) => processAt(device)))
    const addresses = new Map(userNets(plan).map(({ name, carrier }) => [name, addressesOf(carrier.subnet)]))
    return reportPlan(plan, launcher, file.source, {
      file: path,
      slipwayVersion: VERSION,
      processes,
      addresses,
      configuration: reportSettings(config),
    })
  } finally {
    file.close()
  }
}

/** As a run would choose: where it can become the guest, and as a child's where not. */
function launchOptions(plan: Plan): LaunchOptions {
  return needsParent(plan) ? childOptions(plan) : { image: { kind: 'path' } }
}

function addressesOf(subnet: Subnet): UserAddresses {
  return { gateway: formatIpv4(gatewayOf(subnet)), hostAddress: formatIpv4(hostAliasOf(subnet)) }
}

/** Who is at the other end of a device, or has locked what it is wired to. */
function processAt(device: PlannedDevice): [name: string, process: ReportedProcess][] {
  if (device.type === 'net') {
    const listener = device.carrier.kind === 'unix' ? listenerAt(device.carrier.path) : undefined
    return listener === undefined ? [] : [[device.name, listener]]
  }
  if (device.form === 'baked') return []
  const holder = device.share ? undefined : conflictingLock(device.identity, device.readOnly ? 'read' : 'write')
  return holder === undefined ? [] : [[device.name, { pid: holder.pid ?? null, name: holder.name ?? null }]]
}
