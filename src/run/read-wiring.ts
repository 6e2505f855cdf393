// Wiring files: the operator's wires as a document.

import { readText } from '../host/read-text.ts'
import { MAX_WIRING_DOCUMENT, parseWiring } from '../wiring/document.ts'
import type { Wire } from '../wiring/wire.ts'
import { wireFrom } from './wire-paths.ts'

/**
 * The wires of a file (schema/wiring.schema.json). Relative paths in it count from the file's own directory. Throws ConfigError with
 * line and column, HostError for a file that cannot be read.
 *
 * @example
 * ```ts
 * await run('shop.spt', { wiring: readWiring('shop.wiring.json') })
 * ```
 */
export function readWiring(path: string): readonly Wire[] {
  return parseWiring(readText(path, MAX_WIRING_DOCUMENT), path).map((wire) => wireFrom(path, wire))
}
