// Sources, one on top of the other: what is left out of them, and whose everything is.

import { basename, dirname, join, relative } from 'node:path'
import { quote } from '../base/quote.ts'
import { applyPolicy, filterTree, type Policy } from '../files/change.ts'
import { overlay, type OverlayRule } from '../files/overlay.ts'
import { type Directory, lookUp, PLAIN_DIRECTORY } from '../files/tree.ts'
import { exists, isDirectory, realPath } from '../host/files.ts'
import { DEFAULT_ETC } from './default-etc.ts'
import { findDirectory } from './look-inside.ts'
import { splitPart } from './split-part.ts'
import { openTree, type OpenTree, requireLayout, splitTreePath, type TreeOptions } from './open-tree.ts'
import type { Patterns } from './patterns.ts'

export type SourceOptions = Policy &
  Patterns &
  TreeOptions & {
    readonly rule?: OverlayRule | undefined
    /** Below everything else, an /etc with what programs look for. */
    readonly defaultEtc?: boolean | undefined
    /** What will be written: where it lies in a source, it is no part of it. */
    readonly output?: string | undefined
  }

export type GatheredTree = { readonly root: Directory; readonly notes: readonly string[]; readonly close: () => void }

/** The sources as one tree, later ones on top. The caller closes it. */
export async function gatherTree(sources: readonly string[], options: SourceOptions): Promise<GatheredTree> {
  const opened: OpenTree[] = []
  const close = (): void => {
    for (const each of opened) each.close()
  }
  try {
    const notes: string[] = []
    for (const source of sources) {
      const tree = await openSource(source, options)
      opened.push(options.output === undefined ? tree : withoutOutput(tree, source, options.output, notes))
    }
    requireLayout(opened, options)
    const base = options.defaultEtc === true ? DEFAULT_ETC : undefined
    const trees = [...(base === undefined ? [] : [base]), ...opened.map(({ root }) => root)]
    const merged = trees.reduce((lower, upper) => overlay(lower, upper, options.rule), trees.shift() ?? PLAIN_DIRECTORY)
    return {
      root: applyPolicy(await select(merged, options), options),
      notes: [...opened.flatMap((tree) => tree.notes), ...notes],
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

/** What patterns are compiled with is loaded when there are any. */
async function select(root: Directory, patterns: Patterns): Promise<Directory> {
  if (patterns.include === undefined && patterns.exclude === undefined) return root
  const { selectTree } = await import('./patterns.ts')
  return selectTree(root, patterns)
}

/** A directory, an image, a layout; or IMAGE:/DIRECTORY, what is in a directory of one. The caller closes it. Throws as `openTree` and `findFile` do. */
export async function openSource(source: string, options: TreeOptions): Promise<OpenTree> {
  if (!isInside(source)) return await openTree(source, options)
  const found = await findDirectory(source, { ...options, ofSeveral: true })
  return { ...found, root: found.inode }
}

/** Whether a source is a place in an image, IMAGE:/PATH, and no file of that name. */
export function isInside(source: string): boolean {
  return !exists(source) && splitTreePath(source).path !== undefined
}

/** The file on disk that a source is, or is a part of. */
export function fileOfSource(source: string): string {
  return splitPart(isInside(source) ? splitTreePath(source).image : source).file
}

/** An image that is made inside of its source would have the one before in it, and be larger each time. */
function withoutOutput(tree: OpenTree, source: string, output: string, notes: string[]): OpenTree {
  if (tree.format !== 'directory' || output === '-' || !exists(source) || !isDirectory(source)) return tree
  const path = relative(realPath(source), join(realPath(dirname(output)), basename(output)))
  if (path.startsWith('..') || lookUp(tree.root, path)?.kind !== 'file') return tree
  notes.push(`${quote(output)} is left out: it is what is written`)
  return { ...tree, root: filterTree(tree.root, (each) => each !== path) }
}
