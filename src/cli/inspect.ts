// slipway inspect: what an artefact is, what it needs, and what is odd about it. Reads; runs and changes nothing.

import { buildCommand } from '@stricli/core'
import { fail, print, styleFor } from './output.ts'

export const inspectCommand = buildCommand({
  docs: {
    brief: 'Show what an artefact is and what it needs',
    fullDescription: [
      'Reads a Solo5 unikernel of any target and processor and shows its target,',
      'memory, segments, the devices it declares with the flag that wires each, and',
      'whatever a run would refuse or a careful operator would ask about.',
      '',
      'Examples',
      '  slipway inspect hello.spt',
      '  slipway inspect --json hello.spt | jq .devices',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print one JSON document (schema/inspect.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'The file to look at', parse: String, placeholder: 'ARTEFACT' }],
    },
  },
  async func(flags: { json?: boolean }, path: string) {
    try {
      const { inspect } = await import('../run/inspect.ts')
      const report = inspect(path)
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
      } else {
        const { renderInspect } = await import('../artefact/report.ts')
        print(renderInspect(report, styleFor('stdout')))
      }
    } catch (error) {
      fail(error, path)
    }
  },
})
