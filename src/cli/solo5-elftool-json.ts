// JSON as Solo5's elftool reads it: commas may be left out or repeated, whatever follows the document is ignored, and a value knows the
// line where the reader stood before it. Only slipway-solo5-elftool is that tolerant; everything else reads JSON with base/json.ts.
// Nobody has vouched for the text. Pure.

import { refuse } from './solo5-elftool-refusal.ts'

/** Arrays and objects within each other. The reference has no limit, and ends with a fault where its stack does. */
const MAX_DEPTH = 1000

const [LF, QUOTE, BACKSLASH, COMMA, COLON, MINUS, ZERO, DOT] = [0x0a, 0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x30, 0x2e]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const EOF = -1

/** What a backslash in front of these means; behind `u` come four digits. */
const ESCAPES = new Map(
  Object.entries({ '"': '"', '/': '/', '\\': '\\', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning],
  ),
)

const LITERALS = new Map([
  [0x66, { word: 'false', kind: 'BOOLEAN' }],
  [0x6e, { word: 'null', kind: 'NULL' }],
  [0x74, { word: 'true', kind: 'BOOLEAN' }],
] as const)

/** Strings have a character for each byte. */
export type LooseValue = { readonly line: number } & (
  | { readonly kind: 'NULL' | 'BOOLEAN' | 'REAL' }
  | { readonly kind: 'STRING'; readonly text: string }
  | { readonly kind: 'INTEGER'; readonly value: bigint }
  | { readonly kind: 'ARRAY'; readonly elements: readonly LooseValue[] }
  | { readonly kind: 'OBJECT'; readonly members: readonly LooseMember[] }
)

export interface LooseMember {
  readonly name: string
  readonly value: LooseValue
}

/** The first value of the text. Throws what `refuse()` throws, with the reference's words. */
export function parseLooseJson(bytes: Uint8Array): LooseValue {
  return new Parser(bytes).value(0)
}

