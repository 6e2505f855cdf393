// Values of a lenient document as what they must be; anything else is refused where it stands. Pure.

import { nearest } from '../../../base/nearest.ts'
import { quote } from '../../../base/quote.ts'
import type { SourceText } from '../source-text.ts'
import type { Loose, LooseMember } from './lenient-json.ts'

export function expectObject(source: SourceText, value: Loose, what: string): readonly LooseMember[] {
  return value.type === 'object' ? value.members : refuse(source, value, `${what} must be an object`)
}

export function expectArray(source: SourceText, value: Loose, what: string): readonly Loose[] {
  return value.type === 'array' ? value.elements : refuse(source, value, `${what} must be an array`)
}

export function expectString(source: SourceText, value: Loose, what: string): string {
  return value.type === 'string' ? value.value : refuse(source, value, `${what} must be a string`)
}

export function expectBoolean(source: SourceText, value: Loose, what: string): boolean {
  return value.type === 'boolean' ? value.value : refuse(source, value, `${what} must be true or false`)
}

function refuse(source: SourceText, { type, start }: Loose, problem: string): never {
  const found = type === 'null' ? 'null' : `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`
  return source.fail('BAD_VALUE', start, `${problem}, not ${found}`)
}

/** What a guest stops at. */
export function refuseKey(
  source: SourceText,
  { key, keyStart }: LooseMember,
  known: readonly string[],
  what: string,
): never {
  const meant = nearest(key, known)
  const advice = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
  return source.fail('UNKNOWN_KEY', keyStart, `${quote(key)} is not known in ${what}`, advice)
}

/** What a guest warns about and passes over. */
export function ignoreKey(
  source: SourceText,
  { key, keyStart }: LooseMember,
  known: readonly string[],
  what: string,
): void {
  const meant = nearest(key, known)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  source.tolerate(keyStart, `${quote(key)} is not known in ${what} and is ignored${hint}`)
}

/**
 * The last member of each known name, as guests hold them; unknown ones go to `other`.
 */
export function pick<const T extends string>(
  source: SourceText,
  members: readonly LooseMember[],
  known: readonly T[],
  what: string,
  other: typeof refuseKey | typeof ignoreKey,
): ReadonlyMap<T, Loose> {
  const picked = new Map<T, Loose>()
  for (const member of members) {
    const name = known.find((each) => each === member.key)
    if (name === undefined) {
      other(source, member, known, what)
      continue
    }
    if (picked.has(name)) source.tolerate(member.keyStart, `"${name}" is given again; the last one counts`)
    picked.set(name, member.value)
  }
  return picked
}
