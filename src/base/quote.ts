// Makes text that nobody has vouched for safe to show: file contents, names, paths, a guest's words. Pure.

const MAX_QUOTED = 256 // characters: a hostile name must not fill a terminal

/**
 * Untrusted text between double quotes, safe for a terminal or a log: controls (C0, DEL, C1), bidirectional and invisible
 * format characters, line separators and lone surrogates appear as escapes, and a long text is cut with its length said.
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

/**
 * The same without the quotation marks and without a limit, for streams: line feed and tab stay as they are when `keep` names them.
 */
export function escapeControls(text: string, also = '', keep = ''): string {
  let out = ''
  for (const char of text) {
    const code = char.codePointAt(0) as number
    if (keep.includes(char)) out += char
    else if (char === '\\' || (also !== '' && also.includes(char))) out += `\\${char}`
    else out += isHazard(code) ? spell(code) : char
  }
  return out
}

function spell(code: number): string {
  if (code === 0x0a) return '\\n'
  if (code === 0x09) return '\\t'
  if (code === 0x0d) return '\\r'
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

function isHazard(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) || // DEL and C1: some terminals act on 8-bit controls
    code === 0xad || // soft hyphen
    code === 0x061c || // Arabic letter mark
    (code >= 0x200b && code <= 0x200f) || // zero width, LRM, RLM
    (code >= 0x2028 && code <= 0x202e) || // line separators, bidi embeddings and overrides
    (code >= 0x2060 && code <= 0x206f) || // word joiner, bidi isolates, invisible operators
    (code >= 0xd800 && code <= 0xdfff) || // a lone surrogate
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0xe0000 && code <= 0xe007f) // tags
  )
}
