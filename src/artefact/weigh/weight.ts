// What the bytes of a file are, as a tree: each has its place in one leaf, and the leaves sum exactly to the file's size. Pure. Names come
// out of files that nobody has vouched for; whoever shows one quotes it.

/**
 * `whole`: the file. `headers`: what says where everything else is. `source`: the symbols of a source file that are its own. `baked`: all that
 * was baked in, `part`: one of it. `directory`, `file`: in an image of files. `tables`: what that image needs besides contents. `block`: bytes
 * of which no more is known. `padding`: zeros that nothing speaks of. `rest`: other bytes that nothing speaks of. `overlap`: claimed
 * by several. `others`: small ones taken together.
 */
export const WEIGHT_KINDS = [
  'whole',
  'headers',
  'segment',
  'section',
  'source',
  'symbol',
  'note',
  'baked',
  'part',
  'directory',
  'file',
  'tables',
  'block',
  'padding',
  'rest',
  'overlap',
  'others',
] as const
export type WeightKind = (typeof WEIGHT_KINDS)[number]

/** `tools`: symbols, names and debugging data, which nothing needs that only runs the file. `free`: padding. `mixed`: of several uses. */
export const USES = [
  'code',
  'constants',
  'data',
  'headers',
  'files',
  'settings',
  'tools',
  'free',
  'unknown',
  'mixed',
] as const
export type Use = (typeof USES)[number]

export interface Weight {
  readonly name: string
  readonly kind: WeightKind
  readonly use: Use
  /** Those of the children, where there are some. */
  readonly bytes: number
  /** The largest first. */
  readonly children: readonly Weight[]
}

const NONE: readonly Weight[] = []

export function leaf(kind: WeightKind, name: string, use: Use, bytes: number): Weight {
  return { name, kind, use, bytes, children: NONE }
}

/** The sum of what is in it; children of no bytes are left out. */
export function branch(kind: WeightKind, name: string, children: readonly Weight[]): Weight {
  const some = children.filter(({ bytes }) => bytes > 0)
  return { name, kind, use: commonUse(some), bytes: totalOf(some), children: some.sort(byWeight) }
}

export function totalOf(weights: readonly Weight[]): number {
  return weights.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** The largest first; of the same size, in an order that is the same everywhere. */
function byWeight(a: Weight, b: Weight): number {
  return b.bytes - a.bytes || compare(a.name, b.name) || compare(a.kind, b.kind)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Padding does not count: it is everywhere. */
function commonUse(weights: readonly Weight[]): Use {
  let common: Use | undefined
  for (const { use } of weights) {
    if (use === 'free' || use === common) continue
    if (common !== undefined) return 'mixed'
    common = use
  }
  return common ?? (weights.length > 0 ? 'free' : 'unknown')
}

/** Bytes of each use, the most first. */
export function sumUses(root: Weight): readonly { readonly use: Use; readonly bytes: number }[] {
  const sums = new Map<Use, number>()
  for (const { use, bytes, children } of everyWeight(root)) {
    if (children.length === 0 && bytes > 0) sums.set(use, (sums.get(use) ?? 0) + bytes)
  }
  return [...sums].map(([use, bytes]) => ({ use, bytes })).sort((a, b) => b.bytes - a.bytes || compare(a.use, b.use))
}

/** The root first. Not recursive: how deep directories are is not for the stack to decide. */
export function* everyWeight(root: Weight): Generator<Weight, void, undefined> {
  const waiting = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    for (const child of next.children) waiting.push(child)
  }
}
