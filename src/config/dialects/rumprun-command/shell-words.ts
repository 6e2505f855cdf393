// The words that a POSIX shell makes of one simple command (XCU 2.2, 2.3), with their places. What only a shell can know, such as the value
// of a variable, is refused. Pure.

import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'

export interface Word {
  readonly text: string
  readonly start: number
}

/** Throws ConfigError SYNTAX. Linear in the text. */
export function readShellWords(source: SourceText): readonly Word[] {
  const { text } = source
  const words: Word[] = []
  let at = 0
  while (at < text.length) {
    const blanks = match(/(?:[ \t]|\\\r?\n)+|#[^\n]*/y, text, at)
    if (blanks !== '') {
      at += blanks.length
      continue
    }
    if (match(/[\r\n]/y, text, at) !== '') {
      at++
      if (words.length === 0) continue
      requireEnd(source, at)
      return words
    }
    const word = readWord(source, at)
    words.push({ text: word.text, start: at })
    at = word.end
  }
  return words
}

/** A line feed ends the command: nothing but blank lines and comments may follow. */
function requireEnd(source: SourceText, at: number): void {
  const next = at + match(/(?:\s|#[^\n]*)*/y, source.text, at).length
  if (next < source.text.length) {
    source.fail('SYNTAX', next, 'a second command', 'write one command, or end the lines before its last with \\')
  }
}

function readWord(source: SourceText, start: number): { text: string; end: number } {
  const { text } = source
  let out = ''
  let at = start
  while (at < text.length && !/[ \t\r\n]/.test(text[at] as string)) {
    const plain = match(/[^ \t\r\n'"\\$`|&;<>()*?[~]+/y, text, at)
    if (plain !== '') {
      out += plain
      at += plain.length
    } else if (text[at] === "'") {
      const inside = match(/'[^']*'/y, text, at)
      if (inside === '') source.fail('SYNTAX', at, 'this quote does not end')
      out += inside.slice(1, -1)
      at += inside.length
    } else if (text[at] === '"') {
      const inside = match(/"(?:[^"\\$`]|\\[^])*"/y, text, at)
      if (inside === '') refuseDouble(source, at)
      out += inside.slice(1, -1).replaceAll(/\\(\n|[$`"\\])/g, (_, char: string) => (char === '\n' ? '' : char))
      at += inside.length
    } else if (text[at] === '\\') {
      if (text[at + 1] === undefined) source.fail('SYNTAX', at, 'a backslash at the very end')
      out += text[at + 1] === '\n' ? '' : text[at + 1]
      at += 2
    } else if (text[at] === '~' && at > start) {
      out += '~'
      at++
    } else {
      const advice = 'write what it stands for, or put it into single quotes'
      source.fail('SYNTAX', at, `${quote(text[at] as string)} means something to a shell only`, advice)
    }
  }
  return { text: out, end: at }
}

function refuseDouble(source: SourceText, at: number): never {
  const until = match(/"(?:[^"\\$`]|\\[^])*/y, source.text, at)
  const found = source.text[at + until.length]
  if (found === undefined || found === '\\') return source.fail('SYNTAX', at, 'this quote does not end')
  const advice = 'write what it stands for, or put a backslash in front'
  return source.fail('SYNTAX', at + until.length, `${quote(found)} means something to a shell only`, advice)
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
