// Strict JSON (RFC 8259) for documents that people write or that other programs hand us, with the line and column of every value so
// that a complaint about its meaning can name the place. Size and depth are limited before a recursive parser sees the text. Pure.

import { type DocumentNode, type MemberNode, parse, type ValueNode } from '@humanwhocodes/momoa'
import { ConfigError } from './errors.ts'
import { quote } from './quote.ts'

/** Characters. The largest document that people keep by hand is a thousandth of it. */
export const MAX_JSON_LENGTH: number = 2 ** 20
/** Arrays and objects within each other: the parser calls itself for each. */
export const MAX_JSON_DEPTH = 64

/** Objects have no prototype, so that `constructor` and `__proto__` are names like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Keys and indexes from the root to a value. */
export type JsonPath = readonly (string | number)[]

/** Line and column count from 1; a column is a UTF-16 code unit, as editors count. */
export interface JsonPlace {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: JsonPath
}

export interface JsonDocument {
  readonly file: string
  readonly value: JsonValue
  /**
   * Where a value stands; with `'key'`, where the key that leads to it stands. Where there is no such value, the nearest one around it:
   * that is the place to complain about something missing.
   */
  where(path: JsonPath, part?: 'value' | 'key'): JsonPlace
}

/**
 * Parses a document. `file` is only used in errors. Throws ConfigError with file, line and column: SYNTAX for what is not JSON,
 * DUPLICATE_KEY, BAD_VALUE for a number that cannot be kept exactly, LIMIT for a text that is too long or too deep.
 *
 * @example
 * ```ts
 * const document = parseJson('{\n  "mem": "512M"\n}', 'stack.json')
 * document.where(['mem']) // { file: 'stack.json', line: 2, column: 10, path: ['mem'] }
 * ```
 */
export function parseJson(text: string, file: string): JsonDocument {
  requireBounds(text, file)
  const root = parseText(text, file)
  return {
    file,
    value: toValue(root.body, text, file, []),
    where: (path, part = 'value') => locate(root.body, file, path, part),
  }
}

/** Walks the text once without a stack: nesting too deep, and the raw control characters in strings that the parser would let pass. */
function requireBounds(text: string, file: string): void {
  if (text.length > MAX_JSON_LENGTH) {
    const problem = `the document has ${text.length} characters, at most ${MAX_JSON_LENGTH} are read`
    throw new ConfigError('LIMIT', { file, line: 1, column: 1 }, problem)
  }
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (inString) {
      if (char === '\\') i++
      else if (char === '"') inString = false
      else if (char < ' ') {
        throw new ConfigError(
          'SYNTAX',
          placeOf(text, file, i),
          `a string contains the control character ${quote(char)}`,
        )
      }
    } else if (char === '"') inString = true
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    if (depth > MAX_JSON_DEPTH) {
      throw new ConfigError(
        'LIMIT',
        placeOf(text, file, i),
        `more than ${MAX_JSON_DEPTH} arrays and objects in each other`,
      )
    }
  }
}

function parseText(text: string, file: string): DocumentNode {
  try {
    return parse(text, { mode: 'json', ranges: true })
  } catch (error) {
    // The parser's errors carry an offset; anything without one is a bug and not a property of the text.
    if (!(error instanceof Error) || !('offset' in error) || typeof error.offset !== 'number') throw error
    const offset = /^[ \t\r\n]*$/.test(text.slice(error.offset)) ? text.length : error.offset
    throw new ConfigError('SYNTAX', placeOf(text, file, offset), syntaxProblem(text, offset))
  }
}

/** In our words and quoted: the parser's own message repeats the character as it is. */
function syntaxProblem(text: string, offset: number): string {
  const [found] = text.slice(offset)
  if (found === undefined) return 'the document ends too early'
  if (found === '\ufeff') return 'the document begins with a byte order mark'
  return `${quote(found)} is not what JSON has here`
}

function toValue(node: ValueNode, text: string, file: string, path: JsonPath): JsonValue {
  switch (node.type) {
    case 'Object':
      return toObject(node.members, text, file, path)
    case 'Array':
      return node.elements.map((element, index) => toValue(element.value, text, file, [...path, index]))
    case 'String':
    case 'Boolean':
      return node.value
    case 'Null':
      return null
    case 'Number':
      requireExact(node.value, text.slice(...(node.range as [number, number])), { file, ...node.loc.start, path })
      return node.value
    case 'NaN':
    case 'Infinity':
    default: // the parser knows these two in its other modes
      throw new ConfigError('SYNTAX', { file, ...node.loc.start, path }, 'is not a number in JSON')
  }
}

function toObject(members: readonly MemberNode[], text: string, file: string, path: JsonPath): JsonObject {
  const object = Object.create(null) as Record<string, JsonValue>
  for (const { name, value } of members) {
    const key = nameOf(name)
    const inner = [...path, key]
    if (key in object) {
      throw new ConfigError('DUPLICATE_KEY', { file, ...name.loc.start, path: inner }, `${quote(key)} is given twice`)
    }
    object[key] = toValue(value, text, file, inner)
  }
  return object
}

/** 12345678901234567890 would silently become another number, and 1e400 none at all. */
function requireExact(value: number, literal: string, place: JsonPlace): void {
  const whole = /^-?[0-9]+$/.test(literal)
  if (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) return
  throw new ConfigError('BAD_VALUE', place, `the number ${quote(literal, 40)} is too large to be kept exactly`)
}

function locate(root: ValueNode, file: string, path: JsonPath, part: 'value' | 'key'): JsonPlace {
  let node: ValueNode = root
  let start = root.loc.start
  for (const step of path) {
    if (node.type === 'Object') {
      const member = node.members.find(({ name }) => nameOf(name) === step)
      if (member === undefined) break
      node = member.value
      start = (part === 'key' ? member.name : member.value).loc.start
    } else if (node.type === 'Array' && typeof step === 'number') {
      const element = node.elements[step]
      if (element === undefined) break
      node = element.value
      start = node.loc.start
    } else break
  }
  return { file, line: start.line, column: start.column, path }
}

function nameOf(name: MemberNode['name']): string {
  return name.type === 'String' ? name.value : name.name
}

function placeOf(text: string, file: string, offset: number): JsonPlace {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/)
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, path: [] }
}
