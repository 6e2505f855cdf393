// slipway fs add: files into an image that exists.

import { buildCommand } from '@stricli/core'
import { type FormatFlags, formatFlags, imageOptions, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail } from './output.ts'
import { writeWithProgress } from './write-image.ts'

type AddFlags = TreeFlags & FormatFlags & { readonly to: string; readonly output?: string }

export const addCommand = buildCommand({
  docs: {
    brief: 'Put files on top of those in an image',
    fullDescription: [
      'Writes the image anew, in its own format, with the sources on top: files, directories,',
      'archives or other images. It keeps its label, its UUID, its codec and its sizes. The',
      'old one stays until the new one is complete.',
      '',
      'Examples',
      '  slipway fs add root.sqfs motd --to /etc',
      '  slipway fs add disk.ext2 site/ --to /srv -o disk2.ext2',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...treeFlags,
      to: { kind: 'parsed', parse: String, brief: 'The directory in the image', placeholder: 'PATH', default: '/' },
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'Another file for the new image',
        placeholder: 'FILE',
        optional: true,
      },
      ...formatFlags,
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
      const added = await addToImage(image as string, sources, flags.to, flags)
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
