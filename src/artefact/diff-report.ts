// What `slipway diff` says, as plain data for programs (schema/diff.schema.json) and as lines for people. Pure. Everything in it may come
// from files that nobody has vouched for.

import { escapeControls, quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { VERSION } from '../base/version.ts'
import type { ArtefactDiff, Change } from './diff.ts'
import type { ComparedPart, PartsDiff } from './diff-parts.ts'
import { diffWhole } from './diff-whole.ts'
import type { Finding } from './finding.ts'
import { type ReportStyle, table } from './text-table.ts'
import { wiringFlag } from './wiring-flag.ts'
import type { WholeArtefact } from './whole-artefact.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const DIFF_SCHEMA_VERSION = 1

/** `schema/diff.schema.json` describes it field by field. */
export interface DiffReport extends ArtefactDiff {
  readonly schema: 'slipway.diff'
  readonly schemaVersion: typeof DIFF_SCHEMA_VERSION
  readonly slipwayVersion: string
  /** The names of the files. */
  readonly old: string
  readonly new: string
  /** Whether `asks` has anything in it. */
  readonly asksForMore: boolean
}

/** A unikernel and the name of its file. */
export interface NamedArtefact {
  readonly file: string
  readonly artefact: WholeArtefact
}

/** What has changed from one version to the next, as data that JSON can hold. */
export function describeDiff(before: NamedArtefact, after: NamedArtefact): DiffReport {
  const diff = diffWhole(before.artefact, after.artefact)
  return {
    schema: 'slipway.diff',
    schemaVersion: DIFF_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    old: before.file,
    new: after.file,
    asksForMore: diff.asks.length > 0,
    ...diff,
  }
}

/** The report as text for people, with a line feed at its end: a line that begins with `+` for each thing more, with `-` for each less. */
export function renderDiff(report: DiffReport, style: ReportStyle = (_, text) => text): string {
  const { asks, gaveUp, noticed } = report
  const head = `${quote(report.old)} -> ${quote(report.new)}: ${report.asksForMore ? 'asks for more' : 'asks for nothing more'}`
  return [
    `${style('bold', head)}\n`,
    list('asks for', '+', asks.map(wordsFor), style),
    list('gave up', '-', gaveUp.map(wordsFor), style),
    list('noticed now', '+', noticed.now.map(findingWords), style),
    list('noticed before', '-', noticed.before.map(findingWords), style),
    report.baked === undefined ? '' : listParts(report.baked, style),
  ].join('')
}

/** What is baked in: `+` for a part that is new, `-` for one that is gone, `~` for one with other contents. */
function listParts({ added, removed, changed }: PartsDiff, style: ReportStyle): string {
  const rows = [
    ...added.map((part) => ['+', ...partWords(part)]),
    ...removed.map((part) => ['-', ...partWords(part)]),
    ...changed.map((change) => ['~', ...partWords(change.new), changeWords(change)]),
  ]
  return rows.length === 0 ? '' : `\n${style('bold', 'baked in')}\n${table(rows, style)}`
}

function changeWords({ old, new: now }: PartsDiff['changed'][number]): string {
  if (old.format !== now.format) return was(`${old.format ?? 'no format'}, ${formatSize(old.length)}`)
  return old.length === now.length ? 'other contents' : was(formatSize(old.length))
}

function partWords({ kind, name, format, length }: ComparedPart): readonly string[] {
  return [kind, name === null ? '-' : quote(name), format ?? '-', formatSize(length)]
}

function list(title: string, mark: string, rows: readonly (readonly string[])[], style: ReportStyle): string {
  if (rows.length === 0) return ''
  const marked = rows.map((row) => [mark, ...row])
  return `\n${style('bold', title)}\n${table(marked, style)}`
}

/** What it is about, what it is, what to do about it or what it was, and in which program where there are several. */
function wordsFor(change: Change): readonly string[] {
  const words = wordsForOwn(change)
  return change.program === undefined ? words : [...words, `in the program ${quote(change.program)}`]
}

function wordsForOwn(change: Change): readonly string[] {
  switch (change.aspect) {
    case 'device': {
      const flag = wiringFlag(change)
      return [change.type, quote(change.name), flag === null ? 'cannot be wired' : `wired with ${flag}`]
    }
    case 'program':
      return ['program', quote(change.name), programWords(change)]
    case 'access':
      return ['access', change.permissions, 'memory of this kind']
    case 'finding':
      return ['refused', ...findingWords(change.finding)]
    case 'target':
      return [
        'target',
        `${change.new.target}, ABI version ${change.new.abiVersion}`,
        was(`${change.old.target}, ABI version ${change.old.abiVersion}`),
      ]
    case 'processor':
      return ['processor', safe(change.new.name), was(safe(change.old.name))]
    case 'memory':
      return ['memory', memory(change.new), was(memory(change.old))]
    case 'usual memory':
      return ['memory', `${formatSize(change.new)} unless --mem says otherwise`, was(formatSize(change.old))]
  }
}

function programWords({ memory: least, devices }: Extract<Change, { aspect: 'program' }>): string {
  return [memory(least), ...devices.map(({ type, name }) => `${type} ${quote(name)}`)].join(', ')
}

function was(old: string): string {
  return `was ${old}`
}

function memory(least: number | null): string {
  return least === null ? 'no amount is enough' : `${formatSize(least)} at least`
}

/** One cell: a sentence is not aligned with others. */
function findingWords({ field, message }: Finding): readonly string[] {
  return [`${safe(field)} ${safe(message)}`]
}

/** Our own words, which may hold quoted ones: their escapes stay as they are. */
function safe(text: string): string {
  return escapeControls(text, '', '\\')
}
