// The words after `npm run bench --`. Pure but for Node's own parser of them.

import { parseArgs } from 'node:util'
import { UsageError } from '../src/base/errors.ts'
import { nearest } from '../src/base/nearest.ts'
import { quote } from '../src/base/quote.ts'

export type Options = {
  /** Names of rows, in the order of `known`. */
  readonly rows: readonly string[]
  /** A file, or `-` for standard output. */
  readonly json: string | undefined
  /** A missed target is a failure. */
  readonly strict: boolean
  /** A tenth of the samples: to see that everything works, not to judge by. */
  readonly quick: boolean
  /** Further Node.js executables to measure the command with. */
  readonly nodes: readonly string[]
  readonly help: boolean
}

export const USAGE = `usage: npm run bench [-- [ROW...] [--json FILE] [--strict] [--quick] [--node FILE]...]

  --json FILE   also write everything that was measured, as JSON; - for standard output
  --strict      end with status 1 if a target is missed
  --quick       a tenth of the samples: shows that the benches work, judges nothing
  --node FILE   measure the command with this Node.js too
`

/**
 * Throws UsageError for an unknown row or flag.
 *
 * @example
 * ```ts
 * parseOptions(['hello', '--strict'], ['hello', 'large']).rows // ['hello']
 * ```
 */
export function parseOptions(words: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parse(words)
  for (const row of positionals) {
    if (known.includes(row)) continue
    const close = nearest(row, known)
    const advice = close === undefined ? `rows are ${known.join(', ')}` : `did you mean ${close}?`
    throw new UsageError('BAD_ARGUMENT', `there is no row ${quote(row)}`, advice)
  }
  return {
    rows: known.filter((row) => positionals.length === 0 || positionals.includes(row)),
    json: values.json,
    strict: values.strict,
    quick: values.quick,
    nodes: values.node,
    help: values.help,
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        strict: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        node: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError('BAD_ARGUMENT', error instanceof Error ? error.message : String(error), 'see --help')
  }
}
