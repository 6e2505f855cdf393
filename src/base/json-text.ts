// Writes JSON that is safe to show: a terminal and a log see printable ASCII only, whatever the strings hold. Pure.

/**
 * The document with two spaces of indentation and a line feed at its end. Characters beyond ASCII appear as escapes, which any
 * reader of JSON undoes.
 *
 * @example
 * ```ts
 * writeJson({ name: 'caf\u00e9' }) // '{\n  "name": "caf\\u00e9"\n}\n'
 * ```
 */
export function writeJson(value: unknown): string {
  return `${toAscii(JSON.stringify(value, undefined, 2))}\n`
}

/** The same on one line: several documents in a row are JSON Lines. */
export function writeJsonLine(value: unknown): string {
  return `${toAscii(JSON.stringify(value))}\n`
}

/** C1 controls, direction marks and line separators are legal in JSON strings, so `stringify` leaves them as they are. */
function toAscii(text: string): string {
  return text.replaceAll(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
