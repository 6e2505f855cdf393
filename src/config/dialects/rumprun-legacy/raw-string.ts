// Strings of legacy documents. Pure.

import type { Refuse } from '../dialect.ts'

const NAMES: ReadonlyMap<string, string> = new Map([
  ['"', 'a double quote'],
  ['\\', 'a backslash'],
])

/** A string that is the same to whoever undoes escapes and to guests, which do not. The value is not repeated: it may be a secret. */
export function rawString(text: string, key: string, refuse: Refuse): string {
  const found = /["\\]|\p{Cc}/u.exec(text)?.[0]
  if (found === undefined) return text
  const what = NAMES.get(found) ?? 'a control character'
  return refuse(key, `has ${what} in it, which such a guest cannot be told`)
}
