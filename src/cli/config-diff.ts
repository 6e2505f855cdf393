// slipway config diff: what one document says and another does not. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { fail, print, styleFor } from './output.ts'

/** Both files could be read, and they do not say the same. */
const EXIT_DIFFERENT = 1

export const diffConfigCommand = buildCommand({
  docs: {
    brief: 'Show what differs between two configurations',
    fullDescription: [
      'Compares two documents setting by setting; how they are written makes no',
      'difference.',
      '',
      'Exit status: 0 they say the same, 1 they differ, 125 a file cannot be used.',
      '',
      'Examples',
      '  slipway config diff shop-1.json shop-2.json',
      '  slipway config diff --json shop-1.json shop-2.json | jq .changes',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print one JSON document (schema/config-diff.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'The one that is known', parse: String, placeholder: 'FILE' },
        { brief: 'The other', parse: String, placeholder: 'FILE' },
      ],
    },
  },
  async func(flags: { json?: boolean }, before: string, after: string) {
    let culprit = before
    try {
      const { diffConfigFiles } = await import('../run/config-verbs.ts')
      const report = diffConfigFiles(before, after, (file) => (culprit = file))
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
      } else {
        const { renderConfigDiff } = await import('../config/config-diff.ts')
        print(renderConfigDiff(report, styleFor('stdout')))
      }
      if (report.changes.length > 0) process.exitCode ??= EXIT_DIFFERENT
    } catch (error) {
      fail(error, culprit)
    }
  },
})
