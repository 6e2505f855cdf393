// slipway fs cp: a file or a directory out of an image.

import { buildCommand } from '@stricli/core'
import { type LossFlags, lossFlags, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail } from './output.ts'
import { showEach } from './progress.ts'

export const copyCommand = buildCommand({
  docs: {
    brief: 'Copy a file or a directory out of an image',
    fullDescription: [
      'A file replaces a file of that name in one step; a directory needs a name that is free.',
      'Into an image goes what slipway fs add puts there.',
      '',
      'Examples',
      '  slipway fs cp root.sqfs:/etc/hosts hosts',
      '  slipway fs cp disk.ext2:/var/log logs',
    ].join('\n'),
  },
  parameters: {
    flags: { ...lossFlags, ...treeFlags },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'IMAGE:/PATH', parse: String, placeholder: 'PLACE' },
        { brief: 'Where to; a directory that exists gets it by its name', parse: String, placeholder: 'TARGET' },
      ],
    },
  },
  async func({ allowLoss = [], platform }: TreeFlags & LossFlags, place: string, target: string) {
    try {
      const { copyOut } = await import('../run/copy-out.ts')
      await copyOut(place, target, {
        writing: showEach('writing'),
        platform,
        unpacking: showEach('unpacking'),
        allowLoss: new Set(allowLoss.flat()),
      })
    } catch (error) {
      fail(error, place)
    }
  },
})
