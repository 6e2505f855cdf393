// What an importer finds has to fit into a document of ours, which is stricter about names than any guest is. Pure.

import { quote } from '../../base/quote.ts'
import { DIRECTORY, fits, type TextRule } from '../patterns.ts'
import type { SourceText } from './source-text.ts'

/** The text, where a document can hold it; refused where it stands else. */
export function requireRule(source: SourceText, text: string, start: number, rule: TextRule, what: string): string {
  if (fits(text, rule)) return text
  return source.fail('BAD_VALUE', start, `${what} is ${quote(text)}, not ${rule.what}`)
}

/** A mount point in the one spelling that documents have: absolute, no slash at the end, single slashes. */
export function readMountPoint(source: SourceText, text: string, start: number): string {
  if (text === '') return source.fail('BAD_VALUE', start, 'the mount point is empty')
  const path = `/${text
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
  if (path !== text) source.tolerate(start, `the mount point ${quote(text)} is taken for ${quote(path)}`)
  return requireRule(source, path, start, DIRECTORY, 'the mount point')
}
