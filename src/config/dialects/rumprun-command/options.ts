// Options as the shell's own getopts takes them: letters may stand together, an argument may follow at once or be the next word. Pure.

import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'
import type { Word } from './shell-words.ts'

export interface Option {
  readonly letter: string
  /** Empty where the option takes none. */
  readonly value: Word
}

/**
 * Options up to the first word that is none, or behind `--`, and where the rest begins. `letters` as getopts has them: `b:d`. Throws ConfigError.
 */
export function readOptions(
  source: SourceText,
  words: readonly Word[],
  from: number,
  letters: string,
): { readonly options: readonly Option[]; readonly next: number } {
  const options: Option[] = []
  let next = from
  for (; next < words.length; next++) {
    const { text, start } = words[next] as Word
    if (text === '--') return { options, next: next + 1 }
    if (!text.startsWith('-') || text === '-') break
    for (let i = 1; i < text.length; i++) {
      const letter = text[i] as string
      const known = letter === ':' ? -1 : letters.indexOf(letter)
      if (known < 0) source.fail('UNKNOWN_KEY', start, `rumprun has no option ${quote(`-${letter}`)} here`)
      if (letters[known + 1] !== ':') {
        options.push({ letter, value: { text: '', start } })
        continue
      }
      const rest = text.slice(i + 1)
      const value = rest === '' ? words[++next] : { text: rest, start }
      if (value === undefined) return source.fail('SYNTAX', start, `-${letter} has nothing behind it`)
      options.push({ letter, value })
      break
    }
  }
  return { options, next }
}
