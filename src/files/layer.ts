// A layer of a container image on top of a tree: what it brings, and what it takes away by entries called `.wh.NAME`. Source: OCI image
// specification 1.1, “Image Layer Filesystem Changeset”. Pure.

import { FormatError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { Budget } from './budget.ts'
import { problemOfName } from './name.ts'
import { addEntry, readEntries } from './tar/read.ts'
import { type Directory, joinPath } from './tree.ts'
import { type Refusal, TreeBuilder } from './tree-builder.ts'

const WHITEOUT = '.wh.'
/** Takes away everything that lower layers have in its directory. */
const OPAQUE = '.wh..wh..opq'

/** Throws FormatError. What a layer takes away is what lies below it, wherever in the layer that is said. */
export function applyLayer(lower: Directory, layer: Source, budget: Budget = new Budget()): Directory {
  // What lies below a link goes where that leads, as in every container engine: `/bin` is one to `usr/bin` in most images.
  const builder = new TreeBuilder(lower, budget, true)
  // First what is taken away: the same layer may bring something of that name.
  for (const { path, offset } of readEntries(layer, new Budget())) {
    const { directory, name } = splitLast(path)
    if (name === OPAQUE) require_(builder.empty(directory), path, offset)
    else if (name.startsWith(WHITEOUT)) {
      const gone = name.slice(WHITEOUT.length)
      const problem = problemOfName(gone)
      if (problem !== undefined) require_({ problem: `takes away a name that ${problem}`, limit: false }, path, offset)
      require_(builder.remove(joinPath(directory, gone)), path, offset)
    }
  }
  for (const entry of readEntries(layer, budget)) {
    const { path, link } = entry
    if (splitLast(path).name.startsWith(WHITEOUT)) continue
    const inode = entry.inode ?? builder.find(link)
    // A file in place of a directory replaces all of it, here as nowhere else.
    if (inode !== undefined && inode.kind !== 'directory') builder.remove(path)
    addEntry(builder, { ...entry, inode })
  }
  return builder.finish()
}

function require_(refusal: Refusal | undefined, path: string, offset: number): void {
  if (refusal !== undefined)
    throw new FormatError('BAD_VALUE', 'header.name', offset, `${quote(path)} ${refusal.problem}`)
}

function splitLast(path: string): { readonly directory: string; readonly name: string } {
  const slash = path.lastIndexOf('/')
  return { directory: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) }
}
