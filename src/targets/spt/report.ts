// What `slipway plan` says, as plain data for programs (schema/plan.schema.json): what the launcher of a plan would do, read out of its bytes,
// and what only the plan knows: who wired what, and who is at the other end. Pure.

import type { LauncherReport, ReportedBlock, ReportedCarrier, ReportedNet } from '../../artefact/launcher-report.ts'
import { type FileParts, joinParts } from '../../base/file-parts.ts'
import { type Source, sourceOf } from '../../base/reader.ts'
import type { ReportedSetting } from '../../config/explain.ts'
import type { Plan } from '../../wiring/plan.ts'
import type { WireOrigin } from '../../wiring/origin.ts'
import { describeLauncher } from './describe.ts'
import { type ReportedUser, reportUser, type UserAddresses } from './report-user.ts'

export const PLAN_SCHEMA_VERSION = 1

/** A process; null where the kernel does not say which one it is. */
export interface ReportedProcess {
  readonly pid: number | null
  readonly name: string | null
}

type PlannedBlockReport = ReportedBlock & {
  readonly origin: WireOrigin
  /** Who holds a lock that a run would not get past; null where nobody does. */
  readonly lockedBy: ReportedProcess | null
}

export type PlannedNetReport = Omit<ReportedNet, 'carrier'> & {
  /** What its launcher would open or inherit; of a network of Slipway's own, all that is decided about it. */
  readonly carrier: ReportedCarrier | ReportedUser
  readonly origin: WireOrigin
  /** Who listens at the socket; null where there is no socket, or its owner is not known. */
  readonly listener: ReportedProcess | null
}

/** `schema/plan.schema.json` describes it field by field. */
export type PlanReport = Omit<LauncherReport, 'schema' | 'schemaVersion' | 'devices'> & {
  readonly schema: 'slipway.plan'
  readonly schemaVersion: typeof PLAN_SCHEMA_VERSION
  readonly slipwayVersion: string
  /** The artefact, as it was named. */
  readonly file: string
  readonly processor: Plan['machine']
  readonly devices: readonly (PlannedBlockReport | PlannedNetReport)[]
  /** What it is told, each setting with who said it; secrets as references. */
  readonly configuration: readonly ReportedSetting[]
}

/** What is known of a plan besides itself. */
export interface PlanContext {
  readonly file: string
  readonly slipwayVersion: string
  /** Processes by the name of the device at whose other end they are. */
  readonly processes: ReadonlyMap<string, ReportedProcess>
  /** By the name of each device that is on a network of Slipway's own. */
  readonly addresses: ReadonlyMap<string, UserAddresses>
  readonly configuration: readonly ReportedSetting[]
}

/**
 * `launcher` is composed from the plan; `artefact` is where its parts come from.
 *
 * @example
 * ```ts
 * reportPlan(plan, composeSpt(plan, { image: { kind: 'path' } }), source, context).records.length
 * ```
 */
export function reportPlan(plan: Plan, launcher: FileParts, artefact: Source, context: PlanContext): PlanReport {
  const { file, slipwayVersion, processes, addresses, configuration } = context
  const {
    schema: _schema,
    schemaVersion: _version,
    devices,
    ...rest
  } = describeLauncher(sourceOf(joinParts(launcher, artefact)))
  return {
    schema: 'slipway.plan',
    schemaVersion: PLAN_SCHEMA_VERSION,
    slipwayVersion,
    file,
    processor: plan.machine,
    ...rest,
    configuration,
    devices: devices.map((device, i) => {
      const planned = plan.devices[i]
      const origin: WireOrigin = planned?.origin ?? { layer: 'program' }
      const process = processes.get(device.name) ?? null
      if (device.type === 'block') return { ...device, origin, lockedBy: process }
      const user = planned?.type === 'net' && planned.carrier.kind === 'user' ? planned.carrier : undefined
      const carrier = user === undefined ? device.carrier : reportUser(user, addresses.get(device.name))
      return { ...device, carrier, origin, listener: process }
    }),
  }
}
