// Makes the tables of docs/reference/dialects.md out of what the writers of dialects themselves go by (src/config/dialects/). The gate runs it again
// and compares.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOMS } from '../src/config/dialects/carriers.ts'
import { FEATURE_NAMES, FEATURES } from '../src/config/dialects/features.ts'
import { DIALECT_WRITERS } from '../src/config/dialects/render.ts'
import { DIALECTS } from '../src/config/document.ts'

const PAGE = 'docs/reference/dialects.md'

export function generate(): Map<string, string> {
  let page = readFileSync(join(import.meta.dirname, '..', PAGE), 'utf8')
  page = replaceTable(page, 'settings', settings())
  page = replaceTable(page, 'limits', limits())
  page = replaceTable(page, 'carriers', carriers())
  return new Map([[PAGE, page]])
}

/** What stands between the two comments of that name. */
function replaceTable(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: made by tools/generate-dialects.ts -->\n`, `<!-- ${name} end -->`]
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has lost the place for its ${name}`)
  return `${before}${begin}\n${table}\n${end}${after}`
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n')
}

/** yes, within limits that the next table has, or nothing. */
function settings(): string {
  const rows = FEATURE_NAMES.map((feature) => {
    const cells = DIALECTS.map((dialect) => {
      const said = DIALECT_WRITERS[dialect].expresses[feature]
      if (said === false) return ''
      return said === true ? 'yes' : 'limits'
    })
    return [FEATURES[feature].words, ...cells]
  })
  return table(['', ...DIALECTS], rows)
}

function limits(): string {
  const rows = DIALECTS.flatMap((dialect) =>
    FEATURE_NAMES.flatMap((feature) => {
      const said = DIALECT_WRITERS[dialect].expresses[feature]
      return typeof said === 'string' ? [[dialect, FEATURES[feature].words, said]] : []
    }),
  )
  return table(['dialect', 'setting', 'limits'], rows)
}

function carriers(): string {
  const rows = ROOMS.map(({ dialect, platform, carrier, most, source }) => {
    return [dialect, platform, carrier, String(most), source]
  })
  return table(['dialect', 'platform', 'carrier', 'bytes', 'whose room'], rows)
}
