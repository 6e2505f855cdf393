// slipway fs diff: what differs between the files of two images. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { showName } from '../base/quote.ts'
import type { FileDifference } from '../run/compare-trees.ts'
import { jsonFlag, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail, print, styleFor, tell } from './output.ts'
import { showProgress, showEach } from './progress.ts'

const EXIT_DIFFERENT = 1 // as diff(1)

export const diffCommand = buildCommand({
  docs: {
    brief: 'Compare the files of two images',
    fullDescription: [
      'Whatever their formats. Ends with 1 where something differs, with 0 where nothing does.',
      '',
      'Examples',
      '  slipway fs diff old.sqfs new.sqfs',
      '  slipway fs diff root.sqfs files/',
    ].join('\n'),
  },
  parameters: {
    flags: { json: jsonFlag, ...treeFlags },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'IMAGE or IMAGE:/DIRECTORY', parse: String, placeholder: 'OLD' },
        { brief: 'IMAGE or IMAGE:/DIRECTORY', parse: String, placeholder: 'NEW' },
      ],
    },
  },
  async func({ json, platform }: TreeFlags & { json?: boolean }, old: string, now: string) {
    try {
      const { findDirectory } = await import('../run/look-inside.ts')
      const { compareTrees } = await import('../run/compare-trees.ts')
      const { requireLayout } = await import('../run/open-tree.ts')
      const { contentSize } = await import('../files/tree.ts')
      const options = { platform, unpacking: showEach('unpacking'), ofSeveral: true }
      const before = await findDirectory(old, options)
      try {
        const after = await findDirectory(now, options)
        try {
          requireLayout([before, after], options)
          tell([...before.notes, ...after.notes])
          const progress = showProgress('comparing', () => contentSize(before.inode))
          const differences = compareTrees(before.inode, after.inode, progress.advance)
          progress.finish()
          print(await render(differences, old, now, json === true))
          if (differences.length > 0) process.exitCode ??= EXIT_DIFFERENT
        } finally {
          after.close()
        }
      } finally {
        before.close()
      }
    } catch (error) {
      fail(error, old)
    }
  },
})

async function render(
  differences: readonly FileDifference[],
  old: string,
  now: string,
  json: boolean,
): Promise<string> {
  const { FS_SCHEMA_VERSION } = await import('../run/file-report.ts')
  if (json) {
    const { writeJson } = await import('../base/json-text.ts')
    return writeJson({ schema: 'slipway.fs-diff', schemaVersion: FS_SCHEMA_VERSION, old, new: now, differences })
  }
  const style = styleFor('stdout')
  return differences
    .map(({ path, change, properties = [] }) => {
      const name = showName(`/${path}`)
      if (change === 'added') return `${style('green', `+ ${name}`)}\n`
      if (change === 'removed') return `${style('red', `- ${name}`)}\n`
      return `${style('yellow', `~ ${name}`)}  ${properties.join(', ')}\n`
    })
    .join('')
}
