// slipway manifest check: all that is wrong with manifests, in a unikernel or in a manifest.json. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { checkFiles } from './check-files.ts'
import { styleFor } from './output.ts'

export const checkCommand = buildCommand({
  docs: {
    brief: 'Say all that is wrong with a manifest.json or a unikernel',
    fullDescription: [
      'Lists everything that slipway manifest new or slipway run would refuse, and',
      'what a careful operator would ask about, where those stop at the first thing.',
      '',
      'Exit status: 0 accepted, 1 something is refused, 125 unreadable.',
      '',
      'Examples',
      '  slipway manifest check manifest.json shop.spt',
      '  slipway manifest check --json manifest.json | jq .findings',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print a JSON document for each file (schema/manifest.schema.json)',
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
    const { checkManifestOf } = await import('../run/manifest.ts')
    const { renderManifest } = await import('../artefact/manifest-report.ts')
    const style = styleFor('stdout')
    await checkFiles(paths, flags.json === true, checkManifestOf, (report) => renderManifest(report, style))
  },
})
