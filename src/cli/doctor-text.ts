// The doctor's report for people: a table to run one's eye down, and advice where there is something to do.

import { type ReportStyle, section } from '../artefact/text-table.ts'
import { escapeControls, quote } from '../base/quote.ts'
import type { ArtefactReport, DoctorReport, ProbeReport, WayReport } from '../run/doctor.ts'
import type { Style } from './output.ts'

type Colour = Parameters<Style>[0]

type Row = {
  readonly mark: string
  readonly colour: Colour | undefined
  readonly name: string
  readonly detail: string
  readonly advice: string | null
}

const COLOURS: Readonly<Record<string, Colour>> = {
  ok: 'green',
  yes: 'green',
  limited: 'yellow',
  unknown: 'yellow',
  missing: 'red',
  no: 'red',
}

const QUIET: Readonly<Record<string, Colour>> = { missing: 'dim' }

export function renderDoctor(report: DoctorReport, style: Style): string {
  const headings: ReportStyle = (format, text) => style(format, text)
  const rows = report.probes.map(rowOf)
  const width = Math.max(...rows.map(({ name }) => name.length))
  const groups = [...new Set(report.probes.map(({ group }) => group))]
  const body = groups.map((group) => {
    const inGroup = rows.filter((_, i) => report.probes[i]?.group === group)
    return section(group, renderRows(inGroup, width, style), headings)
  })
  const artefact = report.artefact === null ? '' : renderArtefact(report.artefact, style)
  return `${[...body, artefact].join('').replace(/^\n/, '')}\n${verdict(report, style)}`
}

function rowOf({ name, status, detail, advice, needed }: ProbeReport): Row {
  // What nothing depends on is no reason to be alarmed.
  return { mark: status, colour: needed ? COLOURS[status] : (QUIET[status] ?? COLOURS[status]), name, detail, advice }
}

function renderArtefact({ file, summary, ways }: ArtefactReport, style: Style): string {
  const width = Math.max(...ways.map(({ name }) => name.length))
  const rows = ways.map((way): Row => ({ ...way, mark: way.runs, colour: COLOURS[way.runs], detail: sayHow(way) }))
  return `\n${style('bold', quote(file))}: ${safe(summary)}\n${renderRows(rows, width, style)}`
}

function sayHow({ runs, how, detail }: WayReport): string {
  if (runs === 'yes') return [how, detail].filter((part) => part !== null).join('; ')
  return detail ?? how ?? ''
}

const MARK_WIDTH = 7

function renderRows(rows: readonly Row[], width: number, style: Style): string {
  return rows
    .map(({ mark, colour, name, detail, advice }) => {
      const shown = style(colour ?? 'dim', mark.padEnd(MARK_WIDTH))
      const line = `  ${shown}  ${safe(name).padEnd(width)}  ${safe(detail)}\n`
      const indent = ' '.repeat(MARK_WIDTH + width + 6)
      return advice === null ? line : `${line}${indent}${style('dim', `-> ${safe(advice)}`)}\n`
    })
    .join('')
}

function verdict({ ready, artefact, probes }: DoctorReport, style: Style): string {
  if (artefact !== null) {
    const way = artefact.ways.find(({ runs }) => runs === 'yes')
    return way === undefined
      ? `${style('red', 'It does not run on this machine.')}\n`
      : `${style('green', `It runs on this machine, by ${safe(way.name)}.`)}\n`
  }
  if (ready) return `${style('green', 'Spt guests run on this machine.')}\n`
  const lacking = probes.filter(({ needed, status }) => needed && status !== 'ok' && status !== 'limited')
  const names = lacking.map(({ name }) => name).join(', ')
  return `${style('red', `Spt guests do not run on this machine: ${names}.`)}\n`
}

/** Our own words, which may hold quoted ones: their escapes stay as they are. */
function safe(text: string): string {
  return escapeControls(text, '', '\\')
}
