// The banner of an unpacked Linux kernel. Pure.

import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import type { Fact } from './identification.ts'
import { peek, scanFor, textOf } from './values.ts'

const BANNER = 'Linux version '
/** Debian's kernels have it within the first 30 MB. */
const MAX_SCANNED = 64 * 2 ** 20
const MAX_BANNER = 256

/** The text with which a kernel begins its log, found by looking for it in a part of the file. */
export function linuxVersion(source: Source, range: { from: number; to: number }): Fact[] {
  const to = Math.min(range.to, range.from + MAX_SCANNED)
  let from = range.from
  // The same words stand in format strings as well, where no number follows.
  for (let tries = 0; tries < 8; tries++) {
    const at = scanFor(source, BANNER, { from, to })
    if (at === undefined) return []
    const banner = textOf(peek(source, at, MAX_BANNER)).split('\n')[0] ?? ''
    if (/^Linux version \d/.test(banner)) return [{ name: 'version', value: quote(banner) }]
    from = at + BANNER.length
  }
  return []
}
