// Configuration documents as files, as pipes, or as standard input.

import { MAX_CONFIG_DOCUMENT, readConfigBytes } from '../config/layer.ts'
import { isStream, readInput } from '../host/read-input.ts'
import { readText } from '../host/read-text.ts'

/** `-` is standard input. Throws ConfigError LIMIT or SYNTAX, HostError for what cannot be read. */
export function readConfigText(path: string): string {
  if (!isStream(path)) return readText(path, MAX_CONFIG_DOCUMENT)
  return readConfigBytes(readInput(path, MAX_CONFIG_DOCUMENT), path)
}
