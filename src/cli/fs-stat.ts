// slipway fs stat: everything about a file in an image. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { showName } from '../base/quote.ts'
import type { FileEntry } from '../run/file-report.ts'
import { jsonFlag, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail, print } from './output.ts'
import { showEach } from './progress.ts'

export const statCommand = buildCommand({
  docs: {
    brief: 'Show everything about a file',
    fullDescription: ['Links are not followed.', '', 'Examples', '  slipway fs stat root.sqfs:/bin/sh'].join('\n'),
  },
  parameters: {
    flags: { json: jsonFlag, ...treeFlags },
    positional: { kind: 'tuple', parameters: [{ brief: 'IMAGE:/PATH', parse: String, placeholder: 'PLACE' }] },
  },
  async func({ json, platform }: TreeFlags & { json?: boolean }, place: string) {
    try {
      const { findFile } = await import('../run/look-inside.ts')
      const { describeFile, FS_SCHEMA_VERSION } = await import('../run/file-report.ts')
      const { countNames } = await import('../files/tree.ts')
      const found = await findFile(place, { platform, unpacking: showEach('unpacking'), follow: false })
      try {
        const { image, format, path, inode, root } = found
        const file = describeFile(path, inode, countNames(root))
        if (json === true) {
          const { writeJson } = await import('../base/json-text.ts')
          print(
            writeJson({
              schema: 'slipway.fs',
              schemaVersion: FS_SCHEMA_VERSION,
              image,
              format,
              path: `/${path}`,
              files: [file],
            }),
          )
        } else print(render(file))
      } finally {
        found.close()
      }
    } catch (error) {
      fail(error, place)
    }
  },
})

function render(file: FileEntry): string {
  const { path, kind, mode, uid, gid, mtime, size, target, device, links, sparse, xattrs } = file
  const lines: (readonly [string, string | undefined])[] = [
    ['path', showName(`/${path}`)],
    ['kind', sparse === true ? `${kind}, with holes` : kind],
    ['size', size === undefined ? undefined : `${size} bytes`],
    ['target', target === undefined ? undefined : showName(target)],
    ['device', device === undefined ? undefined : `${device.major}, ${device.minor}`],
    ['mode', mode],
    ['owner', `${uid}:${gid}`],
    ['modified', mtime],
    ['links', String(links)],
    ['attributes', xattrs?.map((name) => showName(name)).join(', ')],
  ]
  return lines.map(([name, value]) => (value === undefined ? '' : `${name.padEnd(10)}  ${value}\n`)).join('')
}
