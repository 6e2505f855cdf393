// slipway fs create: an image out of directories, archives and other images.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { type FormatFlags, formatFlags, imageOptions, outputFlag, parseOwner, parseTime } from './fs-flags.ts'
import { fail } from './output.ts'
import { writeWithProgress } from './write-image.ts'

type CreateFlags = FormatFlags & {
  readonly root?: readonly string[]
  readonly output: string
  readonly owner?: { uid: number; gid: number }
  readonly mtime?: ReturnType<typeof parseTime>
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly replace?: boolean
  readonly defaultEtc?: boolean
}

export const createCommand = buildCommand({
  docs: {
    brief: 'Make an image or an archive of files',
    fullDescription: [
      'Puts sources one on top of the other, the last on top: directories, archives, images',
      'and OCI layouts. Needs no root. The same sources give the same bytes, on any machine',
      'and at any time; SOURCE_DATE_EPOCH limits times as elsewhere.',
      '',
      'What the format cannot hold is an error that names the file, unless --allow-loss says',
      'that it may be lost. -o - writes tar and cpio to standard output.',
      '',
      'Examples',
      '  slipway fs create -R etc -R data -o root.sqfs',
      '  slipway fs create -R site --owner 0:0 --mtime 2026-01-01 -o site.tar.gz',
      '  slipway fs create -R boot --allow-loss all --size 64M -o esp.fat',
      '  slipway fs create -R layout/ --exclude "*.pyc" --format ext2 -o disk.img',
    ].join('\n'),
  },
  parameters: {
    flags: {
      root: {
        kind: 'parsed',
        parse: String,
        brief: 'A source; later ones lie on top',
        placeholder: 'SOURCE',
        optional: true,
        variadic: true,
      },
      output: outputFlag,
      ...formatFlags,
      owner: {
        kind: 'parsed',
        parse: parseOwner,
        brief: 'Everything belongs to UID:GID',
        placeholder: 'UID:GID',
        optional: true,
      },
      mtime: {
        kind: 'parsed',
        parse: (text: string) => parseTime(text, '--mtime'),
        brief: 'Everything is of this time',
        placeholder: 'TIME',
        optional: true,
      },
      include: {
        kind: 'parsed',
        parse: String,
        brief: 'Only what matches',
        placeholder: 'PATTERN',
        optional: true,
        variadic: true,
      },
      exclude: {
        kind: 'parsed',
        parse: String,
        brief: 'Nothing that matches',
        placeholder: 'PATTERN',
        optional: true,
        variadic: true,
      },
      replace: {
        kind: 'boolean',
        brief: 'A directory on top replaces one below, instead of merging',
        optional: true,
        withNegated: false,
      },
      defaultEtc: {
        kind: 'boolean',
        brief: 'Begin with an /etc that programs can do with',
        optional: true,
        withNegated: false,
      },
    },
    aliases: { R: 'root', o: 'output' },
    positional: { kind: 'tuple', parameters: [] },
  },
  async func(flags: CreateFlags) {
    const sources = flags.root ?? []
    try {
      if (sources.length === 0 && flags.defaultEtc !== true)
        throw new UsageError('MISSING_ARGUMENT', 'no source is given', 'add -R DIRECTORY')
      const { gatherTree } = await import('../run/create-image.ts')
      const { owner, mtime, include, exclude, replace, defaultEtc, output } = flags
      const rule = replace === true ? 'replace' : 'merge'
      const tree = await gatherTree(sources, { owner, mtime, latest: sourceDate(), include, exclude, rule, defaultEtc })
      try {
        await writeWithProgress(tree, output, sources, imageOptions(flags))
      } finally {
        tree.close()
      }
    } catch (error) {
      fail(error, sources[0])
    }
  },
})

function sourceDate() {
  const text = process.env['SOURCE_DATE_EPOCH']
  return text === undefined || text === '' ? undefined : parseTime(text, 'SOURCE_DATE_EPOCH')
}
