// Amounts of memory and storage as people write and read them. Pure.

import { UsageError } from './errors.ts'
import { quote } from './quote.ts'

const UNITS = ['K', 'M', 'G', 'T'] as const
const STEP = 1024

/** What `parseSize` lets a caller choose. */
export interface SizeOptions {
  /** Takes a bare number as bytes. Without it one is refused, because `--mem 512` means mebibytes to some and bytes to others. */
  readonly allowBytes?: boolean
}

/**
 * Bytes from `512M`, `64G`, `4096K`, `1T` or `512MiB`: powers of 1024, capital or small letters, no fractions.
 * `what` names the value in the message (`--mem`). Throws UsageError: BAD_ARGUMENT for another spelling, LIMIT beyond 2^53.
 *
 * @example
 * ```ts
 * parseSize('512M', '--mem') // 536870912
 * ```
 */
export function parseSize(text: string, what: string, options: SizeOptions = {}): number {
  const match = /^([0-9]+)(?:([KMGT])(?:iB)?)?$/i.exec(text)
  if (match === null) throw new UsageError('BAD_ARGUMENT', `${what} is ${quote(text)}, not a size`, EXAMPLES)
  const [, digits = '', unit] = match
  if (unit === undefined && options.allowBytes !== true) {
    const suggestion = digits.length <= MAX_SUGGESTED ? `write ${digits}M for mebibytes` : EXAMPLES
    throw new UsageError('BAD_ARGUMENT', `${what} is ${quote(text)}, a number without a unit`, suggestion)
  }
  const power = unit === undefined ? 0 : UNITS.findIndex((known) => known === unit.toUpperCase()) + 1
  const bytes = Number(digits) * STEP ** power
  if (!Number.isSafeInteger(bytes)) throw new UsageError('LIMIT', `${what} is ${quote(text)}, more than can be counted`)
  return bytes
}

const EXAMPLES = 'write for example 512M, 64G or 4096K'
const MAX_SUGGESTED = 6 // digits: more than that were meant as bytes

/**
 * A whole number of bytes for people: one digit after the point at most, in the unit that keeps the number below 1024.
 *
 * @example
 * ```ts
 * formatSize(52429) // '51.2 KiB'
 * ```
 */
export function formatSize(bytes: number): string {
  if (bytes < STEP) return `${bytes} B`
  let amount = bytes
  let unit = ''
  for (const next of [...UNITS, 'P']) {
    amount /= STEP
    unit = `${next}iB`
    // 1023.96 KiB would be shown as 1024: that is 1 MiB.
    if (Math.round(amount * 10) < STEP * 10) break
  }
  return `${Math.round(amount * 10) / 10} ${unit}`
}
