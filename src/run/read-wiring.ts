// Wiring files: the operator's wires as a document.

import { dirname, resolve } from 'node:path'
import { readText } from '../host/read-text.ts'
import { MAX_WIRING_DOCUMENT, parseWiring } from '../wiring/document.ts'
import type { Wire } from '../wiring/wire.ts'

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
  const directory = dirname(path)
  return parseWiring(readText(path, MAX_WIRING_DOCUMENT), path).map((wire): Wire => {
    if (wire.type === 'block') return { ...wire, path: resolve(directory, wire.path) }
    if (wire.carrier.kind !== 'unix') return wire
    return { ...wire, carrier: { ...wire.carrier, path: resolve(directory, wire.carrier.path) } }
  })
}
