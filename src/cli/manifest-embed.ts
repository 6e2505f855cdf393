// slipway manifest embed: another manifest for a unikernel that is linked already.

import { buildCommand } from '@stricli/core'
import { FormatError } from '../base/errors.ts'
import { fail } from './output.ts'

export const embedCommand = buildCommand({
  docs: {
    brief: 'Put a manifest into a copy of a unikernel, or replace the one it has',
    fullDescription: [
      'Writes a copy of a Solo5 unikernel that declares the devices of a',
      'manifest.json instead of its own. All other bytes stay as they are. Programs',
      'for spt and hvt take any manifest; those for other targets look for it where',
      'the linker has put it, so theirs can be replaced, but not by a larger one.',
      '',
      'Examples',
      '  slipway manifest embed -o other.spt shop.spt manifest.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'The file to write; an existing one is replaced',
        placeholder: 'FILE',
      },
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'The unikernel to copy', parse: String, placeholder: 'ARTEFACT' },
        { brief: 'The manifest.json, - for standard input', parse: String, placeholder: 'SOURCE' },
      ],
    },
  },
  async func({ output }: { output: string }, path: string, source: string) {
    try {
      const { embedManifestInto } = await import('../run/manifest.ts')
      embedManifestInto(path, source, output)
    } catch (error) {
      fail(error, error instanceof FormatError ? path : undefined)
    }
  },
})
