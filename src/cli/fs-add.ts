// slipway fs add: files into an image that exists.

import { buildCommand } from '@stricli/core'
import { type FormatFlags, formatFlags, imageOptions, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail } from './output.ts'
import { showEach } from './progress.ts'
import { writeWithProgress } from './write-image.ts'

/** Its format is the image's own. */
const { format: _, ...ownFormatFlags } = formatFlags

type AddFlags = TreeFlags & Omit<FormatFlags, 'format'> & { readonly to: string; readonly output?: string }

export const addCommand = buildCommand({
  docs: {
    brief: 'Put files on top of those in an image',
    fullDescription: [
      'Writes the image anew, in its own format, with the sources on top: a directory brings',
      'what is in it, a file comes by its name; IMAGE:/PATH is what lies there. The image',
      'keeps its label, its UUID, its codec and its sizes. The old one stays until the new',
      'one is complete.',
      '',
      'Examples',
      '  slipway fs add root.sqfs motd --to /etc',
      '  slipway fs add disk.ext2 site/ --to /srv -o disk2.ext2',
    ].join('\n'),
  },
  parameters: {
    flags: {
      to: { kind: 'parsed', parse: String, brief: 'The directory in the image', placeholder: 'PATH', default: '/' },
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'Another file for the new image',
        placeholder: 'FILE',
        optional: true,
      },
      ...ownFormatFlags,
      ...treeFlags,
    },
    aliases: { o: 'output' },
    positional: {
      kind: 'array',
      parameter: { brief: 'The image, then what is put into it', parse: String, placeholder: 'IMAGE SOURCE' },
      minimum: 2,
    },
  },
  async func(flags: AddFlags, ...[image, ...sources]: string[]) {
    try {
      const { addToImage } = await import('../run/add-to-image.ts')
      const added = await addToImage(image as string, sources, flags.to, {
        platform: flags.platform,
        unpacking: showEach('unpacking'),
      })
      try {
        const options = { ...added.options, ...defined(imageOptions(flags)) }
        await writeWithProgress(added, flags.output ?? (image as string), sources, options)
      } finally {
        added.close()
      }
    } catch (error) {
      fail(error, image)
    }
  },
})

/** What is said, without what is not. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}
