// An image with more files in it: its tree with others on top, to be written in the format that it has.

import { basename } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { overlay } from '../files/overlay.ts'
import { type Directory, lookUp, PLAIN_DIRECTORY } from '../files/tree.ts'
import { isDirectory, sizeOfFile } from '../host/files.ts'
import { type DirectoryOnDisk, readSingleFile } from '../host/trees/read-directory.ts'
import type { ImageOptions } from './create-image.ts'
import { type GatheredTree, isInside } from './gather-tree.ts'
import { findFile, resolve } from './look-inside.ts'
import { type OpenTree, openTree, requireLayout, type TreeOptions } from './open-tree.ts'

export type AddedTree = GatheredTree & { readonly options: ImageOptions }

/**
 * The image's tree with the sources on top of its directory `to`: directories bring what is in them, files come by their names. The caller closes it. Throws as
 * `openTree` does, and UsageError for what cannot be added to.
 */
export async function addToImage(
  image: string,
  sources: readonly string[],
  to: string,
  options: TreeOptions = {},
): Promise<AddedTree> {
  const closers: (() => void)[] = []
  const close = (): void => {
    for (const each of closers) each()
  }
  try {
    const {
      root,
      format,
      packing,
      notes,
      close: closeImage,
      part,
      kept,
    } = await openTree(image, { unpacking: options.unpacking })
    closers.push(closeImage)
    if (part !== undefined) {
      const advice = 'slipway bake ARTEFACT -R ARTEFACT!DEVICE -R FILES -o NEW puts files on top of those in it'
      throw new UsageError('BAD_ARGUMENT', `${quote(image)} is baked into an artefact`, advice)
    }
    if (format === 'oci' || format === 'directory') {
      throw new UsageError(
        'BAD_ARGUMENT',
        `${quote(image)} is no image or archive`,
        'slipway fs create -R makes one out of it and other sources',
      )
    }
    if (packing !== undefined && !['tar', 'cpio'].includes(format)) {
      throw new UsageError(
        'BAD_ARGUMENT',
        `${quote(image)} is packed, and ${format} is not written so`,
        'unpack it first',
      )
    }
    if (kept?.loses !== undefined) {
      const advice = 'slipway fs create -R makes an image of its files and others, without that'
      throw new UsageError('BAD_ARGUMENT', `${quote(image)} ${kept.loses}, which would be lost`, advice)
    }
    let upper: Directory = PLAIN_DIRECTORY
    const opened: OpenTree[] = []
    for (const source of sources) {
      const tree = await openAdded(source, options)
      closers.push(tree.close)
      if ('format' in tree) opened.push(tree)
      upper = overlay(upper, tree.root)
    }
    requireLayout(opened, options)
    return {
      root: overlay(root, placeAt(root, to, upper)),
      notes: kept?.changes === undefined ? notes : [...notes, `${quote(image)} ${kept.changes}`],
      close,
      options: { format, packing: packing ?? kept?.packing, size: sizeFor(format, image), kept },
    }
  } catch (error) {
    close()
    throw error
  }
}

/** What a directory has in it, be it one of an image; a file by its name, whatever is in it. */
async function openAdded(source: string, options: TreeOptions): Promise<OpenTree | DirectoryOnDisk> {
  if (!isInside(source)) {
    return isDirectory(source) ? await openTree(source, options) : readSingleFile(source, basename(source))
  }
  const found = await findFile(source, { ...options, ofSeveral: true })
  const { inode, path } = found
  const root = inode.kind === 'directory' ? inode : { ...PLAIN_DIRECTORY, entries: new Map([[basename(path), inode]]) }
  return { ...found, root }
}

/** File systems that are written to keep their size. */
function sizeFor(format: string, image: string): number | undefined {
  return format === 'ext2' || format === 'fat' ? sizeOfFile(image) : undefined
}

/** A tree that has nothing but `upper`, at a place of another; directories on the way keep their owner, mode and time. */
function placeAt(root: Directory, to: string, upper: Directory): Directory {
  const place = resolve(root, to, true)
  const there = place === undefined ? undefined : lookUp(root, place)
  if (place === undefined || there?.kind !== 'directory') {
    throw new UsageError(
      'BAD_ARGUMENT',
      `--to ${quote(to)} is no directory of the image`,
      'slipway fs tree shows what there is',
    )
  }
  const names = place.split('/').filter((name) => name !== '')
  let placed: Directory = { ...upper, meta: there.meta }
  for (let depth = names.length - 1; depth >= 0; depth--) {
    const parent = lookUp(root, names.slice(0, depth).join('/')) as Directory
    placed = { kind: 'directory', meta: parent.meta, entries: new Map([[names[depth] as string, placed]]) }
  }
  return placed
}
