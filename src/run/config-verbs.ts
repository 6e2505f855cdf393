// What the verbs of `slipway config` do with files: read, check, compare, and put together what a guest would be told.

import { ConfigError, HostError } from '../base/errors.ts'
import type { JsonObject } from '../base/json.ts'
import { type CheckReport, checkDocument, refusedDocument } from '../config/check-report.ts'
import { type ConfigDiffReport, diffConfigs } from '../config/config-diff.ts'
import type { EffectiveConfig } from '../config/document.ts'
import { effectiveConfig } from '../config/effective.ts'
import { type ExplainReport, explainConfig, type ReportedSetting, reportSettings } from '../config/explain.ts'
import { keyInfo } from '../config/key-info.ts'
import { parseConfig } from '../config/layer.ts'
import { configToJson } from '../config/write-document.ts'
import { readBaked } from '../artefact/baked.ts'
import { openFile } from '../host/files.ts'
import { configure } from './configure.ts'
import { type GuestOptions, listenerFor } from './prepare.ts'
import { readConfigText } from './read-config.ts'

/** Why a guest would be told what it is told; of one key, or of all. Throws as a run does, but looks up no secret. */
export function explainConfigOf(path: string, options: GuestOptions, key?: string): ExplainReport {
  return explainConfig(effectiveOf(path, options), path, key)
}

/** The settings that win, without what lost, and the document that they come to. */
export function showConfigOf(
  path: string,
  options: GuestOptions,
): { readonly settings: readonly ReportedSetting[]; readonly document: JsonObject } {
  const config = effectiveOf(path, options)
  const there = reportSettings(config).filter(({ value }) => value !== null)
  return { settings: there.map((setting) => ({ ...setting, losing: [] })), document: configToJson(config.document) }
}

function effectiveOf(path: string, options: GuestOptions): EffectiveConfig {
  const file = openFile(path)
  try {
    const config = options.config ?? configure({ caller: 'command line' })
    // Whatever family it is of: what it is told does not depend on that.
    return config.effective(listenerFor(path, options, file, readBaked(file.source)))
  } finally {
    file.close()
  }
}

/** All that is wrong with a document. Throws HostError for one that cannot be read. */
export function checkConfigFile(path: string): CheckReport {
  try {
    return checkDocument(readConfigText(path), path).report
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return refusedDocument(error, path)
  }
}

/** What differs between two documents. Throws ConfigError and HostError. `reading` is told which file comes next. */
export function diffConfigFiles(before: string, after: string, reading: (file: string) => void): ConfigDiffReport {
  const read = (file: string) => {
    reading(file)
    return { file, config: effectiveConfig([parseConfig(readConfigText(file), file)]) }
  }
  return diffConfigs(read(before), read(after))
}

/**
 * `[KEY] ARTEFACT [WORD]...`: a first word is a key where it begins with one, as `env.A` does, or where there is no such file and the second is one.
 * `./env` is a file in any case.
 */
export function takeKey(words: readonly string[]): {
  readonly key: string | undefined
  readonly rest: readonly string[]
} {
  const [first = '', second] = words
  if (second === undefined) return { key: undefined, rest: words }
  const isKey = keyInfo([first.split(/[.[]/, 1)[0] ?? '']) !== undefined || (!isFile(first) && isFile(second))
  return isKey ? { key: first, rest: words.slice(1) } : { key: undefined, rest: words }
}

function isFile(path: string): boolean {
  try {
    openFile(path).close()
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}
