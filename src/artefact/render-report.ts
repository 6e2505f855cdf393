// An inspect report as text for people. Pure. Everything in it may come from a file that nobody has vouched for.

import { escapeControls, quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { launcherFacts, renderLauncher } from './render-launcher.ts'
import { type ReportStyle, section, table } from './text-table.ts'
import type { ReportedProgram } from './baked-report.ts'
import { renderBaked } from './render-baked.ts'
import type { InspectReport, ReportedDevice, ReportedStarter } from './report.ts'

/**
 * The report with a line feed at its end. `style` sets off headings and findings, `width` is what a line may have; plain text and long lines
 * without them.
 *
 * @example
 * ```ts
 * process.stdout.write(renderInspect(describeFile(found, { file: 'hello.spt', size: 9000 })))
 * ```
 */
export function renderInspect(
  report: InspectReport,
  style: ReportStyle = (_, text) => text,
  width = Number.POSITIVE_INFINITY,
): string {
  const launcher = report.family === 'solo5' ? undefined : report.launcher
  const part = (title: string, rows: readonly (readonly string[])[], headed = false): string =>
    rows.length === 0 ? '' : section(title, table(rows, style, headed), style)
  return [
    `${style('bold', quote(report.file))}: ${safe(report.summary)}\n`,
    table(factsOf(report), style),
    // Of a launcher, what its process becomes says more than what its file is made of.
    launcher !== undefined
      ? renderLauncher(launcher, { style, width })
      : headedPart('segments', ['#', 'type', 'access', 'address', 'memory', 'in the file'], segmentsOf(report), style),
    report.family === 'solo5' && report.devices.length === 0
      ? section('devices', '  none declared\n', style)
      : headedPart('devices', ['#', 'type', 'name', 'would be wired with'], devicesOf(report), style),
    report.baked === undefined ? '' : renderBaked(report.baked, ownProgram(report), style),
    part(
      'needs',
      report.needs.map(({ kind, detail }) => [safe(kind), safe(detail)]),
    ),
    part(
      'accepts',
      report.accepts.map(({ name, form, detail }) => [safe(name), safe(form), safe(detail)]),
    ),
    part('started by', report.startedBy.map(starterRow)),
    report.findings.length === 0 ? '' : section('findings', renderFindings(report, style), style),
  ].join('')
}

/**
 * Several reports as a table with a line for each.
 *
 * @example
 * ```ts
 * renderTable([inspect('hello.spt'), inspect('vmlinuz')])
 * ```
 */
export function renderTable(reports: readonly InspectReport[], style: ReportStyle = (_, text) => text): string {
  const head = ['file', 'family', 'target', 'processor', 'size', 'findings', 'needs']
  const rows = reports.map((report) => [
    quote(report.file),
    safe(report.family),
    safe(report.target ?? '-'),
    safe(report.processor?.name ?? '-'),
    formatSize(report.size),
    countFindings(report),
    needsInShort(report),
  ])
  return table([head, ...rows], style, true)
}

function countFindings({ findings }: InspectReport): string {
  const refused = findings.filter(({ severity }) => severity === 'refused').length
  return refused === 0 ? `${findings.length}` : `${findings.length}, ${refused} refused`
}

/** Devices in a line of the table. */
const MAX_SHORT = 3

/** What an operator has to provide: devices where some are declared, else what has to be there first. */
function needsInShort(report: InspectReport): string {
  const { needs, family, summary } = report
  if (family === 'unknown') return safe(summary)
  const devices = report.devices.filter((device) => !isBakedIn(device, report))
  if (devices.length > 0) {
    const shown = devices.slice(0, MAX_SHORT).map(({ type, name }) => `${type} ${quote(name)}`)
    const more = devices.length > MAX_SHORT ? ` and ${devices.length - MAX_SHORT} more` : ''
    return shown.join(', ') + more
  }
  return safe(needs[0]?.detail ?? '-')
}

/** What the file itself is, to stand beside the programs in it. */
function ownProgram({ family, summary, target, processor, devices }: InspectReport): ReportedProgram {
  return { family, summary, target, processor: processor?.name ?? null, devices }
}

function headedPart(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: ReportStyle,
): string {
  return rows.length === 0 ? '' : section(title, table([head, ...rows], style, true), style)
}

function factsOf(report: InspectReport): string[][] {
  const { target, processor, entry, minimumMemory: least, facts } = report
  const rows: string[][] = []
  if (target !== null)
    rows.push([
      'target',
      report.abiVersion === null ? safe(target) : `${safe(target)}, ABI version ${report.abiVersion}`,
    ])
  if (processor !== null) rows.push(['processor', safe(processor.name)])
  if (entry !== null) rows.push(['entry', safe(entry)])
  if (least !== null) rows.push(['memory', `${formatSize(least)} at least`])
  else if (report.family === 'solo5') rows.push(['memory', 'no amount is enough'])
  const program =
    report.baked === undefined ? '' : `, ${formatSize(report.baked.originalSize)} without what is baked in`
  rows.push(['file', formatSize(report.size) + program])
  if (report.family !== 'solo5' && report.launcher !== undefined) rows.push(...launcherFacts(report.launcher))
  return [...rows, ...facts.map(({ name, value }) => [safe(name), safe(value)])]
}

function segmentsOf({ segments }: InspectReport): string[][] {
  return segments.map((segment) => [
    `${segment.index}`,
    safe(segment.type),
    safe(segment.permissions),
    safe(segment.address),
    showSize(segment.memorySize),
    showSize(segment.fileSize),
  ])
}

function devicesOf(report: InspectReport): string[][] {
  return report.devices.map((device) => {
    const { handle, name, type, flag } = device
    const wired = flag === null ? 'cannot be wired' : safe(flag)
    return [`${handle}`, safe(type), quote(name), isBakedIn(device, report) ? 'nothing: it is baked in' : wired]
  })
}

function isBakedIn({ name, type }: ReportedDevice, { baked }: InspectReport): boolean {
  return type === 'block' && baked?.parts.some((part) => part.kind === 'files' && part.name === name) === true
}

function starterRow({ name, how, here, missing }: ReportedStarter): string[] {
  if (here === 'unknown') return [safe(name), safe(how)]
  return [safe(name), safe(how), here === 'yes' ? 'here' : `not here: ${safe(missing ?? 'something is missing')}`]
}

function renderFindings({ findings }: InspectReport, style: ReportStyle): string {
  return findings
    .map(({ severity, field, offset, message }) => {
      const mark = severity === 'refused' ? style('red', 'refused') : style('yellow', 'notice ')
      return `  ${mark}  ${safe(field)} at offset ${offset} ${safe(message)}\n`
    })
    .join('')
}

/** Sizes up to 2^53 in words; what is larger can only be nonsense and is shown as it is. */
function showSize(size: string): string {
  const bytes = Number(size)
  return Number.isSafeInteger(bytes) ? formatSize(bytes) : safe(size)
}

/** Our own words, which may hold quoted ones: their escapes stay as they are. */
function safe(text: string): string {
  return escapeControls(text, '', '\\')
}
