// The settings of an xl configuration file (xl.cfg(5)): NAME=VALUE, one a line or with `;` between, where a value is a string, a number, or a
// list in brackets over any number of lines. Pure.

import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'

export interface XlSetting {
  /** Where the name stands. */
  readonly start: number
  /** What stands between the quotes, or the number; undefined for a list, none of which says anything to the guest. */
  readonly text: string | undefined
  readonly valueStart: number
}

/** The last setting of each name, as xl takes them. Throws ConfigError SYNTAX. Linear in the text. */
export function readXlSettings(source: SourceText): ReadonlyMap<string, XlSetting> {
  const { text } = source
  const settings = new Map<string, XlSetting>()
  let at = 0
  for (;;) {
    at += match(/(?:[\s;]|#[^\n]*)*/y, text, at).length
    if (at >= text.length) return settings
    const name = match(/[A-Za-z_][A-Za-z0-9_]*/y, text, at)
    const start = at
    at += name.length
    const equals = match(/[ \t]*\+?=[ \t]*/y, text, at)
    if (name === '' || equals === '') source.fail('SYNTAX', at, `${quote(text[at] ?? 'the end')} is not NAME=VALUE`)
    if (equals.includes('+'))
      source.fail('SYNTAX', at, '+= adds to a setting, which this reader does not do', 'write the whole value')
    at += equals.length
    const value = readValue(source, at)
    if (settings.has(name)) source.tolerate(start, `${name} is given again; the last one counts`)
    settings.set(name, { start, text: value.text, valueStart: at })
    at = value.end
    at += match(/[ \t]*(?:#[^\n]*)?/y, text, at).length
    if (at < text.length && !/[\r\n;]/.test(text[at] as string)) {
      source.fail('SYNTAX', at, `${quote(text[at] as string)} stands behind a value`)
    }
  }
}

function readValue(source: SourceText, at: number): { text: string | undefined; end: number } {
  const { text } = source
  if (text[at] === '[') return { text: undefined, end: endOfList(source, at) }
  if (text[at] === '"' || text[at] === "'") {
    const end = endOfString(source, at)
    return { text: unescape(source, at + 1, end - 1), end }
  }
  const word = match(/-?[A-Za-z0-9_]+/y, text, at)
  if (word === '') source.fail('SYNTAX', at, 'a value is missing', 'put strings into quotes')
  return { text: word, end: at + word.length }
}

function endOfString(source: SourceText, at: number): number {
  const pattern = source.text[at] === '"' ? /"(?:[^"\\\n]|\\[^\n])*"/y : /'(?:[^'\\\n]|\\[^\n])*'/y
  const found = match(pattern, source.text, at)
  if (found === '') source.fail('SYNTAX', at, 'this string does not end in its line')
  return at + found.length
}

function endOfList(source: SourceText, at: number): number {
  const { text } = source
  let end = at
  for (let depth = 0; ; ) {
    end += match(/(?:[^[\]"'#]|#[^\n]*)*/y, text, end).length
    const char = text[end]
    if (char === undefined) return source.fail('SYNTAX', at, 'this list does not end')
    if (char === '"' || char === "'") {
      end = endOfString(source, end)
      continue
    }
    depth += char === '[' ? 1 : -1
    end++
    if (depth === 0) return end
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
])

function unescape(source: SourceText, start: number, end: number): string {
  return source.text.slice(start, end).replaceAll(/\\([^])/g, (whole, char: string, offset: number) => {
    return ESCAPES.get(char) ?? source.fail('SYNTAX', start + offset, `${quote(whole)} is no escape of xl’s`)
  })
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
