// slipway diff: what a new version of a unikernel asks for that the old one did not. Reads; runs and changes nothing.

import { buildCommand } from '@stricli/core'
import { fail, print, styleFor } from './output.ts'

/** Both files could be read, and the new one asks for more. */
const EXIT_MORE = 1

export const diffCommand = buildCommand({
  docs: {
    brief: 'Show what a new version asks for, and what it gave up',
    fullDescription: [
      'Compares what two Solo5 unikernels declare: devices, target and processor,',
      'the memory that they need, what their memory may be used for, and what a run',
      'would refuse. It says nothing about what their code does with it.',
      '',
      'Of what is baked in, one more program asks for more, and so does a document that',
      'wants more memory than a guest got before. Images and documents are contents, as',
      'code is: they are listed, and ask for nothing, since neither can name a resource of',
      'the host. A device whose files are baked in is not asked for.',
      '',
      'Exit status: 0 nothing more than before, 1 more, 125 a file cannot be read.',
      '',
      'Examples',
      '  slipway diff shop-1.spt shop-2.spt',
      '  slipway diff --json shop-1.spt shop-2.spt | jq .asks',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print one JSON document (schema/diff.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'The version that is known', parse: String, placeholder: 'OLD' },
        { brief: 'The one to decide about', parse: String, placeholder: 'NEW' },
      ],
    },
  },
  async func(flags: { json?: boolean }, before: string, after: string) {
    let culprit = before
    try {
      const { diff } = await import('../run/diff.ts')
      const report = diff(before, after, (file) => (culprit = file))
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
      } else {
        const { renderDiff } = await import('../artefact/diff-report.ts')
        print(renderDiff(report, styleFor('stdout')))
      }
      if (report.asksForMore) process.exitCode ??= EXIT_MORE
    } catch (error) {
      fail(error, culprit)
    }
  },
})
