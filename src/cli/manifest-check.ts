// slipway manifest check: all that is wrong with manifests, in a unikernel or in a manifest.json. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import type { ManifestReport } from '../artefact/manifest-report.ts'
import { fail, print, styleFor } from './output.ts'

/** Every file could be read, and something in one of them would be refused. */
const EXIT_REFUSED = 1

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
    const reports = paths.flatMap((path) => {
      try {
        return [checkManifestOf(path)]
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
async function render(reports: readonly ManifestReport[], json: boolean): Promise<string> {
  if (json) {
    const { writeJson, writeJsonLine } = await import('../base/json-text.ts')
    return reports.map(reports.length > 1 ? writeJsonLine : writeJson).join('')
  }
  const { renderManifest } = await import('../artefact/manifest-report.ts')
  return reports.map((report) => renderManifest(report, styleFor('stdout'))).join('')
}
