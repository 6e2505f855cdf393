// Results for people: a line for each figure, its notes below it. Pure.

import type { Figure, Result, Target, Unit } from './result.ts'
import { isMet } from './result.ts'
import type { Summary } from './statistics.ts'

/** A row's name and what it found. */
export type Section = { readonly row: string; readonly results: readonly Result[] }

const DECIMALS: Record<Unit, number> = {
  x: 2,
  ms: 1,
  us: 1,
  ns: 0,
  KiB: 1,
  bytes: 0,
  '/s': 0,
  'Gbit/s': 2,
  's/GB': 2,
  guests: 0,
  left: 0,
}
const GAP = '  '
const HEADINGS = ['row', 'what', 'measured', 'target', '']

/**
 * Columns as wide as their widest entry; numbers end where numbers end.
 *
 * @example
 * ```ts
 * const figure = { what: 'hello', unit: 'x', measured: 3, target: atMost(2.5), samples: {} } as const
 * renderTable([{ row: 'start', results: [figure] }]) // "… 3.00 x  <= 2.50 x  missed by 0.50 x (20 %)\n"
 * ```
 */
export function renderTable(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ row, results }) =>
    results.map((result) => ({ cells: cellsOf(row, result), result })),
  )
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...lines.map(({ cells }) => cells[i]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 2 || i === 3 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join(GAP)
      .trimEnd()
  const indent = ' '.repeat((widths[0] ?? 0) + GAP.length * 2)
  const text = [line(HEADINGS)]
  for (const { cells, result } of lines) text.push(line(cells), ...notesOf(result).map((note) => indent + note))
  return `${text.join('\n')}\n`
}

function cellsOf(row: string, result: Result): string[] {
  if ('skipped' in result) return [row, result.what, '', '', 'skipped']
  const { what, unit, measured, target } = result
  return [row, what, amount(measured, unit), target === undefined ? '' : goal(target, unit), verdict(result)]
}

function notesOf(result: Result): readonly string[] {
  return 'skipped' in result ? [result.skipped] : (result.notes ?? [])
}

/** A number as it is shown in its unit: `1.83 x`, `12345 bytes`. */
export function amount(value: number, unit: Unit): string {
  return `${value.toFixed(DECIMALS[unit])} ${unit}`
}

function goal({ comparison, limit }: Target, unit: Unit): string {
  return `${comparison} ${amount(limit, unit)}`
}

function verdict(figure: Figure): string {
  const { measured, target, unit } = figure
  if (target === undefined) return 'information'
  if (isMet(figure) === true) return 'met'
  const excess = Math.abs(measured - target.limit)
  const part = target.limit === 0 ? '' : ` (${((excess / target.limit) * 100).toFixed(0)} %)`
  return `missed by ${amount(excess, unit)}${part}`
}

/** `empty 118 (102), true 540 (498) us`: medians, and the best in brackets. */
export function describeMedians(samples: Readonly<Record<string, Summary>>, unit: Unit): string {
  const each = Object.entries(samples).map(([name, { median, best }]) => {
    return `${name} ${median.toFixed(DECIMALS[unit])} (${best.toFixed(DECIMALS[unit])})`
  })
  return `median (best): ${each.join(', ')} ${unit}`
}

/** What a single pass said, so that a reader sees how far the figure can be trusted. */
export function describePasses(each: readonly number[], unit: Unit): string {
  return `pass by pass: ${each.map((value) => value.toFixed(DECIMALS[unit])).join(', ')} ${unit}`
}
