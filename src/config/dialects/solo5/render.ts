// The words of a plain Solo5 guest: one line, in which nothing is escaped (docs/discoveries/command-lines.md). Pure.

import { joinWords } from '../../command-line.ts'
import { formatKey } from '../../key.ts'
import { type Dialect, type Refuse, wordsBehindName } from '../dialect.ts'
import { NOTHING } from '../features.ts'

export const solo5Dialect: Dialect = {
  name: 'solo5',
  end: '',
  expresses: { ...NOTHING, argv: 'without argv[0], empty words, and words with blanks' },
  write: (document, _, refuse) => {
    const words = wordsBehindName(document).map((word, i) => plainWord(word, i, refuse))
    return { text: joinWords(words), notes: [] }
  },
}

/** The guest gets one line and splits it as it likes, most often at blanks. */
function plainWord(word: string, index: number, refuse: Refuse): string {
  const key = formatKey(['rc', 0, 'argv', index + 1])
  if (word === '') return refuse(key, 'is an empty word, which such a guest does not see')
  if (!/\s/.test(word)) return word
  const advice = 'for a guest that undoes escapes, use the mirage dialect'
  return refuse(key, 'has a blank in it, at which such a guest splits it', advice)
}
