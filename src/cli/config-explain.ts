// slipway config explain: which one wins, and why. Reads; changes nothing, looks no secret up.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { proposeKey } from './complete-settings.ts'
import { type GuestFlags, guestAliases, guestFlags, guestOptions } from './guest-flags.ts'
import { fail, print, styleFor } from './output.ts'

export const explainCommand = buildCommand({
  docs: {
    brief: 'Say which setting wins, who said it, and what lost',
    customUsage: ['[FLAGS] [KEY] ARTEFACT [-- WORD]...'],
    fullDescription: [
      'Takes what slipway run takes and shows, for every setting or those of one key,',
      'the value, the file and line or the flag that said it, what other layers said,',
      'and for a single one what it is for and when it is read.',
      '',
      'Layers, the last wins: defaults, what is baked into the artefact, --config files',
      'in their order, --platform-config, the command line.',
      '',
      'Examples',
      '  slipway config explain --config shop.json shop.spt',
      '  slipway config explain net.dns --config shop.json shop.spt',
      '  slipway config explain --json env.LANG -e LANG=C shop.spt | jq .settings',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...guestFlags,
      json: {
        kind: 'boolean',
        brief: 'Print JSON (schema/explain.schema.json)',
        optional: true,
        withNegated: false,
      },
    },
    aliases: guestAliases,
    positional: {
      kind: 'array',
      parameter: {
        brief: 'A key if one is wanted, the artefact, words for the guest',
        parse: String,
        placeholder: '[KEY] ARTEFACT',
        proposeCompletions: proposeKey,
      },
      minimum: 1,
    },
  },
  async func(flags: GuestFlags & { readonly json?: boolean }, ...words: string[]) {
    let culprit = words[0]
    try {
      const { explainConfigOf, takeKey } = await import('../run/config-verbs.ts')
      const { key, rest } = takeKey(words)
      const [path, ...args] = rest
      culprit = path
      if (path === undefined)
        throw new UsageError('MISSING_ARGUMENT', 'no artefact is given', 'see slipway config explain --help')
      const report = explainConfigOf(path, await guestOptions(flags, args), key)
      if (flags.json === true) {
        const { writeJson } = await import('../base/json-text.ts')
        print(writeJson(report))
        return
      }
      const { renderExplanation } = await import('../config/explain.ts')
      print(renderExplanation(report, styleFor('stdout')))
    } catch (error) {
      fail(error, culprit)
    }
  },
})
