// slipway manifest show: the devices that a unikernel declares. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { FormatError, UsageError } from '../base/errors.ts'
import type { ManifestReport } from '../artefact/manifest-report.ts'
import { fail, print, styleFor } from './output.ts'

interface ShowFlags {
  readonly json?: boolean
  readonly source?: boolean
}

export const showCommand = buildCommand({
  docs: {
    brief: 'Show the devices that a unikernel declares',
    fullDescription: [
      'Reads the manifest of a Solo5 unikernel of any target and processor.',
      '',
      'Examples',
      '  slipway manifest show shop.spt',
      '  slipway manifest show --source shop.spt >manifest.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print one JSON document (schema/manifest.schema.json)',
        optional: true,
        withNegated: false,
      },
      source: {
        kind: 'boolean',
        brief: 'Print the manifest.json that declares the same',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'The unikernel to look at', parse: String, placeholder: 'ARTEFACT' }],
    },
  },
  async func(flags: ShowFlags, path: string) {
    try {
      if (flags.json === true && flags.source === true) {
        throw new UsageError('BAD_ARGUMENT', 'both --json and --source are given', 'give one of them')
      }
      const { showManifestOf } = await import('../run/manifest.ts')
      print(await render(showManifestOf(path), flags))
    } catch (error) {
      fail(error, path)
    }
  },
})

async function render(report: ManifestReport, flags: ShowFlags): Promise<string> {
  if (flags.json === true) {
    const { writeJson } = await import('../base/json-text.ts')
    return writeJson(report)
  }
  if (flags.source === true) {
    requireDeclarable(report)
    const { writeManifestSource } = await import('../artefact/manifest-source.ts')
    return writeManifestSource(report.devices)
  }
  const { renderManifest } = await import('../artefact/manifest-report.ts')
  return renderManifest(report, styleFor('stdout'))
}

/** What a run refuses cannot be written down as something that it accepts. */
function requireDeclarable({ findings }: ManifestReport): void {
  const refused = findings.find(({ severity }) => severity === 'refused')
  if (refused === undefined || !('field' in refused.place)) return
  const { field, offset } = refused.place
  throw new FormatError('BAD_VALUE', field, offset, refused.message, 'slipway manifest show lists all that is refused')
}
