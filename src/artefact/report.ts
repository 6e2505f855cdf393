// What `slipway inspect` says about an artefact: as plain data for programs (schema/inspect.schema.json) and as a table for people.
// Pure. Everything in it may come from a file that nobody has vouched for.

import { escapeControls, quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { VERSION } from '../base/version.ts'
import { PF_EXECUTE, PF_READ, PF_WRITE, segmentTypeName } from '../elf/format.ts'
import type { Machine, ProgramHeader } from '../elf/read.ts'
import type { Target } from './abi.ts'
import { type Artefact, minimumMemory } from './artefact.ts'
import type { Finding } from './finding.ts'
import { type DeviceDeclaration, type DeviceType, isDeviceName } from './manifest.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const INSPECT_SCHEMA_VERSION = 1

/** Addresses and sizes that a file may claim to be anything up to 2^64 - 1 are strings of the form `0x100000`. */
export interface ReportedSegment {
  /** In the table of program headers. */
  readonly index: number
  /** `LOAD`, `NOTE`, `TLS`, …; the number in hexadecimal where it has no name. */
  readonly type: string
  /** As `ls` writes them: `r-x`. */
  readonly permissions: string
  readonly address: string
  readonly memorySize: string
  readonly fileSize: string
}

export interface ReportedDevice {
  readonly name: string
  readonly type: DeviceType
  readonly handle: number
  /** The flag that wires it; null where its name cannot be wired. */
  readonly flag: string | null
}

/** `schema/inspect.schema.json` describes it field by field. */
export interface InspectReport {
  readonly schema: 'slipway.inspect'
  readonly schemaVersion: typeof INSPECT_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  /** Bytes. */
  readonly size: number
  readonly family: 'solo5'
  readonly target: Target
  readonly abiVersion: number
  readonly processor: Machine
  readonly entry: string
  /** Bytes; null where no amount of memory is enough. */
  readonly minimumMemory: number | null
  readonly segments: readonly ReportedSegment[]
  readonly devices: readonly ReportedDevice[]
  readonly findings: readonly Finding[]
}

/** What a renderer sets off, and how: as styleText() of node:util names it. */
export type ReportStyle = (format: 'bold' | 'dim' | 'red' | 'yellow', text: string) => string

/**
 * The report as data that JSON can hold. `file` is the name to show.
 *
 * @example
 * ```ts
 * describeArtefact(readArtefact(source), 'hello.spt').target // 'spt'
 * ```
 */
export function describeArtefact(artefact: Artefact, file: string, slipwayVersion: string = VERSION): InspectReport {
  return {
    schema: 'slipway.inspect',
    schemaVersion: INSPECT_SCHEMA_VERSION,
    slipwayVersion,
    file,
    size: artefact.size,
    family: 'solo5',
    target: artefact.target,
    abiVersion: artefact.abiVersion,
    processor: artefact.machine,
    entry: hex(artefact.elf.entry),
    minimumMemory: minimumMemory(artefact),
    segments: artefact.elf.programHeaders.map(describeSegment),
    devices: artefact.manifest.devices.map((device) => ({ ...device, flag: wiringFlag(device) })),
    findings: artefact.findings,
  }
}

/**
 * The report as text for people, with a line feed at its end. `style` sets off headings and findings; plain text without it.
 *
 * @example
 * ```ts
 * process.stdout.write(renderInspect(describeArtefact(artefact, 'hello.spt')))
 * ```
 */
export function renderInspect(report: InspectReport, style: ReportStyle = (_, text) => text): string {
  const { processor, minimumMemory: least } = report
  const facts = [
    ['target', `${safe(report.target)}, ABI version ${report.abiVersion}`],
    ['processor', safe(processor.name)],
    ['entry', safe(report.entry)],
    ['memory', least === null ? 'no amount is enough' : `${formatSize(least)} at least`],
    ['file', formatSize(report.size)],
  ]
  const segments = report.segments.map((segment) => [
    `${segment.index}`,
    safe(segment.type),
    safe(segment.permissions),
    safe(segment.address),
    showSize(segment.memorySize),
    showSize(segment.fileSize),
  ])
  const devices = report.devices.map(({ handle, name, type, flag }) => [
    `${handle}`,
    safe(type),
    quote(name),
    flag === null ? 'cannot be wired' : safe(flag),
  ])
  const findings = report.findings.map(({ severity, field, offset, message }) => {
    const mark = severity === 'refused' ? style('red', 'refused') : style('yellow', 'notice ')
    return `  ${mark}  ${safe(field)} at offset ${offset} ${safe(message)}\n`
  })
  return [
    `${style('bold', quote(report.file))}: Solo5 unikernel\n`,
    table(facts, style),
    section(
      'segments',
      table([['#', 'type', 'access', 'address', 'memory', 'in the file'], ...segments], style, true),
      style,
    ),
    devices.length === 0
      ? section('devices', '  none declared\n', style)
      : section('devices', table([['#', 'type', 'name', 'would be wired with'], ...devices], style, true), style),
    findings.length === 0 ? '' : section('findings', findings.join(''), style),
  ].join('')
}

function describeSegment(header: ProgramHeader): ReportedSegment {
  const bit = (mask: number, letter: string): string => ((header.flags & mask) === 0 ? '-' : letter)
  return {
    index: header.index,
    type: segmentTypeName(header.type),
    permissions: bit(PF_READ, 'r') + bit(PF_WRITE, 'w') + bit(PF_EXECUTE, 'x'),
    address: hex(header.vaddr),
    memorySize: hex(header.memsz),
    fileSize: hex(header.filesz),
  }
}

/** The flag that wires a device, null where its name cannot be wired: no escape may become part of a command that somebody copies. */
export function wiringFlag({ name, type }: DeviceDeclaration): string | null {
  if (!isDeviceName(name)) return null
  return type === 'net' ? `--net ${name}=user` : `--block ${name}=PATH`
}

function section(title: string, body: string, style: ReportStyle): string {
  return `\n${style('bold', title)}\n${body}`
}

/** Columns as wide as their widest cell; the first row set off where it is a heading. */
function table(rows: readonly (readonly string[])[], style: ReportStyle, headed = false): string {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  return rows
    .map((row, index) => {
      const line = row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()
      return `  ${headed && index === 0 ? style('dim', line) : line}\n`
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

function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}
