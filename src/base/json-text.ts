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

/** Characters that are handed on at once. */
const PIECE = 64 * 1024

/** The same as `writeJson`, in pieces, for documents that are too large to be held twice. */
export function writeJsonTo(value: unknown, write: (piece: string) => void): void {
  let piece = ''
  const put = (text: string): void => {
    piece += text
    if (piece.length < PIECE) return
    write(toAscii(piece))
    piece = ''
  }
  putValue(value, '', put)
  put('\n')
  if (piece !== '') write(toAscii(piece))
}

function putValue(value: unknown, indent: string, put: (text: string) => void): void {
  if (typeof value !== 'object' || value === null) return put(JSON.stringify(value))
  const isArray = Array.isArray(value)
  const entries = isArray ? value.map((each: unknown) => ['', each] as const) : Object.entries(value)
  const members = entries.filter(([, each]) => each !== undefined)
  if (members.length === 0) return put(isArray ? '[]' : '{}')
  put(isArray ? '[' : '{')
  for (const [i, [name, each]] of members.entries()) {
    put(`${i === 0 ? '' : ','}\n${indent}  ${isArray ? '' : `${JSON.stringify(name)}: `}`)
    putValue(each, `${indent}  `, put)
  }
  put(`\n${indent}${isArray ? ']' : '}'}`)
}

/** The same on one line: several documents in a row are JSON Lines. */
export function writeJsonLine(value: unknown): string {
  return `${toAscii(JSON.stringify(value))}\n`
}

/** C1 controls, direction marks and line separators are legal in JSON strings, so `stringify` leaves them as they are. */
function toAscii(text: string): string {
  return text.replaceAll(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
