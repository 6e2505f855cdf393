// slipway config show: all that a guest would be told, put together. Reads; changes nothing, looks no secret up.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { type GuestFlags, guestAliases, guestFlags, guestOptions, guestPositional } from './guest-flags.ts'
import { fail, print, styleFor } from './output.ts'

export const showConfigCommand = buildCommand({
  docs: {
    brief: 'Show the settings that a guest would get',
    customUsage: ['[FLAGS] ARTEFACT [-- WORD]...'],
    fullDescription: [
      'Takes what slipway run takes and shows the settings that win, each with who said',
      'it. With --json, the document that they come to: --config takes it again.',
      '',
      'Examples',
      '  slipway config show --config shop.json -e LANG=C shop.spt',
      '  slipway config show --json --config a.json --config b.json shop.spt >all.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...guestFlags,
      json: {
        kind: 'boolean',
        brief: 'Print the document (schema/config.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    aliases: guestAliases,
    positional: guestPositional,
  },
  async func(flags: GuestFlags & { readonly json?: boolean }, ...[path, ...args]: string[]) {
    try {
      if (path === undefined)
        throw new UsageError('MISSING_ARGUMENT', 'no artefact is given', 'see slipway config show --help')
      const { showConfigOf } = await import('../run/config-verbs.ts')
      const { settings, document } = showConfigOf(path, await guestOptions(flags, args))
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(document))
        return
      }
      const { renderSettings } = await import('../config/explain.ts')
      print(renderSettings(settings, styleFor('stdout')))
    } catch (error) {
      fail(error, path)
    }
  },
})
