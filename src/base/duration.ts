// Lengths of time as people write them. Pure.

import { UsageError } from './errors.ts'
import { quote } from './quote.ts'

const UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** What timers hold: longer ones would fire at once. */
const LONGEST = 2 ** 31 - 1 // milliseconds, 24 days

/**
 * Milliseconds from "500ms", "10s", "1.5m" or "2h"; a bare number is seconds, as for timeout(1). Throws UsageError naming `what`.
 *
 * @example
 * ```ts
 * parseDuration('1.5s', '--timeout') // 1500
 * ```
 */
export function parseDuration(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  const milliseconds = Math.round(Number(match?.[1]) * (UNITS.get(match?.[2] ?? 's') as number))
  if (match !== null && milliseconds >= 1 && milliseconds <= LONGEST) return milliseconds
  const problem = match === null ? 'is no length of time' : 'is not between 1ms and 24 days'
  throw new UsageError('BAD_ARGUMENT', `${what} ${quote(text)} ${problem}`, 'write for example 10s, 500ms or 2m')
}

/**
 * A time limit as a timer can hold it: undefined for none and for Infinity. Throws UsageError for what is no length of time.
 *
 * @example
 * ```ts
 * checkTimeout(1500, 'timeout') // 1500
 * ```
 */
export function checkTimeout(milliseconds: number | undefined, what: string): number | undefined {
  if (milliseconds === undefined || milliseconds === Number.POSITIVE_INFINITY) return undefined
  if (milliseconds >= 1 && milliseconds <= LONGEST) return milliseconds
  throw new UsageError('BAD_ARGUMENT', `${what} of ${milliseconds} ms is not between 1 ms and 24 days`)
}
