// What is baked into a file, as tables for people. Pure. Everything in it may come from a file that nobody has vouched for.

import { escapeControls, quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import type { ReportedBaked, ReportedProgram } from './baked-report.ts'
import type { DeviceDeclaration } from './manifest.ts'
import { type ReportStyle, section, table } from './text-table.ts'

/** Digits of a digest that are enough to tell parts apart; the document has all of them. */
const DIGITS = 12

/** The parts with their places, and where there are several programs a line for each, the artefact's own first. */
export function renderBaked(baked: ReportedBaked, own: ReportedProgram, style: ReportStyle): string {
  const parts = baked.parts.map(({ kind, name, format, offset, length, digest }) => [
    kind,
    name === null ? '-' : quote(name),
    format ?? '-',
    formatSize(length),
    `${offset}`,
    digest.slice(0, DIGITS),
  ])
  const programs = baked.parts.flatMap((part) =>
    part.kind === 'program' ? [programRow(part.name ?? '', part.contents)] : [],
  )
  const head = ['program', 'is', 'target', 'processor', 'devices']
  const list = table([head, programRow(baked.program ?? '', own), ...programs], style, true)
  return [
    section('baked in', table([['kind', 'name', 'format', 'size', 'at', 'sha-256'], ...parts], style, true), style),
    programs.length === 0 ? '' : section('programs', list, style),
  ].join('')
}

function programRow(name: string, contents: ReportedProgram | null): string[] {
  if (contents === null) return [quote(name), 'cannot be read', '-', '-', '-']
  const { summary, target, processor, devices } = contents
  return [quote(name), safe(summary), safe(target ?? '-'), safe(processor ?? '-'), deviceWords(devices)]
}

function deviceWords(devices: readonly DeviceDeclaration[]): string {
  return devices.length === 0 ? 'none' : devices.map(({ type, name }) => `${type} ${quote(name)}`).join(', ')
}

function safe(text: string): string {
  return escapeControls(text, '', '\\')
}
