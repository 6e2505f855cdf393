// slipway fs cat: the contents of a file in an image. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { fail, print } from './output.ts'

const PIECE = 1024 * 1024 // bytes

export const catCommand = buildCommand({
  docs: {
    brief: 'Print the contents of a file',
    fullDescription: [
      'The bytes as they are: what a terminal makes of them is its own business.',
      'Links are followed inside of the image.',
      '',
      'Examples',
      '  slipway fs cat root.sqfs:/etc/hosts',
    ].join('\n'),
  },
  parameters: {
    flags: {},
    positional: { kind: 'array', parameter: { brief: 'IMAGE:/PATH', parse: String, placeholder: 'PLACE' }, minimum: 1 },
  },
  async func(_: object, ...places: string[]) {
    for (const place of places) {
      try {
        await cat(place)
      } catch (error) {
        return fail(error, place)
      }
    }
  },
})

async function cat(place: string): Promise<void> {
  const { findFile } = await import('../run/look-inside.ts')
  const found = await findFile(place)
  try {
    const { inode, path } = found
    if (inode.kind !== 'file')
      throw new UsageError('BAD_ARGUMENT', `${quote(`/${path}`)} is a ${inode.kind}, not a file`)
    const { content } = inode
    for (let at = 0; at < content.size && process.exitCode === undefined; at += PIECE) {
      print(content.readAt(at, Math.min(PIECE, content.size - at)))
    }
  } finally {
    found.close()
  }
}
