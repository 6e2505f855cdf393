// The words of a MirageOS command line, as its guests split it (docs/discoveries/command-lines.md): the way back from `escapeWords`. Pure.

import type { SourceText } from '../source-text.ts'

export interface Word {
  readonly text: string
  /** Where it begins in the text. */
  readonly start: number
}

/** Throws ConfigError SYNTAX where a guest would stop. Empty words vanish, with a notice. */
export function readMirageWords(source: SourceText): readonly Word[] {
  const { text } = source
  const words: Word[] = []
  let word: string | undefined
  let start = 0
  let opened = -1
  const end = (): void => {
    if (word === '') source.tolerate(start, 'an empty word, which guests do not see')
    else if (word !== undefined) words.push({ text: word, start })
    word = undefined
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === ' ' && opened < 0) {
      end()
      continue
    }
    if (word === undefined) start = at
    word ??= ''
    if (char === '"') opened = opened < 0 ? at : -1
    else if (char !== '\\') word += char
    else {
      const next = text.codePointAt(at + 1)
      if (next === undefined) return source.fail('SYNTAX', at, 'a backslash at the very end')
      const escaped = String.fromCodePoint(next)
      word += escaped
      at += escaped.length
    }
  }
  if (opened >= 0) return source.fail('SYNTAX', opened, 'this quote does not end')
  end()
  return words
}
