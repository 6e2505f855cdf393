// Reads a JSON document by its meaning: each value is asked for as what it must be, and a refusal names file, line, column and
// key path. For the documents whose schema is small enough to be written as code. Pure.

import { ConfigError, type ConfigErrorCode } from './errors.ts'
import type { JsonDocument, JsonPath, JsonPlace, JsonValue } from './json.ts'
import { nearest } from './nearest.ts'
import { quote } from './quote.ts'

/** A value of a document together with its place. Every method throws ConfigError, and nothing else. */
export class JsonView {
  readonly #document: JsonDocument
  readonly #value: JsonValue
  readonly #path: JsonPath

  private constructor(document: JsonDocument, value: JsonValue, path: JsonPath) {
    this.#document = document
    this.#value = value
    this.#path = path
  }

  /**
   * The whole document.
   *
   * @example
   * ```ts
   * JsonView.of(parseJson('{ "port": 80 }', 'web.json')).object(['port']).get('port').integer(1, 65535) // 80
   * ```
   */
  static of(document: JsonDocument): JsonView {
    return new JsonView(document, document.value, [])
  }

  /** An object all of whose keys are among `known`. */
  object(known: readonly string[]): JsonObjectView {
    const members = this.#record()
    for (const key of Object.keys(members)) {
      if (known.includes(key)) continue
      const meant = nearest(key, known)
      const place = this.#document.where([...this.#path, key], 'key')
      const advice = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
      throw new ConfigError('UNKNOWN_KEY', place, `${quote(key)} is not known here`, advice)
    }
    return this.members()
  }

  /** An object whatever its keys: for looking at one before the others mean anything. */
  members(): JsonObjectView {
    const members = this.#record()
    return {
      keys: Object.keys(members),
      has: (key) => key in members,
      get: (key) => {
        const value = members[key]
        if (value === undefined) this.fail('BAD_VALUE', `${quote(key)} is missing`)
        return new JsonView(this.#document, value, [...this.#path, key])
      },
    }
  }

  /** The elements of an array, at most `most`. */
  array(most: number): JsonView[] {
    const elements = this.#value
    if (!Array.isArray(elements)) this.fail('BAD_VALUE', `must be an array, not ${this.#kind()}`)
    if (elements.length > most) this.fail('LIMIT', `has ${elements.length} elements, at most ${most} are allowed`)
    return elements.map((value: JsonValue, index) => new JsonView(this.#document, value, [...this.#path, index]))
  }

  string(): string {
    if (typeof this.#value !== 'string') this.fail('BAD_VALUE', `must be a string, not ${this.#kind()}`)
    return this.#value
  }

  /** A string that matches; `what` says in words which ones do. */
  matching(pattern: RegExp, what: string): string {
    const text = this.string()
    if (!pattern.test(text)) this.fail('BAD_VALUE', `is ${quote(text)}, not ${what}`)
    return text
  }

  oneOf<const T extends string>(known: readonly T[]): T {
    const text = this.string()
    const found = known.find((value) => value === text)
    if (found === undefined) this.fail('BAD_VALUE', `is ${quote(text)}, not one of ${known.join(', ')}`)
    return found
  }

  integer(least: number, most: number): number {
    const value = this.#value
    if (typeof value !== 'number' || !Number.isInteger(value)) this.fail('BAD_VALUE', `must be a whole number`)
    if (value < least || value > most) this.fail('BAD_VALUE', `is ${value}, not between ${least} and ${most}`)
    return value
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') this.fail('BAD_VALUE', `must be true or false, not ${this.#kind()}`)
    return this.#value
  }

  /** Where the value stands, for whoever has to name it later. */
  place(): JsonPlace {
    return this.#document.where(this.#path)
  }

  isNull(): boolean {
    return this.#value === null
  }

  /** Refuses this value for a reason of the caller's. */
  fail(code: ConfigErrorCode, problem: string, advice?: string): never {
    const named = this.#path.length === 0 ? problem : `${quote(this.#path.join('.'))} ${problem}`
    throw new ConfigError(code, this.#document.where(this.#path), named, advice)
  }

  #record(): { readonly [key: string]: JsonValue } {
    const value = this.#value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail('BAD_VALUE', `must be an object, not ${this.#kind()}`)
    }
    return value as { readonly [key: string]: JsonValue }
  }

  #kind(): string {
    if (this.#value === null) return 'null'
    return Array.isArray(this.#value) ? 'an array' : `a ${typeof this.#value}`.replace('a object', 'an object')
  }
}

export interface JsonObjectView {
  readonly keys: readonly string[]
  readonly has: (key: string) => boolean
  /** Throws ConfigError BAD_VALUE, at the object, where the key is missing. */
  readonly get: (key: string) => JsonView
}
