// slipway compose: a launcher to keep. The file needs neither Slipway nor Node.js to run, and the same input gives the same bytes.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { type GuestFlags, guestAliases, guestFlags, guestOptions, guestPositional } from './guest-flags.ts'
import { fail } from './output.ts'

type ComposeFlags = GuestFlags & { readonly output: string; readonly embedSecrets?: boolean }

export const composeCommand = buildCommand({
  docs: {
    brief: 'Write a self-contained launcher for an artefact',
    customUsage: ['-o FILE [FLAGS] ARTEFACT [-- WORD]...'],
    fullDescription: [
      'Writes one static executable that holds the guest, its sandbox and its',
      'arguments. It starts by itself on Linux 5.9 or newer on x86-64, without',
      'Slipway and without Node.js.',
      '',
      'It opens its own devices, by absolute paths; a path that begins with ./ counts',
      'from where the launcher is started.',
      '',
      'Examples',
      '  slipway compose -o hello hello.spt -- one two && ./hello',
      '  slipway compose -o shop --block storage=./shop.img shop.spt',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...guestFlags,
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'The file to write; an existing one is replaced',
        placeholder: 'FILE',
      },
      embedSecrets: {
        kind: 'boolean',
        brief: 'Write the values of secrets into it',
        optional: true,
        withNegated: false,
      },
    },
    aliases: { ...guestAliases, o: 'output' },
    positional: guestPositional,
  },
  async func(flags: ComposeFlags, ...[path, ...args]: string[]) {
    try {
      const { composeToFile } = await import('../run/compose.ts')
      if (path === undefined)
        throw new UsageError('MISSING_ARGUMENT', 'no artefact is given', 'see slipway compose --help')
      const options = { ...(await guestOptions(flags, args, path)), embedSecrets: flags.embedSecrets }
      const { requireOtherFile } = await import('../host/other-file.ts')
      requireOtherFile(flags.output, [
        ...(flags.wiring ?? []),
        ...(flags.config ?? []),
        ...(flags.platformConfig === undefined ? [] : [flags.platformConfig]),
      ])
      composeToFile(path, flags.output, options)
    } catch (error) {
      fail(error, path)
    }
  },
})
