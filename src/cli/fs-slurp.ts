// slipway fs slurp: the files of an image as a directory.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { type LossFlags, lossFlags, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail } from './output.ts'
import { showEach } from './progress.ts'
import { writeWithProgress } from './write-image.ts'

export const slurpCommand = buildCommand({
  docs: {
    brief: 'Take the files out of an image',
    fullDescription: [
      'Into a directory that does not exist yet, or an empty one; into a tar where the name',
      'ends so. Nothing is written outside of it, whatever the image says, and nothing is',
      'left of it when that fails. As root, files keep their owners; who is not root cannot',
      'make devices, and goes on without with --allow-loss devices.',
      '',
      'Examples',
      '  slipway fs slurp root.sqfs -o files',
      '  slipway fs slurp disk.ext2:/var -o var.tar',
    ].join('\n'),
  },
  parameters: {
    flags: {
      output: { kind: 'parsed', parse: String, brief: 'The directory, or a .tar', placeholder: 'DIRECTORY' },
      ...lossFlags,
      ...treeFlags,
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'IMAGE or IMAGE:/DIRECTORY', parse: String, placeholder: 'PLACE' }],
    },
  },
  async func({ output, platform, allowLoss = [] }: TreeFlags & LossFlags & { output: string }, place: string) {
    try {
      const { findDirectory } = await import('../run/look-inside.ts')
      const { formatOfName } = await import('../files/detect.ts')
      const found = await findDirectory(place, { platform, unpacking: showEach('unpacking') })
      try {
        const format = formatOfName(output)?.format
        if (format !== undefined && format !== 'tar') {
          const advice = 'slipway fs convert makes one; a directory is called otherwise'
          throw new UsageError('BAD_ARGUMENT', `${quote(output)} is the name of an image`, advice)
        }
        const options = { format: format ?? ('directory' as const), allowLoss: new Set(allowLoss.flat()) }
        await writeWithProgress({ root: found.inode, notes: found.notes }, output, [found.image], options)
      } finally {
        found.close()
      }
    } catch (error) {
      fail(error, place)
    }
  },
})
