// The filter of a launcher as the rules that it enforces, with the reasons of those that this Slipway would have set itself. Pure.

import type { LauncherReport, ReportedCondition, ReportedRule } from '../../artefact/launcher-report.ts'
import type { Condition, Rule } from '../../launcher/policy.ts'
import { type ReadRule, readFilter } from '../../launcher/read-filter.ts'
import type { BootInformation } from './describe-boot.ts'
import { type LauncherProcess, refuseUnless } from './describe-process.ts'
import { sptPolicy } from './policy.ts'

type Devices = LauncherReport['devices']

/** Throws FormatError where there is no filter, something comes behind it, or it is not as ours are compiled. */
export function describeFilter(
  process: LauncherProcess,
  devices: Devices,
  { epoll, timer }: Pick<BootInformation, 'epoll' | 'timer'>,
): LauncherReport['filter'] {
  const { filter, enter } = process
  if (enter === undefined) throw new TypeError('records without an end')
  refuseUnless(enter, filter?.index === enter.index - 1, 'enters a guest without a filter right before')
  const found = readFilter(filter.program)
  const parts = devices.filter((device) => device.type === 'block' && device.form === 'baked').length
  const served = found.every(({ serve = -1 }) => serve < parts)
  refuseUnless(enter, served, 'has calls served from parts that are not there')
  const usual = sptPolicy(devices, { epoll, timer, devices: devices.map(({ descriptor }) => descriptor) })
  const reasons = new Map(usual.map((rule) => [keyOf(rule), rule.reason]))
  return {
    instructions: filter.program.length / 8,
    usual: sorted(found).join() === sorted(usual).join(),
    rules: found.map((rule) => describeRule(rule, reasons.get(keyOf(rule)))),
  }
}

/** The rules of one call in their order; which call comes first changes nothing. */
function sorted(rules: readonly (ReadRule | Rule)[]): string[] {
  return rules
    .map((rule) => [rule.call, keyOf(rule)] as const)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([, key]) => key)
}

function keyOf({ call, when, refuse, serve }: ReadRule): string {
  const conditions = when.map((condition) => Object.values(describeCondition(condition)).join(' '))
  return [call, ...conditions, refuse ?? (serve === undefined ? 'allow' : `part ${serve}`)].join('; ')
}

function describeRule(rule: ReadRule, reason: string | undefined): ReportedRule {
  const { call, when, refuse, serve } = rule
  const conditions = when.map(describeCondition)
  return { call, when: conditions, errno: refuse ?? null, part: serve ?? null, reason: reason ?? null }
}

function describeCondition(condition: Condition): ReportedCondition {
  const { argument, test, value } = condition
  return { argument, test, value: hex(value), mask: condition.test === 'masked' ? hex(condition.mask) : null }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}
