// For tests: a document as the JSON that is written of it, without the lines that every one has.

import type { ConfigDocument } from '../document.ts'
import { configToJson } from '../write-document.ts'

export function plain(document: ConfigDocument): unknown {
  const {
    schema: _,
    schemaVersion: __,
    ...rest
  } = JSON.parse(JSON.stringify(configToJson(document))) as Record<string, unknown>
  return rest
}
