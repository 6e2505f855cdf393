// slipway fs create: an image out of directories, archives and other images.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import {
  type FormatFlags,
  formatFlags,
  imageOptions,
  outputFlag,
  type SourceFlags,
  sourceFlags,
  sourceOptions,
} from './fs-flags.ts'
import { fail } from './output.ts'
import { showEach } from './progress.ts'
import { writeWithProgress } from './write-image.ts'

type CreateFlags = FormatFlags & SourceFlags & { readonly output: string }

export const createCommand = buildCommand({
  docs: {
    brief: 'Make an image or an archive of files',
    fullDescription: [
      'Puts sources one on top of the other, the last on top: directories, archives, images',
      'and OCI layouts, or a part of one, IMAGE:/DIRECTORY. Needs no root. The same sources',
      'give the same bytes, on any machine and at any time; SOURCE_DATE_EPOCH limits times as',
      'elsewhere.',
      '',
      'What the format cannot hold is an error that names the file, unless --allow-loss says',
      'that it may be lost. -o - writes tar and cpio to standard output.',
      '',
      'Examples',
      '  slipway fs create -R etc -R data -o root.sqfs',
      '  slipway fs create -R site --owner 0:0 --mtime 2026-01-01 -o site.tar.gz',
      '  slipway fs create -R boot --allow-loss all --size 64M --label ESP -o esp.fat',
      '  slipway fs create -R layout/ --exclude "*.pyc" --format ext2 -o disk.img',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...sourceFlags,
      output: outputFlag,
      ...formatFlags,
    },
    aliases: { R: 'root', o: 'output' },
    positional: { kind: 'tuple', parameters: [] },
  },
  async func(flags: CreateFlags) {
    const sources = flags.root ?? []
    try {
      if (sources.length === 0 && flags.defaultEtc !== true)
        throw new UsageError('MISSING_ARGUMENT', 'no source is given', 'add -R DIRECTORY')
      const { gatherTree } = await import('../run/gather-tree.ts')
      const tree = await gatherTree(sources, {
        ...sourceOptions(flags),
        output: flags.output,
        unpacking: showEach('unpacking'),
      })
      try {
        await writeWithProgress(tree, flags.output, sources, imageOptions(flags))
      } finally {
        tree.close()
      }
    } catch (error) {
      fail(error, sources[0])
    }
  },
})
