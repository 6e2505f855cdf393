// Plans for looking at: what a run would do, and nothing of it done.

import { VERSION } from '../base/version.ts'
import { ARTEFACT_DESCRIPTOR, STATUS_DESCRIPTOR } from '../host/child.ts'
import { conflictingLock } from '../host/locks.ts'
import { listenerAt } from '../host/unix-sockets.ts'
import { composeSpt, type LaunchOptions } from '../targets/spt/launcher.ts'
import { type PlanReport, type ReportedProcess, reportPlan } from '../targets/spt/report.ts'
import type { PlannedDevice } from '../wiring/devices.ts'
import type { Plan } from '../wiring/plan.ts'
import { type GuestOptions, prepare } from './prepare.ts'

/**
 * What `run` would do with an artefact and these options: devices, memory, what the guest would be told, its filter, and every step of its
 * launcher. Nothing is started, opened for writing or changed. Throws as `run` does before it starts anything.
 *
 * @example
 * ```ts
 * describePlan('guests/prebuilt/hello.spt').filter.rules.length // 7
 * ```
 */
export function describePlan(path: string, options: GuestOptions = {}): PlanReport {
  const { plan, file } = prepare(path, options)
  try {
    const launcher = composeSpt(plan, launchOptions(plan))
    const processes = new Map(plan.devices.flatMap((device) => processAt(device)))
    return reportPlan(plan, launcher, file.source, { file: path, slipwayVersion: VERSION, processes })
  } finally {
    file.close()
  }
}

/** As a run would choose, where it can become the guest; as a child's, where the artefact has no name to open it by. */
function launchOptions({ artefact }: Plan): LaunchOptions {
  if (artefact.path !== undefined) return { image: { kind: 'path' } }
  return {
    image: { kind: 'descriptor', descriptor: ARTEFACT_DESCRIPTOR },
    status: STATUS_DESCRIPTOR,
    parent: process.pid,
  }
}

/** Who is at the other end of a device, or has locked what it is wired to. */
function processAt(device: PlannedDevice): [name: string, process: ReportedProcess][] {
  if (device.type === 'net') {
    const listener = device.carrier.kind === 'unix' ? listenerAt(device.carrier.path) : undefined
    return listener === undefined ? [] : [[device.name, listener]]
  }
  const holder = device.share ? undefined : conflictingLock(device.identity, device.readOnly ? 'read' : 'write')
  return holder === undefined ? [] : [[device.name, { pid: holder.pid ?? null, name: holder.name ?? null }]]
}
