// Makes a tree out of paths and inodes as an archive lists them. The list is not trusted: no entry leaves the tree, goes through a link, or
// makes a directory out of a file that has names elsewhere. Pure.

import { quote } from '../base/quote.ts'
import { Budget } from './budget.ts'
import { byteLength, compareNames, MAX_PATH, problemOfName } from './name.ts'
import { type Directory, type Inode, type Metadata, PLAIN_DIRECTORY } from './tree.ts'

/** As many as Linux follows. */
const MAX_LINKS = 40

/** Why an entry cannot be where it says. Readers add the place in their input, and throw. */
export type Refusal = { readonly problem: string; readonly limit: boolean }

type Draft = { meta: Metadata; readonly entries: Map<string, Inode | Draft>; readonly draft: true }

/** Collects entries; `finish` gives the tree. Every method returns what is wrong with an entry, or undefined. */
export class TreeBuilder {
  readonly #root: Draft
  readonly #budget: Budget

  readonly #followsLinks: boolean

  /**
   * On top of `base`, where an archive is a layer over another tree; all layers have one budget then. A link on the way to an entry is an obstacle, unless
   * `followsLinks` says that it leads somewhere: within the tree, whatever it says.
   */
  constructor(base: Directory = PLAIN_DIRECTORY, budget: Budget = new Budget(), followsLinks = false) {
    this.#root = draftOf(base)
    this.#budget = budget
    this.#followsLinks = followsLinks
  }

  /** Puts an entry at its path, in place of what is there. Directories that are missing above it are made. */
  put(path: string, inode: Inode): Refusal | undefined {
    const names = splitPath(path)
    if (typeof names === 'string') return refuse(names)
    const name = names.pop()
    const excess = this.#budget.entry(name ?? '', inode.kind === 'symlink' ? inode.target : '')
    if (excess !== undefined) return { problem: excess, limit: true }
    if (name === undefined) {
      if (inode.kind !== 'directory') return refuse('would replace the root')
      this.#root.meta = inode.meta
      return undefined
    }
    const way = this.#follow(names)
    if ('problem' in way) return way
    const parent = this.#open(way)
    if (!isDraft(parent)) return parent
    const there = parent.entries.get(name)
    if (inode.kind === 'directory') return putDirectory(parent, name, inode, there)
    if (there !== undefined && isDirectory(there) && there.entries.size > 0) {
      return refuse('would replace a directory that is not empty')
    }
    parent.entries.set(name, inode)
    return undefined
  }

  /** Takes an entry away, with all that is in it; nothing happens where there is none. */
  remove(path: string): Refusal | undefined {
    const names = splitPath(path)
    if (typeof names === 'string') return refuse(names)
    const name = names.pop()
    if (name === undefined) return refuse('would remove the root')
    const way = this.#follow(names)
    if ('problem' in way) return way
    this.#existing(way)?.entries.delete(name)
    return undefined
  }

  /** Takes everything out of a directory; nothing happens where there is none. */
  empty(path: string): Refusal | undefined {
    const names = splitPath(path)
    if (typeof names === 'string') return refuse(names)
    const way = this.#follow(names)
    if ('problem' in way) return way
    this.#existing(way)?.entries.clear()
    return undefined
  }

  /** What lies at a path so far: for archives whose hard links name a file that came before. Directories have no second name. */
  find(path: string): Exclude<Inode, Directory> | undefined {
    const names = splitPath(path)
    if (typeof names === 'string') return undefined
    const way = this.#follow(names.slice(0, -1))
    if ('problem' in way) return undefined
    let current: Inode | Draft | undefined = this.#root
    for (const name of [...way, ...names.slice(-1)]) {
      if (current === undefined || !isDirectory(current)) return undefined
      current = current.entries.get(name)
    }
    return current === undefined || isDirectory(current) ? undefined : current
  }

