// slipway config check: all that is wrong with documents. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import type { CheckReport } from '../config/check-report.ts'
import { fail, print, styleFor } from './output.ts'

/** Every file could be read, and something in one of them would be refused. */
const EXIT_REFUSED = 1

export const checkConfigCommand = buildCommand({
  docs: {
    brief: 'Say all that is wrong with a configuration',
    fullDescription: [
      'Lists everything that slipway run --config would refuse in a file, with line',
      'and column, where that stops at the first thing.',
      '',
      'Exit status: 0 accepted, 1 something is refused, 125 unreadable.',
      '',
      'Examples',
      '  slipway config check shop.json',
      '  slipway config check --json shop.json | jq .findings',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print a JSON document for each (schema/config-check.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'What to look at, - for standard input', parse: String, placeholder: 'FILE' },
      minimum: 1,
    },
  },
  async func(flags: { json?: boolean }, ...paths: string[]) {
    const { checkConfigFile } = await import('../run/config-verbs.ts')
    const reports = paths.flatMap((path) => {
      try {
        return [checkConfigFile(path)]
      } catch (error) {
        fail(error, path)
        return []
      }
    })
    if (reports.some(({ accepted }) => !accepted)) process.exitCode ??= EXIT_REFUSED
    if (reports.length > 0) print(await render(reports, flags.json === true))
  },
})

/** A document in full for one file, else one on a line for each. */
async function render(reports: readonly CheckReport[], json: boolean): Promise<string> {
  if (json) {
    const { writeJson, writeJsonLine } = await import('../base/json-text.ts')
    return reports.map(reports.length > 1 ? writeJsonLine : writeJson).join('')
  }
  const { renderCheck } = await import('../config/check-report.ts')
  return reports.map((report) => renderCheck(report, styleFor('stdout'))).join('')
}
