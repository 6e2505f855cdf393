// How legacy guests find their way in a list of tokens: keys by their beginnings, members by counting (docs/discoveries/rumprun.md). Pure.

import { nearest } from '../../../base/nearest.ts'
import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'
import type { Token, TokenType } from './tokens.ts'

/** A document's tokens, and where its reader is. */
export interface Cursor {
  readonly source: SourceText
  readonly tokens: readonly Token[]
  at: number
}

export function textOf({ source }: Cursor, { textStart, end }: Token): string {
  return source.text.slice(textStart, end)
}

/** Takes the next token, which has to be of that type. */
export function take(cursor: Cursor, type: TokenType, what: string): Token {
  const token = cursor.tokens[cursor.at]
  if (token === undefined) return cursor.source.fail('SYNTAX', cursor.source.text.length, `${what} is missing`)
  if (token.type !== type) {
    const found = quote(textOf(cursor, token), 40)
    const article = type === 'array' || type === 'object' ? 'an' : 'a'
    const advice = type === 'string' ? 'guests want double quotes round every value, numbers too' : undefined
    cursor.source.fail('BAD_VALUE', token.start, `${what} must be ${article} ${type}, not ${found}`, advice)
  }
  cursor.at++
  return token
}

/**
 * The known name that begins like this key; where several do, the first. A guest compares as many characters as the key has, so that an empty one is
 * the first of all.
 */
export function matchKey<const T extends string>(cursor: Cursor, key: Token, known: readonly T[], what: string): T {
  const text = textOf(cursor, key)
  const found = known.find((name) => name.startsWith(text))
  if (found === undefined) {
    const meant = nearest(text, known)
    const advice = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
    return cursor.source.fail('UNKNOWN_KEY', key.start, `${quote(text)} is not known in ${what}`, advice)
  }
  if (found !== text) cursor.source.tolerate(key.start, `${quote(text)} is taken for ${found}, which begins like it`)
  return found
}

export interface Member {
  readonly text: string
  readonly start: number
}

/** The members of an object whose values all are strings. Of a repeated key the last one counts. */
export function takeMembers<const T extends string>(
  cursor: Cursor,
  known: readonly T[],
  what: string,
): { readonly object: Token; readonly members: ReadonlyMap<T, Member> } {
  const object = take(cursor, 'object', what)
  const members = new Map<T, Member>()
  for (let left = object.size; left > 0; left--) {
    const key = take(cursor, 'string', `a key in ${what}`)
    const name = takeOne(cursor, key, known, what)
    const value = take(cursor, 'string', `${quote(name)} in ${what}`)
    requireSize(cursor, value, 0, what)
    if (members.has(name)) cursor.source.tolerate(key.start, `${quote(name)} is given again; the last one counts`)
    members.set(name, { text: textOf(cursor, value), start: value.start })
  }
  return { object, members }
}

function takeOne<const T extends string>(cursor: Cursor, key: Token, known: readonly T[], what: string): T {
  requireSize(cursor, key, 1, what)
  return matchKey(cursor, key, known, what)
}

/** Inside of objects, guests miss a comma or colon all the same: too many or too few tokens belong to the one before it. */
export function requireSize(cursor: Cursor, token: Token, size: number, what: string): void {
  if (token.size === size) return
  const found = quote(textOf(cursor, token), 40)
  const advice = 'put a colon behind each key, and a comma between members'
  cursor.source.fail('SYNTAX', token.start, `${found} in ${what} has ${token.size} values, not ${size}`, advice)
}

/** Escapes stay as they are: whoever wrote one meant something else than what arrives. */
export function literal({ source }: Cursor, { text, start }: Member): string {
  if (text.includes('\\')) source.tolerate(start, 'guests do not undo escapes; the backslashes are part of the value')
  if (/[\0-\x1f]/.test(text)) source.tolerate(start, 'a control character stands in a string as it is')
  return text
}
