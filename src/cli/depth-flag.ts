// How many levels of a tree a verb shows.

import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'

export const depthFlag = {
  kind: 'parsed',
  parse: parseDepth,
  brief: 'So many levels, and how much is below',
  placeholder: 'N',
  optional: true,
} as const

function parseDepth(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UsageError(
    'BAD_ARGUMENT',
    `--depth is ${quote(text)}, not a number of levels`,
    'write for example --depth 2',
  )
}
