// Text in documents that we have written, or that claim it. Pure.

import type { JsonView } from '../base/json-view.ts'
import { escapeControls, quote } from '../base/quote.ts'

/** What we write has nothing in it that a terminal acts on. Throws ConfigError. */
export function printable(view: JsonView): string {
  const text = view.string()
  if (escapeControls(text, '', '\\') !== text) view.fail('BAD_VALUE', `is ${quote(text)}, which has control characters`)
  return text
}