class Parser {
  readonly #bytes: Uint8Array
  #at = 0
  #line = 1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  value(depth: number): LooseValue {
    const line = this.#line
    if (depth > MAX_DEPTH) this.#fail('nested too deeply')
    const first = this.#skipSpace()
    const literal = LITERALS.get(first as 0x66)
    if (literal !== undefined) {
      for (const char of literal.word) this.#must(char.charCodeAt(0), literal.word)
      return { line, kind: literal.kind }
    }
    if (first === EOF) return endsEarly()
    if (first === QUOTE) return { line, kind: 'STRING', text: this.#string() }
    if (first === OPEN_LIST) {
      return { line, kind: 'ARRAY', elements: this.#series(CLOSE_LIST, () => this.value(depth + 1)) }
    }
    if (first === OPEN_OBJECT) {
      return { line, kind: 'OBJECT', members: this.#series(CLOSE_OBJECT, () => this.#member(depth + 1)) }
    }
    return first === MINUS || isDigit(first) ? { line, ...this.#number() } : this.#fail(`unexpected '${show(first)}'`)
  }

  #series<T>(end: number, read: () => T): T[] {
    this.#next()
    const items: T[] = []
    for (;;) {
      const char = this.#skipSpace()
      if (char === EOF) return endsEarly()
      if (char === COMMA) {
        if (items.length === 0) this.#fail('missing value before comma')
        this.#next()
      } else if (char === end) {
        this.#next()
        return items
      } else items.push(read())
    }
  }

  #member(depth: number): LooseMember {
    const name = this.#string()
    this.#skipSpace()
    if (this.#next() !== COLON) this.#fail('expected colon in object element')
    return { name, value: this.value(depth) }
  }

  #string(): string {
    const first = this.#next()
    if (first === EOF) endsEarly()
    if (first !== QUOTE) this.#fail('missing quote from string')
    const parts: string[] = []
    for (;;) {
      const char = this.#next()
      if (char === EOF) return endsEarly()
      if (char === QUOTE) return parts.join('')
      if (char === BACKSLASH) parts.push(this.#escape())
      else if (char >= 0x20) parts.push(String.fromCharCode(char))
      else this.#fail(isSpace(char) ? 'unescaped whitespace' : `unknown byte (0x${char.toString(16).padStart(2, '0')})`)
    }
  }

  #escape(): string {
    const char = this.#next()
    if (char === EOF) return endsEarly()
    const meaning = ESCAPES.get(char)
    if (meaning !== undefined) return meaning
    if (char !== 0x75) this.#fail(`unknown escape code '\\${show(char)}'`)
    let code = 0
    for (let i = 0; i < 4; i++) {
      const digit = this.#next()
      if (digit === EOF) return endsEarly()
      const value = Number.parseInt(String.fromCharCode(digit), 16)
      if (Number.isNaN(value)) this.#fail('expected hex digit')
      code = code * 16 + value
    }
    return utf8(code)
  }

  /** The character behind a number may be the space that ends it, which is taken along with it. */
  #number(): { kind: 'INTEGER'; value: bigint } | { kind: 'REAL' } {
    const start = this.#at
    if (this.#peek() === MINUS) this.#next()
    let char = this.#next()
    if (!isDigit(char)) this.#fail(`unexpected '${show(char)}'`)
    char = char === ZERO ? this.#next() : this.#afterDigits()
    let end = this.#at
    let whole = true
    if (char === DOT) {
      whole = false
      char = this.#afterDigits()
    }
    if (char === 0x65 || char === 0x45) {
      whole = false
      char = this.#next()
      if (char === MINUS || char === 0x2b || isDigit(char)) char = this.#afterDigits()
    }
    if (char === COMMA || char === CLOSE_LIST || char === CLOSE_OBJECT) this.#at--
    else if (char !== EOF && !isSpace(char)) this.#fail(`unexpected '${show(char)}'`)
    if (!whole) return { kind: 'REAL' }
    end -= char === EOF ? 0 : 1
    return { kind: 'INTEGER', value: clamp(BigInt(String.fromCharCode(...this.#bytes.subarray(start, end)))) }
  }

  #afterDigits(): number {
    for (;;) {
      const char = this.#next()
      if (!isDigit(char)) return char
    }
  }

  #must(char: number, word: string): void {
    const found = this.#next()
    if (found === EOF) endsEarly()
    if (found !== char) this.#fail(`expected ${word}`)
  }

  /** The next character that is no space, which stays where it is. */
  #skipSpace(): number {
    while ([0x20, 0x09, LF, 0x0d].includes(this.#peek())) this.#next()
    return this.#peek()
  }

  #peek(): number {
    return this.#bytes[this.#at] ?? EOF
  }

  #next(): number {
    const char = this.#peek()
    if (char !== EOF) this.#at++
    if (char === LF) this.#line++
    return char
  }

  #fail(problem: string): never {
    return refuse(`${problem} on line ${this.#line} in JSON data`)
  }
}

function endsEarly(): never {
  return refuse('premature EOF in JSON data')
}

function isDigit(char: number): boolean {
  return char >= ZERO && char <= 0x39
}

/** As C's isspace() has it. */
function isSpace(char: number): boolean {
  return char === 0x20 || (char >= 0x09 && char <= 0x0d)
}

/** A byte that is no printable character of ASCII is spelt out, where the reference prints it as it is. */
function show(char: number): string {
  if (char >= 0x20 && char < 0x7f) return String.fromCharCode(char)
  return `\\x${(char & 0xff).toString(16).padStart(2, '0')}`
}

/** A code of 16 bits as bytes; halves of a pair stay halves. */
function utf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code)
  const last = 0x80 | (code & 0x3f)
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), last)
  return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), last)
}

/** To what C's strtoll() makes of numbers that are too large. */
function clamp(value: bigint): bigint {
  const most = 2n ** 63n - 1n
  if (value > most) return most
  return value < -most - 1n ? -most - 1n : value
}
