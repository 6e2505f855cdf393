// What has changed in what is baked into an artefact: parts are the same if they have the same kind and name, and unchanged if they have the same
// digest. Pure.

import type { Baked, BakedPart } from './baked-format.ts'

/** A part without its place, which changes with every build. */
export type ComparedPart = Pick<BakedPart, 'kind' | 'format' | 'length' | 'digest'> & {
  /** null for a document. */
  readonly name: string | null
}

export interface PartsDiff {
  readonly added: readonly ComparedPart[]
  readonly removed: readonly ComparedPart[]
  readonly changed: readonly { readonly old: ComparedPart; readonly new: ComparedPart }[]
}

/** undefined where neither has anything. */
export function diffParts(before: Baked | undefined, after: Baked | undefined): PartsDiff | undefined {
  if (before === undefined && after === undefined) return undefined
  const [old, now] = [partsOf(before), partsOf(after)]
  const added = [...now].flatMap(([key, part]) => (old.has(key) ? [] : [part]))
  const removed = [...old].flatMap(([key, part]) => (now.has(key) ? [] : [part]))
  const changed = [...now].flatMap(([key, part]) => {
    const was = old.get(key)
    return was === undefined || isSame(was, part) ? [] : [{ old: was, new: part }]
  })
  return { added, removed, changed }
}

function partsOf(baked: Baked | undefined): ReadonlyMap<string, ComparedPart> {
  const parts = (baked?.parts ?? []).map(
    ({ kind, name, format, length, digest }) =>
      [`${kind} ${name}`, { kind, name: name === '' ? null : name, format, length, digest }] as const,
  )
  return new Map(parts)
}

function isSame(a: ComparedPart, b: ComparedPart): boolean {
  return a.digest === b.digest && a.length === b.length && a.format === b.format
}
