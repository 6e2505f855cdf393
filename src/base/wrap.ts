// Long lines for terminals: broken between words, with the rest set in. Pure.

/**
 * The text as lines of at most `width` characters, those behind the first begin with `indent` spaces. What stands between double quotes stays
 * together where a line can hold it, as does a word that none can.
 *
 * @example
 * ```ts
 * wrap('one two three', 9, 2) // 'one two\n  three'
 * ```
 */
export function wrap(text: string, width: number, indent: number): string {
  const [, lead = '', rest = ''] = /^( *)([^]*)$/.exec(text) ?? []
  const units = rest.match(/(?:"(?:\\.|[^"\\])*"|[^\s"]|"[^"]*$)+|\s+/g) ?? []
  const words = units.flatMap((unit) => (unit.length > width - indent ? (unit.match(/\S+|\s+/g) ?? []) : [unit]))
  const lines: string[] = []
  let line = lead
  let gap = ''
  for (const word of words) {
    if (/^\s/.test(word)) {
      gap = word
      continue
    }
    if (line.trim() !== '' && line.length + gap.length + word.length > width) {
      lines.push(line)
      line = ' '.repeat(indent) + word
    } else line += gap + word
    gap = ''
  }
  return [...lines, line].join('\n')
}
