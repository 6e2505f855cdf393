// The words of a legacy `cmdline`, as guests split it (docs/discoveries/rumprun.md) and as it has to be written so that they come out again. Pure.

/**
 * What a guest makes of the text of a `cmdline` as it stands between the quotes of the JSON: escapes have not been undone there, the splitter
 * itself takes a backslash away. The other kind of quote inside of quotes is dropped as well, and takes over.
 *
 * @example
 * ```ts
 * splitWords("p 'a b' c") // ['p', 'a b', 'c']
 * ```
 */
export function splitWords(text: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  let quoted = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (quoted === '' && (char === ' ' || char === '\t' || char === '\n')) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    word ??= ''
    if (char === quoted) quoted = ''
    else if (char === "'" || char === '"') quoted = char
    else if (char === '\\') word += text[++i] ?? ''
    else word += char
  }
  return word === undefined ? words : [...words, word]
}

/**
 * The text of a `cmdline`, between the quotes of the JSON, of which a guest makes these words again; undefined where there is none: single quotes
 * group and cannot stand for themselves, and control characters are not JSON.
 *
 * @example
 * ```ts
 * joinLegacyWords(['p', 'a b', '']) // "p 'a b' ''"
 * ```
 */
export function joinLegacyWords(words: readonly string[]): string | undefined {
  const joined: string[] = []
  for (const word of words) {
    if (/'|\p{Cc}/u.test(word)) return undefined
    // A backslash keeps the next character, here as in JSON, and guests do not undo the latter.
    const escaped = word.replaceAll(/["\\]/g, '\\$&')
    joined.push(word === '' || word.includes(' ') ? `'${escaped}'` : escaped)
  }
  return joined.join(' ')
}
