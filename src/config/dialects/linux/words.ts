// The words of a Linux command line: as the kernel splits them (lib/cmdline.c next_arg, and init/main.c for what stands behind `--`), and as they
// have to be written so that they come out again. Pure.

import type { SourceText } from '../source-text.ts'

export interface Word {
  /** Without the quotes that the kernel takes away. */
  readonly text: string
  readonly start: number
}

/** White space ends a word, double quotes keep it together; at the beginning of a word or of a value they vanish, elsewhere they stay. */
export function readLinuxWords(source: SourceText): readonly Word[] {
  const words: Word[] = []
  for (const { 0: raw, index: start } of source.text.matchAll(/(?:[^\s"]|"[^"]*(?:"|$))+/g)) {
    if (((raw.match(/"/g) ?? []).length & 1) === 1) source.tolerate(start, 'a quote that does not end')
    words.push({ text: withoutQuotes(raw), start })
  }
  return words
}

function withoutQuotes(raw: string): string {
  if (raw.startsWith('"')) return raw.slice(1).replace(/"$/, '')
  return raw.replace(/^([^=]*=)"([^]*)$/, (_, head: string, tail: string) => head + tail.replace(/"$/, ''))
}

/** The word with the quotes that it needs; undefined for one that the kernel would change all the same. */
export function quoteLinuxWord(word: string): string | undefined {
  if (word === '' || /["\p{Cc}]/u.test(word)) return undefined
  if (!/\s/.test(word)) return word
  const [, name, value] = /^([^\s=]+=)([^]*)$/.exec(word) ?? []
  return name === undefined ? `"${word}"` : `${name}"${value}"`
}
