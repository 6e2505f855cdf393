// The text level of legacy rumprun documents, as guests read it (docs/discoveries/rumprun.md): a flat list of tokens, each of which knows how many
// others belong to it. Guests go by these numbers, so they are counted here in the same way. Linear in the text. Pure.

import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'
import { Punctuation } from './punctuation.ts'

/** A primitive is a word without quotes: a number, `true`, anything. */
export type TokenType = 'object' | 'array' | 'string' | 'primitive'

export interface Token {
  readonly type: TokenType
  /** Where it stands. */
  readonly start: number
  /** Where its text begins and ends; a string's is what stands between its quotes. */
  readonly textStart: number
  readonly end: number
  /** Keys of an object, elements of an array, values of a key; what a colon or comma too few does to them is what it does in a guest. */
  readonly size: number
}

type OpenToken = { -readonly [K in keyof Token]: Token[K] }

/** The tokens from the first `{` on; none where there is no `{`. Throws ConfigError SYNTAX. */
export function readTokens(source: SourceText): readonly Token[] {
  const start = source.text.indexOf('{')
  if (start < 0) return []
  if (start > 0)
    source.tolerate(0, `${quote(source.text.slice(0, start), 40)} stands in front of the first { and is not read`)
  return new Tokenizer(source).read(start)
}

class Tokenizer {
  readonly #source: SourceText
  readonly #punctuation: Punctuation
  readonly #tokens: OpenToken[] = []
  /** Objects and arrays that have not ended, the innermost last. */
  readonly #open: OpenToken[] = []
  /** What the next token is counted for. */
  #owner: OpenToken | undefined

  constructor(source: SourceText) {
    this.#source = source
    this.#punctuation = new Punctuation(source)
  }

  read(start: number): readonly Token[] {
    const { text } = this.#source
    for (let at = start; at < text.length; at = this.#step(text, at));
    const open = this.#open[0]
    if (open !== undefined) {
      this.#source.fail('SYNTAX', open.start, `this ${open.type} does not end`, 'guests say: json parse failed 2')
    }
    return this.#tokens
  }

  /** Takes what stands at an offset, and returns where the next thing stands. */
  #step(text: string, at: number): number {
    const char = text[at] as string
    switch (char) {
      case '{':
      case '[':
        this.#begin(char === '{' ? 'object' : 'array', at)
        return at + 1
      case '}':
      case ']':
        this.#finish(char === '}' ? 'object' : 'array', at)
        return at + 1
      case '"': {
        const end = endOfString(this.#source, at)
        this.#add('string', at, at + 1, end)
        return end + 1
      }
      case ':':
        this.#punctuation.colon(at)
        this.#owner = this.#tokens.at(-1)
        return at + 1
      case ',':
        this.#punctuation.comma(at)
        if (this.#owner?.type === 'string' || this.#owner?.type === 'primitive') {
          this.#owner = this.#open.at(-1) ?? this.#owner
        }
        return at + 1
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        return at + 1
      default: {
        const end = endOfPrimitive(this.#source, at)
        this.#add('primitive', at, at, end)
        return end
      }
    }
  }

  #add(type: 'string' | 'primitive', start: number, textStart: number, end: number): void {
    this.#punctuation.value(start)
    this.#tokens.push({ type, start, textStart, end, size: 0 })
    if (this.#owner !== undefined) this.#owner.size++
  }

  #begin(type: 'object' | 'array', start: number): void {
    this.#punctuation.open(type, start)
    if (this.#owner !== undefined) this.#owner.size++
    this.#owner = { type, start, textStart: start, end: start, size: 0 }
    this.#tokens.push(this.#owner)
    this.#open.push(this.#owner)
  }

  #finish(type: 'object' | 'array', at: number): void {
    const token = this.#open.pop()
    if (token?.type !== type) {
      const problem = token === undefined ? 'nothing that this ends has begun' : `this ends no ${token.type}`
      this.#source.fail('SYNTAX', at, problem, 'guests say: json parse failed 2')
    }
    this.#punctuation.close(at)
    token.end = at + 1
    this.#owner = this.#open.at(-1)
  }
}

/** Escapes are checked and stay as they are. */
const STRING = /"(?:[^"\\]|\\(?:["/\\bfrnt]|u[0-9A-Fa-f]{4}))*/y

/** Where the closing quote stands. */
function endOfString(source: SourceText, at: number): number {
  STRING.lastIndex = at
  STRING.test(source.text)
  const end = STRING.lastIndex
  if (source.text[end] === '"') return end
  const problem =
    end >= source.text.length - 1
      ? 'this string does not end'
      : `${quote(source.text.slice(end, end + 2))} is no escape of JSON`
  return source.fail('SYNTAX', end >= source.text.length - 1 ? at : end, problem, 'guests say: json parse failed 1')
}

const PRIMITIVE = /[^\t\r\n ,\]}:]+/y

function endOfPrimitive(source: SourceText, at: number): number {
  PRIMITIVE.lastIndex = at
  const word = PRIMITIVE.exec(source.text)?.[0] ?? ''
  const bad = /[^\x20-\x7e]/.exec(word)
  if (bad !== null) {
    const problem = `${quote(bad[0])} cannot stand outside of a string`
    source.fail('SYNTAX', at + bad.index, problem, 'guests say: json parse failed 1')
  }
  return at + word.length
}
