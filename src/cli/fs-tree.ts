// slipway fs tree: directories of an image as a picture. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Inode } from '../files/tree.ts'
import { type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail, print } from './output.ts'

export const treeCommand = buildCommand({
  docs: {
    brief: 'Show files as a tree',
    fullDescription: ['Examples', '  slipway fs tree root.sqfs', '  slipway fs tree --depth 2 layout/'].join('\n'),
  },
  parameters: {
    flags: {
      ...treeFlags,
      depth: {
        kind: 'parsed',
        parse: parseDepth,
        brief: 'So many levels, and how much is below',
        placeholder: 'N',
        optional: true,
      },
    },
    positional: { kind: 'tuple', parameters: [{ brief: 'IMAGE or IMAGE:/PATH', parse: String, placeholder: 'PLACE' }] },
  },
  async func({ depth = Number.POSITIVE_INFINITY, platform }: TreeFlags & { depth?: number }, place: string) {
    try {
      const { findFile } = await import('../run/look-inside.ts')
      const { showName } = await import('../run/file-report.ts')
      const found = await findFile(place, { platform })
      try {
        print(`${showName(place)}\n${draw(found.inode, depth, '', showName).join('')}`)
      } finally {
        found.close()
      }
    } catch (error) {
      fail(error, place)
    }
  },
})

function parseDepth(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UsageError(
    'BAD_ARGUMENT',
    `--depth is ${quote(text)}, not a number of levels`,
    'write for example --depth 2',
  )
}

function draw(inode: Inode, depth: number, indent: string, showName: (name: string) => string): string[] {
  if (inode.kind !== 'directory') return []
  const entries = [...inode.entries]
  if (depth === 0) return entries.length === 0 ? [] : [`${indent}└── … ${entries.length} more\n`]
  return entries.flatMap(([name, below], i) => {
    const last = i === entries.length - 1
    const target = below.kind === 'symlink' ? ` -> ${showName(below.target)}` : ''
    const line = `${indent}${last ? '└── ' : '├── '}${showName(name)}${below.kind === 'directory' ? '/' : target}\n`
    return [line, ...draw(below, depth - 1, `${indent}${last ? '    ' : '│   '}`, showName)]
  })
}
