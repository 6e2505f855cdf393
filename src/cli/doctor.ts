// slipway doctor: what this machine can do, and whether an artefact would run on it. Looks, and changes nothing.

import { buildCommand } from '@stricli/core'
import { EXIT_FAILED, fail, print, styleFor } from './output.ts'

/** Something that is needed is missing. */
const EXIT_LACKING = 1

/** Milliseconds for each probe. A program that prints its version may have to come from a slow disk. */
const LIMIT = 3000

export const doctorCommand = buildCommand({
  docs: {
    brief: 'Say what this machine can do, and whether an artefact would run',
    fullDescription: [
      'Looks at the kernel, its sandbox, memory, limits, places to execute launchers',
      'from, KVM, TAP and the programs that start other guests, each with a time',
      'limit and without changing anything. What is missing comes with advice.',
      '',
      'With an artefact, says for each way to start it whether that would work here.',
      '',
      'Exit status: 0 all that is needed is there (for the artefact, or else for spt',
      'guests), 1 something is missing, 125 the artefact is damaged or unreadable.',
      '',
      'Examples',
      '  slipway doctor',
      '  slipway doctor hello.spt',
      '  slipway doctor --json | jq \'.probes[] | select(.status != "ok")\'',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: {
        kind: 'boolean',
        brief: 'Print JSON (schema/doctor.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'An artefact', parse: String, placeholder: 'ARTEFACT', optional: true }],
    },
  },
  async func(flags: { json?: boolean }, path?: string) {
    try {
      const { examine } = await import('../run/doctor.ts')
      const report = await examine(path, {
        command: [process.execPath, process.argv[1] ?? '', PROBE_VERB],
        limit: LIMIT,
      })
      process.exitCode = report.ready ? 0 : EXIT_LACKING
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
      } else {
        const { renderDoctor } = await import('./doctor-text.ts')
        print(renderDoctor(report, styleFor('stdout')))
      }
    } catch (error) {
      fail(error, path)
    }
    // A process that could not be ended must not keep this one: it has been left alone with its disk.
    process.exit(process.exitCode ?? EXIT_FAILED)
  },
})

/** Not for people: the process in which the probes run. */
export const PROBE_VERB = '__probe'
