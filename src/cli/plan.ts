// slipway plan: what a run would do, step by step. Looks; starts, opens for writing and changes nothing.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { type GuestFlags, guestAliases, guestFlags, guestOptions, guestPositional } from './guest-flags.ts'
import { fail, print, styleFor, widthOf } from './output.ts'

export const planCommand = buildCommand({
  docs: {
    brief: 'Show what a run would do, and do nothing',
    customUsage: ['[FLAGS] ARTEFACT [-- WORD]...'],
    fullDescription: [
      'Checks the artefact and its wires as slipway run does, and shows what would',
      'happen: devices with what each is wired to, the guest’s memory, what it would',
      'be told, the system calls that do not kill it, each with its reason, and every',
      'step of the launcher with what has to come of it.',
      '',
      'Nothing is started, opened for writing or changed. A guest that could not be',
      'started is refused with the same words, and 125.',
      '',
      'Examples',
      '  slipway plan --block storage=disk.img shop.spt',
      '  slipway plan --net service=user -p 8080:80 web.spt',
      '  slipway plan --config shop.json --set env.LANG=C shop.spt',
      '  slipway plan --json --net service=tap:tap0 shop.spt | jq .filter',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...guestFlags,
      json: {
        kind: 'boolean',
        brief: 'Print JSON (schema/plan.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    aliases: guestAliases,
    positional: guestPositional,
  },
  async func(flags: GuestFlags & { readonly json?: boolean }, ...[path, ...args]: string[]) {
    try {
      if (path === undefined) {
        throw new UsageError('MISSING_ARGUMENT', 'no artefact is given', 'see slipway plan --help')
      }
      const { describePlan } = await import('../run/plan.ts')
      const report = describePlan(path, await guestOptions(flags, args, path), 'command line')
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
        return
      }
      const { renderPlan } = await import('../targets/spt/report-text.ts')
      print(renderPlan(report, { style: styleFor('stdout'), width: widthOf('stdout') }))
    } catch (error) {
      fail(error, path)
    }
  },
})
