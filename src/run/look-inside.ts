// Finds files in trees by the names that people give: IMAGE:/PATH, with the links in the image followed inside of it and nowhere else.

import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import { type Directory, type Inode, joinPath, lookUp } from '../files/tree.ts'
import { openTree, type OpenTree, requireLayout, splitTreePath, type TreeOptions } from './open-tree.ts'

export type FindOptions = TreeOptions & {
  /** A link at the end of a path as well. Yes, if not said. */
  readonly follow?: boolean
  /** One of several: whether the platform means anything to any of them is for whoever has all. */
  readonly ofSeveral?: boolean
}

export type Found = OpenTree & {
  readonly image: string
  /** Without a slash in front; empty for the root. */
  readonly path: string
  readonly inode: Inode
}

/** As many as Linux follows. */
const MAX_LINKS = 40

/** What `text` names; the root where it names the image alone. The caller closes it. Throws as `openTree` does, and UsageError where nothing is there. */
export async function findFile(text: string, options: FindOptions = {}): Promise<Found> {
  const { image, path: given } = splitTreePath(text)
  const tree = await openTree(image, options)
  try {
    if (options.ofSeveral !== true) requireLayout([tree], options)
    const path = given ?? onlyFileOf(tree) ?? '/'
    const resolved = resolve(tree.root, path, options.follow !== false)
    const inode = resolved === undefined ? undefined : lookUp(tree.root, resolved)
    if (resolved !== undefined && inode !== undefined) return { ...tree, image, path: resolved, inode }
    throw new UsageError('BAD_ARGUMENT', `${quote(image)} has no ${quote(path)}`, suggestion(tree.root, path))
  } catch (error) {
    tree.close()
    throw error
  }
}

/** A document or a program in an artefact is meant by its name alone. */
function onlyFileOf({ part, root }: OpenTree): string | undefined {
  if (part === undefined || part.part.kind === 'files') return undefined
  return [...root.entries.keys()][0]
}

/** The same for a directory. */
export async function findDirectory(
  text: string,
  options: FindOptions = {},
): Promise<Found & { readonly inode: Directory }> {
  const found = await findFile(text, options)
  const { inode, path, close } = found
  if (inode.kind === 'directory') return { ...found, inode }
  close()
  throw new UsageError('BAD_ARGUMENT', `${quote(`/${path}`)} is a ${inode.kind}, not a directory`)
}

/** The path behind all links, undefined where it leads to nothing. Links with a slash in front begin at the tree's root, and none leads out. */
export function resolve(root: Directory, path: string, follow: boolean): string | undefined {
  let left = names(path)
  let done: string[] = []
  for (let links = 0; left.length > 0; ) {
    const [name, ...rest] = left as [string, ...string[]]
    left = rest
    if (name === '..') {
      done = done.slice(0, -1)
      continue
    }
    const inode = lookUp(root, [...done, name].join('/'))
    if (inode === undefined) return undefined
    if (inode.kind !== 'symlink' || (!follow && left.length === 0)) {
      done.push(name)
      continue
    }
    if (++links > MAX_LINKS) return undefined
    if (inode.target.startsWith('/')) done = []
    left = [...names(inode.target), ...left]
  }
  return done.join('/')
}

function names(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function suggestion(root: Directory, path: string): string | undefined {
  const parts = names(path)
  const name = parts.pop() ?? ''
  const directory = parts.join('/')
  const parent = lookUp(root, directory)
  if (parent?.kind !== 'directory') return 'slipway fs ls shows what there is'
  const near = nearest(name, [...parent.entries.keys()])
  return near === undefined ? 'slipway fs ls shows what there is' : `did you mean ${quote(joinPath(directory, near))}?`
}
