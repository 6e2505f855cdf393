// Words of a Unikraft command line, quoted so that they come out again (docs/discoveries/command-lines.md). Pure.

/** What keeps its meaning without quotes. */
const PLAIN = /^[^\s'"\\]+$/

/** Single quotes keep everything as it is but themselves; quotes may stand in the middle of a word. */
export function quoteUnikraftWord(word: string): string {
  if (PLAIN.test(word)) return word
  return `'${word.replaceAll("'", `'"'"'`)}'`
}

/**
 * A parameter with several values: a list, and one by itself for each that a list would end at.
 *
 * @example
 * ```ts
 * listParameter('env.vars', ['A=1', 'B=two words']) // ['env.vars=[', 'A=1', "'B=two words'", ']']
 * ```
 */
export function listParameter(name: string, values: readonly string[]): readonly string[] {
  const inList = values.filter((value) => !value.endsWith(']'))
  const alone = values.filter((value) => value.endsWith(']')).map((value) => quoteUnikraftWord(`${name}=${value}`))
  return inList.length === 0 ? alone : [`${name}=[`, ...inList.map(quoteUnikraftWord), ']', ...alone]
}
