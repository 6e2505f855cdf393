// slipway fs ls: what is in a directory of an image. Reads; changes nothing.

import { buildCommand } from '@stricli/core'
import { jsonFlag, type TreeFlags, treeFlags } from './fs-flags.ts'
import { fail, print, styleFor, tell } from './output.ts'
import { showEach } from './progress.ts'

type ListFlags = TreeFlags & { readonly json?: boolean; readonly recursive?: boolean }

export const listCommand = buildCommand({
  docs: {
    brief: 'List files',
    fullDescription: [
      'Lists a directory as ls -l does: kind and mode, links, owner, size, time (UTC) and',
      'name. Names that could harm a terminal are quoted.',
      '',
      'Examples',
      '  slipway fs ls root.sqfs',
      '  slipway fs ls disk.ext2:/var/log',
      '  slipway fs ls -r --json initrd.cpio.gz',
    ].join('\n'),
  },
  parameters: {
    flags: {
      json: jsonFlag,
      recursive: { kind: 'boolean', brief: 'Everything below as well', optional: true, withNegated: false },
      ...treeFlags,
    },
    aliases: { r: 'recursive' },
    positional: { kind: 'tuple', parameters: [{ brief: 'IMAGE or IMAGE:/PATH', parse: String, placeholder: 'PLACE' }] },
  },
  async func(flags: ListFlags, place: string) {
    try {
      print(await list(place, flags))
    } catch (error) {
      fail(error, place)
    }
  },
})

async function list(place: string, { json, recursive, platform }: ListFlags): Promise<string> {
  const { findFile } = await import('../run/look-inside.ts')
  const { describeFile, fileCells, FS_SCHEMA_VERSION } = await import('../run/file-report.ts')
  const { countNames, walk } = await import('../files/tree.ts')
  const found = await findFile(place, { platform, unpacking: showEach('unpacking') })
  try {
    const { inode, root, image, path, format, notes } = found
    tell(notes)
    const links = countNames(root)
    const all = recursive === true || inode.kind !== 'directory' ? [...walk(inode)] : oneLevel(inode)
    const entries = all.map((entry) => (entry.path === '' ? { ...entry, path: nameOf(path) } : entry))
    const listed = recursive === true || inode.kind !== 'directory' ? entries : entries.slice(1)
    if (json === true) {
      const { writeJson } = await import('../base/json-text.ts')
      const files = listed.map((entry) => describeFile(entry.path, entry.inode, links))
      return writeJson({
        schema: 'slipway.fs',
        schemaVersion: FS_SCHEMA_VERSION,
        image,
        format,
        path: `/${path}`,
        files,
      })
    }
    const { table } = await import('../artefact/text-table.ts')
    return table(
      listed.map((entry) => fileCells(entry.path, entry.inode, links)),
      styleFor('stdout'),
    ).replaceAll(/^ {2}/gm, '')
  } finally {
    found.close()
  }
}

function oneLevel(inode: import('../files/tree.ts').Directory) {
  return [{ path: '', inode }, ...[...inode.entries].map(([path, below]) => ({ path, inode: below }))]
}

function nameOf(path: string): string {
  return path === '' ? '.' : path.slice(path.lastIndexOf('/') + 1)
}
