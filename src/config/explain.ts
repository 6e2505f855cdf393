// Why a guest is told what it is told, as plain data for programs (schema/explain.schema.json) and as tables for people. Pure.

import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { escapeControls, quote } from '../base/quote.ts'
import { VERSION } from '../base/version.ts'
import { wrap } from '../base/wrap.ts'
import type { ConfigOrigin, EffectiveConfig, LosingValue, Setting } from './document.ts'
import { formatKey, splitKey } from './key.ts'
import { keyInfo } from './key-info.ts'
import { READ_TIMES, type ReadTime } from './shape.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const EXPLAIN_SCHEMA_VERSION = 1

export interface ReportedSetting {
  readonly key: string
  /** null: a layer removed it. */
  readonly value: LosingValue
  readonly origin: ConfigOrigin
  /** What other layers said, the one that came closest to winning first. */
  readonly losing: Setting['losing']
  readonly read: ReadTime
  /** What the key is for. */
  readonly about: string
}

/** `schema/explain.schema.json` describes it field by field. */
export interface ExplainReport {
  readonly schema: 'slipway.explain'
  readonly schemaVersion: typeof EXPLAIN_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  /** The key that was asked for; null where all are told. */
  readonly key: string | null
  readonly settings: readonly ReportedSetting[]
}

/** Every setting, in the order of the document; those that a layer removed come last. */
export function reportSettings({ settings, removed }: EffectiveConfig): readonly ReportedSetting[] {
  const there = [...settings.values()].map(({ key, value, origin, losing }) => reported(key, value, origin, losing))
  return [...there, ...[...removed].map(([key, { origin, losing }]) => reported(key, null, origin, losing))]
}

function reported(key: string, value: LosingValue, origin: ConfigOrigin, losing: Setting['losing']): ReportedSetting {
  const info = keyInfo(pathOf(key))
  return { key, value, origin, losing, read: info?.read ?? 'boot', about: info?.brief ?? '' }
}

/**
 * The settings of a key, or below it. Throws UsageError for a key of which no layer speaks, with the nearest that one does.
 *
 * @example
 * ```ts
 * explainConfig(config, 'shop.spt', 'net.dns').settings
 * ```
 */
export function explainConfig(config: EffectiveConfig, file: string, key?: string): ExplainReport {
  const all = reportSettings(config)
  const wanted = key === undefined ? undefined : canonical(config, key)
  const settings = wanted === undefined ? all : all.filter((setting) => isBelow(setting.key, wanted))
  if (wanted !== undefined && settings.length === 0) refuseKey(all, wanted)
  return {
    schema: 'slipway.explain',
    schemaVersion: EXPLAIN_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    file,
    key: wanted ?? null,
    settings,
  }
}

/** In the one spelling; a program may be called by its name, and dots in the name of a node need no quotation marks. */
function canonical(config: EffectiveConfig, key: string): string {
  const { steps, rest } = splitKey(key, key)
  if (rest !== '')
    throw new UsageError('BAD_ARGUMENT', `${quote(key)} is no key`, 'write for example net.interfaces.service')
  const path = steps.filter((step) => typeof step !== 'symbol')
  if (path[0] === 'rc' && typeof path[1] === 'string') {
    for (let length = path.length - 1; length > 0; length--) {
      const index = config.document.rc.findIndex(({ bin }) => bin === path.slice(1, 1 + length).join('.'))
      if (index >= 0) return formatKey(['rc', index, ...path.slice(1 + length)])
    }
  }
  const node = path.indexOf('sysctl')
  if (node > 0 && path.length > node + 2) return formatKey([...path.slice(0, node + 1), path.slice(node + 1).join('.')])
  return formatKey(path)
}

function isBelow(key: string, wanted: string): boolean {
  return key === wanted || key.startsWith(`${wanted}.`) || key.startsWith(`${wanted}[`)
}

function refuseKey(all: readonly ReportedSetting[], wanted: string): never {
  const known = keyInfo(pathOf(wanted)) !== undefined
  const keys = new Set(all.flatMap(({ key }) => [key, ...key.split(/[.[]/, 1)]))
  const meant = nearest(wanted, keys)
  const problem = known ? `nobody says anything about ${quote(wanted)}` : `there is no key ${quote(wanted)}`
  const advice = meant === undefined ? 'leave the key out to see all' : `did you mean ${meant}?`
  throw new UsageError('BAD_ARGUMENT', problem, advice)
}

function pathOf(key: string) {
  return splitKey(key, key).steps.filter((step) => typeof step !== 'symbol')
}

type Style = (format: 'bold' | 'dim', text: string) => string

/** A line for each setting: key, value, who said it; below it what lost. One setting by itself also says what it is for. */
export function renderExplanation({ file, key, settings }: ExplainReport, style: Style): string {
  if (settings.length === 0) return `${style('bold', quote(file))}: nobody says anything\n`
  const single = settings.length === 1 && settings[0]?.key === key ? settings[0] : undefined
  const about = single === undefined ? '' : `\n  ${safe(single.about)}\n  It is read ${READ_TIMES[single.read]}.\n`
  return `${renderSettings(settings, style)}${about}`
}

/** The table by itself; lines longer than `width` go on in the next one. */
export function renderSettings(settings: readonly ReportedSetting[], style: Style, width = Infinity): string {
  const [heading = '', ...lines] = columns([['key', 'value', 'said by'], ...settings.flatMap(rowsOf)])
  return [style('dim', heading), ...lines.map((line) => wrap(line, width - 2, 4).replaceAll('\n', '\n  '))]
    .map((line) => `  ${line}\n`)
    .join('')
}

function rowsOf({ key, value, origin, losing }: ReportedSetting): readonly (readonly string[])[] {
  const winner = [safe(key), showValue(value), describeConfigOrigin(origin)]
  return [winner, ...losing.map((lost) => ['', `over ${showValue(lost.value)}`, describeConfigOrigin(lost.origin)])]
}

/** As in a document; of a secret the reference. */
export function showValue(value: LosingValue): string {
  if (value === null) return 'removed'
  if (typeof value === 'object') return `secret ${safe(value.$secret)}`
  return typeof value === 'string' ? quote(value) : String(value)
}

/** `shop.json:3:12`, `--set env.A`, `baked shop.json:1:1`. */
export function describeConfigOrigin(origin: ConfigOrigin): string {
  if ('line' in origin) {
    const place = `${safe(origin.file)}:${origin.line}:${origin.column}`
    return origin.layer === 'file' ? place : `${origin.layer} ${place}`
  }
  return origin.layer === 'command line' ? safe(origin.flag) : origin.layer
}

/** Paddings, without a limit of width: a key or a value is not cut. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1].map((i) => Math.min(Math.max(...rows.map((row) => row[i]?.length ?? 0)), MAX_COLUMN))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Characters: one long value must not push all places out of sight. */
const MAX_COLUMN = 48

function safe(text: string): string {
  return escapeControls(text, '', '\\')
}
