// Configurations of other tools, as files.

import { importConfig, type ImportFormat, type ImportReport } from '../config/dialects/import.ts'
import type { XlGuest } from '../config/dialects/xl/import.ts'
import { readInput } from '../host/read-input.ts'

/** Bytes: more than any reader takes, so that it can say so itself. */
const MAX_FILE: number = 16 * 2 ** 20

export interface ImportFileOptions {
  readonly guest?: XlGuest | undefined
  readonly programs?: readonly string[] | undefined
}

/** Reads a file, `-` is standard input. Throws ConfigError and HostError. */
export function importConfigFile(path: string, from: ImportFormat, options: ImportFileOptions): ImportReport {
  const file = path === '-' ? 'standard input' : path
  return importConfig(readInput(path, MAX_FILE), from, { file, ...options })
}
