// Makes text that nobody has vouched for safe to show: file contents, names, paths, a guest's words. Pure.

const MAX_QUOTED = 256 // characters: a hostile name must not fill a terminal

/**
 * Untrusted text between double quotes, safe for a terminal or a log: controls (C0, DEL, C1), bidirectional and invisible
 * format characters, line separators, unusual spaces and lone surrogates appear as escapes, and a long text is cut with its length said.
 *
 * @example
 * ```ts
 * quote('a\u001b[31mb') // "a\u001b[31mb", with the escape spelt out
 * ```
 */
export function quote(text: string, max: number = MAX_QUOTED): string {
  const shown = escapeControls(text.slice(0, max), '"')
  return text.length > max ? `"${shown}…" (${text.length} characters)` : `"${shown}"`
}

/** A name as it is where that is harmless, between quotation marks as above where it is not. */
export function showName(name: string, max: number = Number.POSITIVE_INFINITY): string {
  const quoted = quote(name, max)
  return quoted === `"${name}"` && !/^ | $|^$/.test(name) ? name : quoted
}

/**
 * The same as `quote` without the quotation marks and without a limit, for streams: `also` names characters to put a backslash in front of,
 * `keep` those that stay as they are, such as line feed and tab.
 *
 * @example
 * ```ts
 * escapeControls('one\u0007\ntwo\n', '', '\n') // 'one\\u0007\ntwo\n'
 * ```
 */
export function escapeControls(text: string, also = '', keep = ''): string {
  let out = ''
  for (const char of text) {
    if (keep.includes(char)) out += char
    else if (char === '\\' || (also !== '' && also.includes(char))) out += `\\${char}`
    else out += isHazard(char) ? spell(char.codePointAt(0) as number) : char
  }
  return out
}

function spell(code: number): string {
  if (code === 0x0a) return '\\n'
  if (code === 0x09) return '\\t'
  if (code === 0x0d) return '\\r'
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * Controls (C0, DEL, and C1, on which some terminals act), lone surrogates, direction marks, line separators, all that is invisible,
 * and spaces that look like the ordinary one.
 */
const HAZARD = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Z}\ufff9-\ufffb]/u

function isHazard(char: string): boolean {
  return (char < ' ' || char > '~') && HAZARD.test(char)
}
