// slipway fs convert: the same files in another format.

import { buildCommand } from '@stricli/core'
import { type FormatFlags, formatFlags, imageOptions, outputFlag, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail } from './output.ts'
import { showEach } from './progress.ts'
import { writeWithProgress } from './write-image.ts'

export const convertCommand = buildCommand({
  docs: {
    brief: 'Write the files of an image in another format',
    fullDescription: [
      'Examples',
      '  slipway fs convert root.sqfs -o root.tar.gz',
      '  slipway fs convert layout/ --format ext2 --size 1G -o disk.img',
    ].join('\n'),
  },
  parameters: {
    flags: { output: outputFlag, ...formatFlags, ...treeFlags },
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'IMAGE or IMAGE:/DIRECTORY', parse: String, placeholder: 'PLACE' }],
    },
  },
  async func(flags: TreeFlags & FormatFlags & { output: string }, place: string) {
    try {
      const { findDirectory } = await import('../run/look-inside.ts')
      const found = await findDirectory(place, { platform: flags.platform, unpacking: showEach('unpacking') })
      try {
        await writeWithProgress(
          { root: found.inode, notes: found.notes },
          flags.output,
          [found.image],
          imageOptions(flags),
        )
      } finally {
        found.close()
      }
    } catch (error) {
      fail(error, place)
    }
  },
})
