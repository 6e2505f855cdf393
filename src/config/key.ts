// Keys as text: `net.interfaces.service.addrs[0].addr`, `mount["/data"].path`. What `--set` and `explain` take and every report prints. Pure.

import { ConfigError } from '../base/errors.ts'
import type { JsonPath } from '../base/json.ts'
import { quote } from '../base/quote.ts'

/** Characters of a key with its value: as long as a word of a command line may be (MAX_ARG_STRLEN). */
const MAX_KEY = 131_072
/** Names and indexes in a key; the deepest key there is has six. */
const MAX_STEPS = 16
const SIMPLE = /^[A-Za-z0-9_-]+$/

/** A name, an index, or `[]`: one more element. */
export type Step = string | number | typeof ONE_MORE
export const ONE_MORE: unique symbol = Symbol('one more element')

/**
 * The one spelling of a path.
 *
 * @example
 * ```ts
 * formatKey(['mount', '/data', 'path']) // mount["/data"].path
 * ```
 */
export function formatKey(path: JsonPath): string {
  let key = ''
  for (const step of path) {
    if (typeof step === 'number') key += `[${step}]`
    else if (SIMPLE.test(step)) key += key === '' ? step : `.${step}`
    else key += `[${JSON.stringify(step)}]`
  }
  return key
}

/** A step at a time: a bare name, which may have slashes (`mount./data`), an index, a quoted name. */
const STEP = /\.?([^.[\]="\s]+)|\[([0-9]{1,6})\]|\[("(?:[^"\\]|\\.)*")\]|\[(\])/y

/**
 * Takes a key off the beginning of a text; the rest is what stands behind it. Throws ConfigError BAD_VALUE and LIMIT at `words`.
 *
 * @example
 * ```ts
 * splitKey('env.A=b=c', '--set') // { steps: ['env', 'A'], rest: '=b=c' }
 * ```
 */
export function splitKey(text: string, words: string): { readonly steps: readonly Step[]; readonly rest: string } {
  if (text.length > MAX_KEY)
    throw new ConfigError('LIMIT', { words }, `has ${text.length} characters, at most ${MAX_KEY}`)
  const steps: Step[] = []
  let at = 0
  for (;;) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    // A dot stands before every bare name but the first.
    if (match === null || (match[1] !== undefined && match[0].startsWith('.') !== at > 0)) break
    steps.push(stepOf(match, words))
    at = STEP.lastIndex
    if (steps.length > MAX_STEPS) throw new ConfigError('LIMIT', { words }, `a key with more than ${MAX_STEPS} parts`)
  }
  if (steps.length > 0) return { steps, rest: text.slice(at) }
  throw new ConfigError(
    'BAD_VALUE',
    { words },
    `${quote(text, 80)} does not begin with a key`,
    'write for example env.A',
  )
}

function stepOf([, bare, index, quoted, more]: RegExpExecArray, words: string): Step {
  if (bare !== undefined) return bare
  if (index !== undefined) return Number(index)
  if (more !== undefined) return ONE_MORE
  try {
    return String(JSON.parse(quoted ?? ''))
  } catch {
    throw new ConfigError('BAD_VALUE', { words }, `[${quote(quoted ?? '')}] is no name between quotation marks`)
  }
}
