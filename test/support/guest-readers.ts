// What guests make of their command lines, written from the grammars and from nothing else of ours: the other side of what Slipway writes.

import assert from 'node:assert/strict'

/** MirageOS (mirage-bootvar): a blank separates, a backslash keeps the next character, double quotes group. */
export function splitMirage(line: string): string[] {
  const words: string[] = []
  let word = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (char === '\\') word += line.charAt(++i)
    else if (char === '"') quoted = !quoted
    else if (char === ' ' && !quoted) {
      if (word !== '') words.push(word)
      word = ''
    } else word += char
  }
  assert.equal(quoted, false)
  return word === '' ? words : [...words, word]
}

/** Unikraft (ukargparse): white space separates; either quotes group; a backslash keeps the next character outside of quotes, and `"` in double ones. */
function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (quote === '' && /[ \t\r\n\v]/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    word ??= ''
    if (quote === '' && (char === "'" || char === '"')) quote = char
    else if (char === quote) quote = ''
    else if (char === '\\' && (quote === '' || (quote === '"' && line.charAt(i + 1) === '"'))) word += line.charAt(++i)
    else word += char
  }
  assert.equal(quote, '')
  return word === undefined ? words : [...words, word]
}

export interface UnikraftLine {
  readonly name: string
  /** All values of each parameter, in order. */
  readonly parameters: Readonly<Record<string, readonly string[]>>
  readonly words: readonly string[]
}

/** The line as a library of Unikraft's for parameters takes it: `lib.name=value`, or `lib.name=[` and words up to one that ends in `]`. */
export function readUnikraft(line: string): UnikraftLine {
  const [name = '', ...rest] = splitWords(line)
  const end = rest.indexOf('--')
  assert.ok(end >= 0, 'without -- there are no parameters')
  const parameters: Record<string, string[]> = {}
  for (let i = 0; i < end; i++) {
    const [, key = '', value = ''] = /^([^=]*)=([^]*)$/.exec(rest[i] as string) ?? []
    assert.match(key, /^\w+\.\w+$/)
    const values = (parameters[key] ??= [])
    if (!value.startsWith('[')) {
      values.push(value)
      continue
    }
    let word = value.slice(1)
    while (!word.endsWith(']')) {
      if (word !== '') values.push(word)
      i++
      assert.ok(i < end, 'a list does not end')
      word = rest[i] as string
    }
    if (word !== ']') values.push(word.slice(0, -1))
  }
  return { name, parameters, words: rest.slice(end + 1) }
}
