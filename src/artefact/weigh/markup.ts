// Text in XML and HTML. Pure.

import { escapeControls } from '../../base/quote.ts'

/**
 * Safe as text and between quotation marks, whatever it holds: what XML cannot have, and what would hide or turn text round, is spelt out. Lines
 * stay lines, and what has been spelt out before stays as it is.
 */
export function escapeMarkup(text: string): string {
  return escapeControls(text, '', '\\\n').replaceAll(/[&<>"'\ufffe\uffff]/g, (char) => {
    const code = char.charCodeAt(0)
    // Two that are no characters, and that XML has not.
    return code < 0xfffe ? `&#${code};` : `\\u${code.toString(16)}`
  })
}
