// slipway fs tree: directories of an image as a picture. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { showName } from '../base/quote.ts'
import type { Inode } from '../files/tree.ts'
import { depthFlag } from './depth-flag.ts'
import { type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail, print, tell } from './output.ts'
import { showEach } from './progress.ts'

export const treeCommand = buildCommand({
  docs: {
    brief: 'Show files as a tree',
    fullDescription: ['Examples', '  slipway fs tree root.sqfs', '  slipway fs tree --depth 2 layout/'].join('\n'),
  },
  parameters: {
    flags: { depth: depthFlag, ...treeFlags },
    positional: { kind: 'tuple', parameters: [{ brief: 'IMAGE or IMAGE:/PATH', parse: String, placeholder: 'PLACE' }] },
  },
  async func({ depth = Number.POSITIVE_INFINITY, platform }: TreeFlags & { depth?: number }, place: string) {
    try {
      const { findFile } = await import('../run/look-inside.ts')
      const found = await findFile(place, { platform, unpacking: showEach('unpacking') })
      try {
        tell(found.notes)
        print(`${showName(place)}\n${draw(found.inode, depth, '').join('')}`)
      } finally {
        found.close()
      }
    } catch (error) {
      fail(error, place)
    }
  },
})

function draw(inode: Inode, depth: number, indent: string): string[] {
  if (inode.kind !== 'directory') return []
  const entries = [...inode.entries]
  if (depth === 0) return entries.length === 0 ? [] : [`${indent}└── … ${entries.length} more\n`]
  return entries.flatMap(([name, below], i) => {
    const last = i === entries.length - 1
    const target = below.kind === 'symlink' ? ` -> ${showName(below.target)}` : ''
    const line = `${indent}${last ? '└── ' : '├── '}${showName(name)}${below.kind === 'directory' ? '/' : target}\n`
    return [line, ...draw(below, depth - 1, `${indent}${last ? '    ' : '│   '}`)]
  })
}
