// JSON for guests of rumprun's later specification: ASCII, no blanks (docs/discoveries/rumprun.md). Pure.

import type { Refuse } from '../dialect.ts'

/** A string; what is not ASCII is escaped, for guests take no other bytes. The value is not repeated: it may be a secret. */
export function string(text: string, key: string, refuse: Refuse): string {
  if (/[\ud800-\udfff]/.test(text))
    refuse(key, 'has a character beyond U+FFFF in it, of which such a guest makes two others')
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export function member(key: string, value: string): string {
  return `"${key}":${value}`
}

/** Of the members that there are. */
export function object(members: readonly (string | undefined)[]): string {
  return `{${members.filter((each) => each !== undefined).join(',')}}`
}
