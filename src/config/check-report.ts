// All that is wrong with a document, as plain data for programs (schema/config-check.schema.json) and as lines for people. Pure.

import { ConfigError, type ConfigErrorCode } from '../base/errors.ts'
import { escapeControls, quote } from '../base/quote.ts'
import { VERSION } from '../base/version.ts'
import { effectiveConfig } from './effective.ts'
import { formatKey } from './key.ts'
import { checkConfig, type ConfigLayer, type DocumentLayer } from './layer.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const CHECK_SCHEMA_VERSION = 1

export interface ConfigFinding {
  readonly code: ConfigErrorCode
  readonly line: number
  readonly column: number
  /** Empty for what is wrong with the text. */
  readonly key: string
  readonly message: string
  readonly advice: string | null
}

/** `schema/config-check.schema.json` describes it field by field. */
export interface CheckReport {
  readonly schema: 'slipway.config-check'
  readonly schemaVersion: typeof CHECK_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  readonly accepted: boolean
  readonly findings: readonly ConfigFinding[]
}

/** Everything that is wrong with a document by itself, and the document if it can be used. Throws nothing. */
export function checkDocument(
  text: string,
  file: string,
  as: DocumentLayer = 'file',
): { report: CheckReport; layer?: ConfigLayer } {
  try {
    const { layer, problems } = checkConfig(text, file, as)
    if (problems.length > 0) return { report: reportOf(file, problems) }
    effectiveConfig([layer])
    return { report: reportOf(file, []), layer }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { report: reportOf(file, [error]) }
  }
}

/** A document that could not even be read as text. */
export function refusedDocument(error: ConfigError, file: string): CheckReport {
  return reportOf(file, [error])
}

function reportOf(file: string, problems: readonly ConfigError[]): CheckReport {
  return {
    schema: 'slipway.config-check',
    schemaVersion: CHECK_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    file,
    accepted: problems.length === 0,
    findings: problems.map(findingOf),
  }
}

function findingOf({ code, line, column, path, message, advice, file }: ConfigError): ConfigFinding {
  const place = `${quote(file)}:${line}:${column}: `
  const problem = message.startsWith(place) ? message.slice(place.length) : message
  return { code, line, column, key: formatKey(path), message: problem, advice: advice ?? null }
}

type Style = (format: 'bold' | 'red', text: string) => string

/** A line for each finding, with its place in front as compilers have it. */
export function renderCheck({ file, accepted, findings }: CheckReport, style: Style): string {
  if (accepted) return `${style('bold', quote(file))}: nothing is wrong with it\n`
  return findings
    .map(({ line, column, message, advice }) => {
      const more = advice === null ? '' : `\n  ${advice}`
      return `${safe(file)}:${line}:${column}: ${style('red', 'refused')} ${safe(message)}${safe(more)}\n`
    })
    .join('')
}

function safe(text: string): string {
  return escapeControls(text, '', '\\\n')
}
