// The text level of rumprun's later specification, as its guests read it (docs/discoveries/rumprun.md): one JSON value, in which commas are mostly
// optional and keys may come again. Values keep their places. Depth is limited, as the reader calls itself. Linear in the text. Pure.

import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'

/** Arrays and objects within each other. A document that means something has five. */
const MAX_DEPTH = 64

export type Loose =
  | { readonly type: 'string'; readonly value: string; readonly start: number }
  /** As it is written. */
  | { readonly type: 'number'; readonly value: string; readonly start: number }
  | { readonly type: 'boolean'; readonly value: boolean; readonly start: number }
  | { readonly type: 'null'; readonly start: number }
  | { readonly type: 'array'; readonly elements: readonly Loose[]; readonly start: number }
  | LooseObject

/** Its members in the order of the text; keys may repeat. */
export type LooseObject = { readonly type: 'object'; readonly members: readonly LooseMember[]; readonly start: number }
export type LooseMember = { readonly key: string; readonly keyStart: number; readonly value: Loose }

/** The value that begins at the first `{`; undefined where there is none. Throws ConfigError. */
export function readLenient(source: SourceText): LooseObject | undefined {
  const start = source.text.indexOf('{')
  if (start < 0) return undefined
  if (start > 0)
    source.tolerate(0, `${quote(source.text.slice(0, start), 40)} stands in front of the first { and is not read`)
  const reader = new Reader(source, start)
  const value = reader.object(0)
  const rest = /[^ \t\r\n]/.exec(source.text.slice(reader.at))
  if (rest !== null) source.tolerate(reader.at + rest.index, 'what stands behind the first object is not read')
  return value
}

class Reader {
  at: number
  readonly #source: SourceText

  constructor(source: SourceText, start: number) {
    this.#source = source
    this.at = start
  }

  object(depth: number): LooseObject {
    const members: LooseMember[] = []
    const start = this.#sequence('}', depth, () => {
      const keyStart = this.at
      if (this.#source.text[keyStart] !== '"') this.#fail(keyStart, 'a key has no double quotes round it')
      const key = this.#string()
      this.#blanks()
      if (this.#source.text[this.at] !== ':') this.#fail(this.at, 'a colon is missing in front of this')
      this.at++
      this.#blanks()
      members.push({ key, keyStart, value: this.#value(depth + 1) })
    })
    return { type: 'object', members, start }
  }

  #array(depth: number): Loose {
    const elements: Loose[] = []
    const start = this.#sequence(']', depth, () => elements.push(this.#value(depth + 1)))
    return { type: 'array', elements, start }
  }

  /** From the opening bracket to behind the closing one. Any number of commas may stand between elements and behind the last, none in front. */
  #sequence(close: string, depth: number, element: () => void): number {
    const { text } = this.#source
    const start = this.at
    if (depth >= MAX_DEPTH) this.#source.fail('LIMIT', start, `more than ${MAX_DEPTH} arrays and objects in each other`)
    this.at++
    for (let first = true; ; first = false) {
      const commas = this.#commas(first)
      if (this.at >= text.length) this.#source.fail('SYNTAX', start, 'this does not end')
      if (text[this.at] === close) {
        if (commas > 0) this.#source.tolerate(this.at, 'a comma before the end')
        this.at++
        return start
      }
      if (!first && commas === 0) this.#source.tolerate(this.at, 'a comma is missing in front of this')
      element()
    }
  }

  #commas(first: boolean): number {
    let commas = 0
    for (this.#blanks(); this.#source.text[this.at] === ','; this.#blanks()) {
      if (first) this.#fail(this.at, 'a comma in front of the first member')
      if (commas === 1) this.#source.tolerate(this.at, 'a comma too many')
      commas++
      this.at++
    }
    return commas
  }

  #value(depth: number): Loose {
    const { text } = this.#source
    const start = this.at
    const char = text[start]
    if (char === '{') return this.object(depth)
    if (char === '[') return this.#array(depth)
    if (char === '"') return { type: 'string', value: this.#string(), start }
    const word = this.#match(/[^\s,:{}[\]"]*/y)
    this.at += word.length
    if (word === 'true' || word === 'false') return { type: 'boolean', value: word === 'true', start }
    if (word === 'null') return { type: 'null', start }
    if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(word)) {
      this.#fail(start, `${quote(word === '' ? (char ?? '') : word, 40)} is not what JSON has here`)
    }
    // The number's reader looks one character ahead, and takes the last one of the text for its end.
    if (this.at === text.length - 1)
      this.#fail(start, 'guests miss the } behind a number at the very end', 'end the text with a line feed')
    return { type: 'number', value: word, start }
  }

  #string(): string {
    const { text } = this.#source
    const start = this.at
    const body = this.#match(/"(?:[ !#-[\]-\x7e]+|\\(?:["/\\bfnrt]|u[0-9A-Fa-f]{4}))*/y)
    const end = start + body.length
    if (text[end] !== '"') this.#badString(start, end)
    this.at = end + 1
    const value = JSON.parse(text.slice(start, end + 1)) as string
    if (/\p{Surrogate}/u.test(value)) this.#fail(start, 'half of a character in an escape')
    if (value.includes('\0')) this.#fail(start, 'a NUL, which ends a guest’s string')
    if (/[\ud800-\udfff]/.test(value)) {
      this.#source.tolerate(start, 'guests make two characters that do not exist out of a pair of \\u escapes')
    }
    return value
  }

  #badString(start: number, at: number): never {
    const [found] = this.#source.text.slice(at, at + 2)
    if (found === undefined) this.#fail(start, 'this string does not end')
    if (found === '\\') this.#fail(at, `${quote(this.#source.text.slice(at, at + 2))} is no escape of JSON`)
    if (found < ' ' || found === '\x7f')
      this.#fail(at, `${quote(found)} stands in a string as it is`, 'write it as an escape')
    return this.#fail(
      at,
      `${quote(found)} stands in a string as it is; guests take ASCII only`,
      'write it as \\u escapes',
    )
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.at
    return pattern.exec(this.#source.text)?.[0] ?? ''
  }

  #blanks(): void {
    this.at += this.#match(/[ \t\r\n]*/y).length
  }

  #fail(offset: number, problem: string, advice?: string): never {
    return this.#source.fail('SYNTAX', offset, problem, advice)
  }
}
