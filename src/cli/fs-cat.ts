// slipway fs cat: the contents of a file in an image. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import type { Found } from '../run/look-inside.ts'
import { type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail, print } from './output.ts'
import { showEach } from './progress.ts'

const PIECE = 1024 * 1024 // bytes

export const catCommand = buildCommand({
  docs: {
    brief: 'Print the contents of a file',
    fullDescription: [
      'The bytes as they are: what a terminal makes of them is its own business.',
      'Links are followed inside of the image. ARTEFACT!DEVICE is an image that is baked into',
      'an artefact, as it is; ARTEFACT!config what it is told.',
      '',
      'Examples',
      '  slipway fs cat root.sqfs:/etc/hosts',
      '  slipway fs cat shop.spt:/etc/app.conf',
      "  slipway fs cat 'shop.spt!config'",
      "  slipway fs cat 'shop.spt!storage' > disk.img",
    ].join('\n'),
  },
  parameters: {
    flags: treeFlags,
    positional: { kind: 'array', parameter: { brief: 'IMAGE:/PATH', parse: String, placeholder: 'PLACE' }, minimum: 1 },
  },
  async func(flags: TreeFlags, ...places: string[]) {
    for (const place of places) {
      try {
        await cat(place, flags)
      } catch (error) {
        return fail(error, place)
      }
    }
  },
})

async function cat(place: string, flags: TreeFlags): Promise<void> {
  const { findFile } = await import('../run/look-inside.ts')
  const found = await findFile(place, { ...flags, unpacking: showEach('unpacking') })
  try {
    const content = contentOf(found, place)
    for (let at = 0; at < content.size && process.exitCode === undefined; at += PIECE) {
      print(content.readAt(at, Math.min(PIECE, content.size - at)))
    }
  } finally {
    found.close()
  }
}

/** An image in an artefact that is named without a path is meant as it is. */
function contentOf({ inode, path, part }: Found, place: string): Source {
  if (inode.kind === 'file') return inode.content
  if (part !== undefined && place.endsWith(`!${part.part.name}`)) return part.source
  throw new UsageError('BAD_ARGUMENT', `${quote(`/${path}`)} is a ${inode.kind}, not a file`)
}
