// slipway inspect: what a file is, what it needs and accepts, what can start it, and what is odd about it. Reads; runs and changes nothing.

import { buildCommand } from '@stricli/core'
import type { InspectReport } from '../artefact/report.ts'
import { fail, print, styleFor, widthOf } from './output.ts'

/** Every file could be read, and one of them is of no known kind. */
const EXIT_UNKNOWN = 1

type InspectFlags = { readonly json?: boolean }

export const inspectCommand = buildCommand({
  docs: {
    brief: 'Show what a file is, what it needs and what can start it',
    fullDescription: [
      'Knows Solo5 unikernels of every target and processor, Unikraft, rumprun,',
      'Linux kernels, Multiboot and Xen kernels, EFI applications, launchers that',
      'slipway compose has made, ordinary programs, disk images and archives.',
      '',
      'Shows target, memory, segments, the devices it declares with the flag that',
      'wires each, what is baked in and which programs, the parameters it accepts, what',
      'can start it and whether that exists here, and whatever a careful operator would',
      'ask about.',
      '',
      'Several files make a table with a line for each; with --json a document',
      'for each, on a line of its own.',
      '',
      'Exit status: 0 known, 1 unknown, 125 damaged or unreadable.',
      '',
      'Examples',
      '  slipway inspect hello.spt',
      '  slipway inspect --json hello.spt | jq .devices',
      '  slipway inspect *.spt /boot/vmlinuz*',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print JSON (schema/inspect.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'The files to look at', parse: String, placeholder: 'FILE' },
      minimum: 1,
    },
  },
  async func(flags: InspectFlags, ...paths: string[]) {
    const { starterFinder } = await import('../run/starters.ts')
    const { inspectFile } = await import('../run/inspect.ts')
    const look = starterFinder()
    const reports = paths.flatMap((path) => {
      try {
        return [inspectFile(path, look)]
      } catch (error) {
        fail(error, path)
        return []
      }
    })
    if (reports.some(({ family }) => family === 'unknown')) process.exitCode ??= EXIT_UNKNOWN
    if (reports.length > 0) print(await render(reports, paths.length > 1, flags.json === true))
  },
})

/** In full for one file, else a line for each. */
async function render(reports: readonly InspectReport[], many: boolean, json: boolean): Promise<string> {
  if (json) {
    const { writeJson, writeJsonLine } = await import('../base/json-text.ts')
    return reports.map(many ? writeJsonLine : writeJson).join('')
  }
  const { renderInspect, renderTable } = await import('../artefact/render-report.ts')
  const style = styleFor('stdout')
  return many
    ? renderTable(reports, style)
    : reports.map((report) => renderInspect(report, style, widthOf('stdout'))).join('')
}
