// What a volume is known by, as `blkid` and `lsblk` show it and boot loaders look for it: a UUID in ext2, eight digits in FAT, a date in ISO 9660. Pure.

import { ConfigError } from '../base/errors.ts'

/**
 * Sixteen bytes. Throws ConfigError for what is no UUID.
 *
 * @example
 * ```ts
 * parseUuid('7e7d8ad1-3b67-85b0-b8c6-f30b65754fde') // Uint8Array(16)
 * ```
 */
export function parseUuid(text: string): Uint8Array {
  const digits = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.replaceAll('-', '') : undefined
  if (digits === undefined) return refuse(text, 'is no UUID', '7e7d8ad1-3b67-85b0-b8c6-f30b65754fde')
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

/** 32 bits: `493A-08ED`. Throws ConfigError. */
export function parseVolumeId(text: string): number {
  const [, high, low] = /^([\da-f]{4})-?([\da-f]{4})$/i.exec(text) ?? []
  return high === undefined ? refuse(text, 'is no number of a FAT', '493A-08ED') : Number.parseInt(`${high}${low}`, 16)
}

/** Seventeen bytes, of UTC: `2026-11-26-12-30-00-00`, the last two being hundredths of a second. Throws ConfigError. */
export function parseVolumeDate(text: string): Uint8Array {
  const numbers = /^(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)$/.exec(text)?.slice(1) ?? []
  const [year, month, day, hour, minute, second] = numbers.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const when = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // What is no date on any calendar would have become another one.
  const isDate = numbers.length === 7 && year > 0 && when.getUTCDate() === day && when.getUTCMinutes() === minute
  if (!isDate || when.getUTCSeconds() !== second || when.getUTCHours() !== hour || when.getUTCMonth() !== month - 1)
    return refuse(text, 'is no date of an ISO 9660', '2026-11-26-12-30-00-00')
  return new TextEncoder().encode(`${numbers.join('')}\0`)
}

function refuse(text: string, problem: string, example: string): never {
  throw new ConfigError('BAD_VALUE', { words: `--uuid ${text}` }, problem, `write it as blkid shows it: ${example}`)
}