  finish(): Directory {
    return finishDirectory(this.#root)
  }

  /** The names of a directory without the links on the way to it, as the kernel would follow them if the tree were its root. */
  #follow(names: readonly string[]): readonly string[] | Refusal {
    if (!this.#followsLinks) return names
    let left = names
    let way: { readonly name: string; readonly at: Inode | Draft | undefined }[] = []
    for (let links = 0; left.length > 0; ) {
      const [name, ...rest] = left as [string, ...string[]]
      left = rest
      if (name === '..') {
        way = way.slice(0, -1)
        continue
      }
      const above = way.length === 0 ? this.#root : way.at(-1)?.at
      const at = above !== undefined && isDirectory(above) ? above.entries.get(name) : undefined
      if (at === undefined || isDirectory(at) || at.kind !== 'symlink') {
        way = [...way, { name, at }]
        continue
      }
      if (++links > MAX_LINKS) return refuse(`lies below more than ${MAX_LINKS} links`)
      const target = at.target.split('/').filter((each) => each !== '' && each !== '.')
      const problem = target
        .filter((each) => each !== '..')
        .map(problemOfName)
        .find((each) => each !== undefined)
      if (problem !== undefined) return refuse(`lies below a link to a name that ${problem}`)
      if (at.target.startsWith('/')) way = []
      left = [...target, ...left]
    }
    return way.map(({ name }) => name)
  }

  /** The directory of these names as a draft, undefined where something else or nothing is. */
  #existing(names: readonly string[]): Draft | undefined {
    let current = this.#root
    for (const name of names) {
      const next = current.entries.get(name)
      if (next === undefined || !isDirectory(next)) return undefined
      const draft = asDraft(next)
      current.entries.set(name, draft)
      current = draft
    }
    return current
  }

  /** The directory of these names, made where it is missing. Its parents become drafts on the way, so that they can be changed. */
  #open(names: readonly string[]): Draft | Refusal {
    let current = this.#root
    for (const name of names) {
      const next = current.entries.get(name) ?? this.#make(name)
      if ('problem' in next) return next
      if (!isDirectory(next)) return refuse(`lies below ${quote(name)}, which is a ${next.kind}`)
      const draft = asDraft(next)
      current.entries.set(name, draft)
      current = draft
    }
    return current
  }

  /** A directory that nobody has mentioned counts as well: one path may make thousands. */
  #make(name: string): Directory | Refusal {
    const excess = this.#budget.entry(name)
    return excess === undefined ? PLAIN_DIRECTORY : { problem: excess, limit: true }
  }
}

function putDirectory(parent: Draft, name: string, { meta, entries }: Directory, there?: Inode | Draft): undefined {
  // What is a draft already stays the one it is: an archive may name a directory of a million files a million times.
  const draft = there === undefined || !isDirectory(there) ? draftOf(PLAIN_DIRECTORY) : asDraft(there)
  draft.meta = meta
  for (const [below, inode] of entries) draft.entries.set(below, inode)
  parent.entries.set(name, draft)
}

function refuse(problem: string): Refusal {
  return { problem, limit: false }
}

function isDraft(what: Inode | Draft | Refusal): what is Draft {
  return 'draft' in what
}

function isDirectory(what: Inode | Draft): what is Directory | Draft {
  return isDraft(what) || what.kind === 'directory'
}

function asDraft(directory: Directory | Draft): Draft {
  return isDraft(directory) ? directory : draftOf(directory)
}

function draftOf(directory: Directory | Draft): Draft {
  return { draft: true, meta: directory.meta, entries: new Map(directory.entries) }
}

/** The names of a path, or what is wrong with it. Slashes in front and dots on the way say nothing; leaving a directory is refused. */
export function splitPath(path: string): string[] | string {
  if (byteLength(path) > MAX_PATH) return `has a path of more than ${MAX_PATH} bytes`
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  for (const name of names) {
    if (name === '..') return 'leads out of a directory by “..”'
    const problem = problemOfName(name)
    if (problem !== undefined) return `has a name that ${problem}`
  }
  return names
}

function finishDirectory(root: Draft): Directory {
  const sorted = (entries: Iterable<[string, Inode]>): Map<string, Inode> =>
    new Map([...entries].sort(([a], [b]) => compareNames(a, b)))
  // Depth is bounded by MAX_PATH, and so is this recursion.
  const finish = (draft: Draft): Directory => ({
    kind: 'directory',
    meta: draft.meta,
    entries: sorted([...draft.entries].map(([name, inode]) => [name, isDraft(inode) ? finish(inode) : inode] as const)),
  })
  return finish(root)
}
