// Which files of a tree are wanted, by patterns as everybody writes them.

import picomatch from 'picomatch'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { filterTree } from '../files/change.ts'
import { type Directory, walk } from '../files/tree.ts'

export type Patterns = {
  /** Only what one of these matches, with all below it and the directories above. */
  readonly include?: readonly string[] | undefined
  /** Nothing that one of these matches, and nothing below. Goes before `include`. */
  readonly exclude?: readonly string[] | undefined
}

/** Longer ones are a mistake, and compiling them takes time. */
const MAX_PATTERN = 4096

/** A pattern without a slash matches a name in any directory, one with a slash the path from the root. Throws UsageError. */
export function selectTree(root: Directory, { include = [], exclude = [] }: Patterns): Directory {
  const isExcluded = matcher(exclude)
  const kept = exclude.length === 0 ? root : filterTree(root, (path) => !isExcluded(path))
  if (include.length === 0) return kept
  const isIncluded = matcher(include)
  const [matched, wanted] = [new Set<string>(), new Set<string>()]
  for (const { path } of walk(kept)) {
    const parents = parentsOf(path)
    // What lies below something that matches comes after it.
    if (!isIncluded(path) && !parents.some((parent) => matched.has(parent))) continue
    matched.add(path)
    for (const each of [...parents, path]) wanted.add(each)
  }
  return filterTree(kept, (path) => wanted.has(path))
}

function matcher(patterns: readonly string[]): (path: string) => boolean {
  const compiled = patterns.map((pattern) => {
    if (pattern === '' || pattern.length > MAX_PATTERN)
      throw new UsageError('BAD_ARGUMENT', `${quote(pattern)} is no pattern`)
    const plain = pattern.replace(/^\//, '').replace(/\/$/, '')
    return picomatch(pattern.includes('/') ? plain : `**/${plain}`, { dot: true, nonegate: true })
  })
  return (path) => compiled.some((matches) => matches(path))
}

function parentsOf(path: string): string[] {
  const names = path.split('/')
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
}
