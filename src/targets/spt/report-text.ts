// A plan as text for people. Pure.

import {
  launcherFacts,
  renderDevices,
  renderFilter,
  renderGuestView,
  renderMemory,
  renderRecords,
  type Setting,
} from '../../artefact/render-launcher.ts'
import { section, table } from '../../artefact/text-table.ts'
import { escapeControls, quote } from '../../base/quote.ts'
import { renderSettings } from '../../config/explain.ts'
import { describeOrigin } from '../../wiring/origin.ts'
import type { PlannedNetReport, PlanReport, ReportedProcess } from './report.ts'
import { describeUser } from './report-user.ts'

/**
 * The report with a line feed at its end.
 *
 * @example
 * ```ts
 * renderPlan(report, { style: (_, text) => text, width: 80 })
 * ```
 */
export function renderPlan(report: PlanReport, setting: Setting): string {
  const { style } = setting
  return [
    `${style('bold', quote(report.file))}: what slipway run would do\n`,
    table(factsOf(report), style),
    renderDevices(report.devices, setting, (device) => [
      `wired: ${escapeControls(describeOrigin(device.origin), '', '\\')}`,
      ...(device.type === 'block' ? describeLock(device.lockedBy) : describeEnd(device)),
    ]),
    section('configuration', renderSettings(report.configuration, style, setting.width), style),
    renderMemory(report, setting),
    renderGuestView(report, setting),
    renderFilter(report, setting),
    renderRecords(report.records, setting),
  ].join('')
}

function factsOf(report: PlanReport): string[][] {
  const { target, processor, entry } = report
  return [['target', `${target} on ${processor}`], ...launcherFacts(report), ['entry', entry]]
}

function describeLock(holder: ReportedProcess | null): string[] {
  return holder === null ? [] : [`in use: ${describeProcess(holder)} has locked it, so a run would fail`]
}

function describeEnd({ carrier, listener }: PlannedNetReport): string[] {
  if (carrier.kind === 'user') return describeUser(carrier).map((line) => escapeControls(line, '', '\\'))
  if (listener !== null) return [`${describeProcess(listener)} listens there`]
  return carrier.kind === 'unix' ? ['who listens there cannot be seen from here'] : []
}

function describeProcess({ pid, name }: ReportedProcess): string {
  return pid === null ? 'another process' : `process ${pid}, ${quote(name ?? '')},`
}
