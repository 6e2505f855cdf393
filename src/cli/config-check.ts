// slipway config check: all that is wrong with documents. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { checkFiles } from './check-files.ts'
import { styleFor } from './output.ts'

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
    const { renderCheck } = await import('../config/check-report.ts')
    const style = styleFor('stdout')
    await checkFiles(paths, flags.json === true, checkConfigFile, (report) => renderCheck(report, style))
  },
})
