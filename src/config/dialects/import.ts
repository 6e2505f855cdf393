// What other tools' configurations can be read from, and the report that says what came of it (schema/import.schema.json). Pure.

import { escapeControls } from '../../base/quote.ts'
import type { JsonObject } from '../../base/json.ts'
import { VERSION } from '../../base/version.ts'
import { configToJson } from '../write-document.ts'
import type { Imported } from './draft.ts'
import { importRumprunCommand } from './rumprun-command/import.ts'
import { importRumprun } from './rumprun/import.ts'
import { importRumprunLegacy } from './rumprun-legacy/import.ts'
import type { Notice } from './source-text.ts'
import { importXl, type XlOptions } from './xl/import.ts'

export const IMPORTS = ['rumprun-legacy', 'rumprun', 'rumprun-command', 'xl'] as const
export type ImportFormat = (typeof IMPORTS)[number]

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const IMPORT_SCHEMA_VERSION = 1

/** `schema/import.schema.json` describes it field by field. */
export interface ImportReport {
  readonly schema: 'slipway.import'
  readonly schemaVersion: typeof IMPORT_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  readonly from: ImportFormat
  /** A document of docs/spec/config.md. */
  readonly document: JsonObject
  readonly notices: readonly Notice[]
}

const READERS: Readonly<Record<ImportFormat, (bytes: Uint8Array, options: XlOptions) => Imported>> = {
  'rumprun-legacy': importRumprunLegacy,
  rumprun: importRumprun,
  'rumprun-command': importRumprunCommand,
  xl: importXl,
}

/** Throws ConfigError for what the guests behind that format do not accept, and for what no document can say. */
export function importConfig(bytes: Uint8Array, from: ImportFormat, options: XlOptions): ImportReport {
  const { document, notices } = READERS[from](bytes, options)
  return {
    schema: 'slipway.import',
    schemaVersion: IMPORT_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    file: options.file,
    from,
    document: configToJson(document),
    notices,
  }
}

/** A line for each thing that was let pass. */
export function renderNotices({ file, notices }: Pick<ImportReport, 'file' | 'notices'>): string {
  return notices.map(({ line, column, message }) => `${escapeControls(file)}:${line}:${column}: ${message}\n`).join('')
}
