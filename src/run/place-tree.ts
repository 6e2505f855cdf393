// A tree as a directory of this machine: whole, or refused before anything is written.

import { HostError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { fitTree } from '../files/fit.ts'
import { findLosses, PROPERTIES, type Property } from '../files/losses.ts'
import type { Directory } from '../files/tree.ts'
import { whatCanBeMade } from '../host/trees/may-make.ts'
import { writeDirectory } from '../host/trees/write-directory.ts'

export type PlaceTreeOptions = {
  readonly allowLoss?: ReadonlySet<Property> | undefined
  readonly progress?: ((bytes: number) => void) | undefined
}

/** As root, files keep their owners. Throws HostError: NOT_PERMITTED for what only others can make, unless that may be lost; and as `writeDirectory` does. */
export function placeTree(root: Directory, target: string, { allowLoss, progress }: PlaceTreeOptions = {}): void {
  const isRoot = process.getuid?.() === 0
  const can = whatCanBeMade(isRoot)
  let isWhole = true
  for (const { path, property, what } of findLosses('directory', can, root)) {
    isWhole = false
    if (allowLoss?.has(property) === true) continue
    const who = isRoot ? 'cannot be made without FFI' : 'only root can make'
    throw new HostError('NOT_PERMITTED', `cannot write ${quote(target)}: ${who} ${what} of ${quote(path)}`, {
      advice: `--allow-loss ${property} goes on without`,
    })
  }
  const tree = isWhole ? root : fitTree('directory', can, root, new Set(PROPERTIES))
  writeDirectory(tree, target, { owners: isRoot, progress })
}
