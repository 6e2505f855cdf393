// Makes src/launcher/executor.generated.ts out of native/executor-x86_64.S, so that nobody who builds Slipway needs an assembler.
// The gate runs it again and compares; where GNU as is missing the comparison is skipped, and says so.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const SOURCE = 'native/executor-x86_64.S'
const TARGET = 'src/launcher/executor.generated.ts'

export const needs = { commands: ['as'], apt: ['binutils'] }

type Line = { bytes: string; source: string; why: string; label: string | undefined }

export function generate(): Map<string, string> {
  const lines = readListing()
  const places = new Map<string, number>()
  let at = 0
  for (const line of lines) {
    if (line.label !== undefined) places.set(line.label, at)
    at += line.bytes.length / 2
  }
  const rows = lines
    .filter((line) => line.bytes !== '' || line.label !== undefined)
    .map(({ bytes, source, why }) =>
      bytes === '' ? `  // ${source}` : `  '${bytes}', // ${source}${why && ' - '}${why}`,
    )
  const text = `// Generated from ${SOURCE} by tools/generate-executor.ts: edit that, not this.

/** The executor, an instruction a line: its bytes, what they say, and why they are there. */
export const EXECUTOR: readonly string[] = [
${rows.join('\n')}
]

/** Where the composer writes the address of the first record (u64) and the status descriptor (i32). */
export const TABLE_OFFSET = ${places.get('table')}
export const STATUS_OFFSET = ${places.get('status')}
`
  return new Map([[TARGET, text]])
}

/** GNU as prints each source line with its bytes; a left column four words wide holds the longest instruction there is. */
function readListing(): Line[] {
  const source = readFileSync(SOURCE, 'utf8').split('\n')
  const listing = execFileSync('as', ['--64', '--listing-lhs-width=4', '-aln', '-o', '/dev/null', SOURCE], {
    encoding: 'utf8',
  })
  const bytes = new Map<number, string>()
  for (const row of listing.split('\n')) {
    const match = /^\s*(\d+) [0-9a-f]{4} ([0-9A-F]+(?: [0-9A-F]+)*)/.exec(row)
    if (match?.[1] !== undefined && match[2] !== undefined) bytes.set(Number(match[1]), match[2].replaceAll(' ', ''))
  }
  return source.map((text, i) => {
    const [code = '', ...comment] = text.split('#')
    const label = /^(\w+):/.exec(code)?.[1]
    const shown = code.trim().replaceAll(/\s+/g, ' ')
    return { bytes: (bytes.get(i + 1) ?? '').toLowerCase(), source: shown, why: comment.join('#').trim(), label }
  })
}
