// What differs between two configurations, as plain data for programs (schema/config-diff.schema.json) and as lines for people. Pure.

import { escapeControls, quote } from '../base/quote.ts'
import { VERSION } from '../base/version.ts'
import type { EffectiveConfig, Setting } from './document.ts'
import { describeConfigOrigin, showValue } from './explain.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const CONFIG_DIFF_SCHEMA_VERSION = 1

type Said = Pick<Setting, 'value' | 'origin'>

export interface ConfigChange {
  readonly key: string
  /** null where only the other one says something. */
  readonly old: Said | null
  readonly new: Said | null
}

/** `schema/config-diff.schema.json` describes it field by field. */
export interface ConfigDiffReport {
  readonly schema: 'slipway.config-diff'
  readonly schemaVersion: typeof CONFIG_DIFF_SCHEMA_VERSION
  readonly slipwayVersion: string
  /** The names of the files. */
  readonly old: string
  readonly new: string
  readonly changes: readonly ConfigChange[]
}

export type NamedConfig = { readonly file: string; readonly config: EffectiveConfig }

/** Key by key, in the order of the old one; what only the new one says comes last. Where a value was said is no difference. */
export function diffConfigs(before: NamedConfig, after: NamedConfig): ConfigDiffReport {
  const keys = new Set([...before.config.settings.keys(), ...after.config.settings.keys()])
  const changes = [...keys].flatMap((key) => {
    const [old, now] = [before.config.settings.get(key), after.config.settings.get(key)]
    if (old !== undefined && now !== undefined && isSame(old.value, now.value)) return []
    return [{ key, old: saidBy(old), new: saidBy(now) }]
  })
  return {
    schema: 'slipway.config-diff',
    schemaVersion: CONFIG_DIFF_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    old: before.file,
    new: after.file,
    changes,
  }
}

function saidBy(setting: Setting | undefined): Said | null {
  return setting === undefined ? null : { value: setting.value, origin: setting.origin }
}

function isSame(a: Setting['value'], b: Setting['value']): boolean {
  if (typeof a === 'object') return typeof b === 'object' && a.$secret === b.$secret
  return a === b
}

type Style = (format: 'bold', text: string) => string

/** `-` and `+` before what is gone and what is new, one after the other for what has changed. */
export function renderConfigDiff({ old, new: now, changes }: ConfigDiffReport, style: Style): string {
  const head = `${quote(old)} -> ${quote(now)}: ${changes.length === 0 ? 'the same' : differences(changes.length)}`
  const lines = changes.flatMap((change) => [lineOf('-', change.key, change.old), lineOf('+', change.key, change.new)])
  return `${style('bold', head)}\n${lines.join('')}`
}

function differences(count: number): string {
  return count === 1 ? 'one setting differs' : `${count} settings differ`
}

function lineOf(mark: string, key: string, said: Said | null): string {
  if (said === null) return ''
  return `  ${mark} ${escapeControls(key, '', '\\')} ${showValue(said.value)}  (${describeConfigOrigin(said.origin)})\n`
}
