// Makes src/launcher/*.generated.ts out of native/*.S, so that nobody who builds Slipway needs an assembler.
// The gate runs it again and compares; where GNU as is missing the comparison is skipped, and says so.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** `places` are constants that hold where a label lies, by their names. */
type Program = {
  readonly name: string
  readonly what: string
  readonly places: Readonly<Record<string, string>>
  readonly about: string
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'executor',
    what: 'The executor',
    places: { TABLE_OFFSET: 'table', STATUS_OFFSET: 'status' },
    about: 'Where the composer writes the address of the first record (u64) and the status descriptor (i32).',
  },
  {
    name: 'handler',
    what: 'The handler',
    places: { PARTS_OFFSET: 'parts' },
    about: 'Where the addresses of the parts follow: behind the last byte.',
  },
]

export const needs = { commands: ['as'], apt: ['binutils'] }

type Line = { bytes: string; source: string; why: string; label: string | undefined }

export function generate(): Map<string, string> {
  return new Map(PROGRAMS.map((program) => [`src/launcher/${program.name}.generated.ts`, textOf(program)]))
}

function textOf({ name, what, places, about }: Program): string {
  const source = `native/${name}-x86_64.S`
  const lines = readListing(source)
  const labels = new Map<string, number>()
  let at = 0
  for (const line of lines) {
    if (line.label !== undefined) labels.set(line.label, at)
    at += line.bytes.length / 2
  }
  const rows = lines
    .filter((line) => line.bytes !== '' || line.label !== undefined)
    .map(({ bytes, source: shown, why }) =>
      bytes === '' ? `  // ${shown}` : `  '${bytes}', // ${shown}${why && ' - '}${why}`,
    )
  const constants = Object.entries(places).map(([constant, label]) => `export const ${constant} = ${labels.get(label)}`)
  return `// Generated from ${source} by tools/generate-native.ts: edit that, not this.

/** ${what}, an instruction a line: its bytes, what they say, and why they are there. */
export const ${name.toUpperCase()}: readonly string[] = [
${rows.join('\n')}
]

/** ${about} */
${constants.join('\n')}
`
}

/** GNU as prints each source line with its bytes; a left column four words wide holds the longest instruction there is. */
function readListing(path: string): Line[] {
  const source = readFileSync(path, 'utf8').split('\n')
  const listing = execFileSync('as', ['--64', '--listing-lhs-width=4', '-aln', '-o', '/dev/null', path], {
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
