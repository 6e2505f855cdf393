// Which bytes of a file another version has more or fewer of: two trees laid on each other, by kinds and names. Pure.

import { VERSION } from '../../base/version.ts'
import type { Weight, WeightKind } from './weight.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const WEIGH_DIFF_SCHEMA_VERSION = 1

export interface WeightChange {
  readonly name: string
  readonly kind: WeightKind
  /** Bytes in each; 0 where one does not have it. */
  readonly old: number
  readonly new: number
  /** What has changed in it, the largest change first; absent where nothing is known of what is in it. */
  readonly children?: readonly WeightChange[]
}

/** `schema/weigh-diff.schema.json` describes it field by field. */
export interface WeighDiffReport {
  readonly schema: 'slipway.weigh-diff'
  readonly schemaVersion: typeof WEIGH_DIFF_SCHEMA_VERSION
  readonly slipwayVersion: string
  /** The names of the files, and their sizes. */
  readonly old: string
  readonly new: string
  readonly oldSize: number
  readonly newSize: number
  /** What could not be looked at in either of them, and why. */
  readonly remarks: readonly string[]
  readonly tree: WeightChange
}

interface Side {
  readonly file: string
  readonly tree: Weight
  readonly remarks: readonly string[]
}

export function diffWeighed(before: Side, after: Side, depth: number = Number.POSITIVE_INFINITY): WeighDiffReport {
  return {
    schema: 'slipway.weigh-diff',
    schemaVersion: WEIGH_DIFF_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    old: before.file,
    new: after.file,
    oldSize: before.tree.bytes,
    newSize: after.tree.bytes,
    remarks: [...new Set([...before.remarks, ...after.remarks])],
    tree: compare(before.tree, after.tree, depth),
  }
}

function compare(before: Weight | undefined, after: Weight | undefined, depth: number): WeightChange {
  const { name, kind } = (after ?? before) as Weight
  const own = { name, kind, old: before?.bytes ?? 0, new: after?.bytes ?? 0 }
  if (depth <= 0) return own
  const children = pairs(before?.children ?? [], after?.children ?? [])
    .map(([one, other]) => compare(one, other, depth - 1))
    .filter(isChange)
    .sort(byChange)
  return children.length === 0 ? own : { ...own, children }
}

type Pair = readonly [before: Weight | undefined, after: Weight | undefined]

/** Of several with one name, the largest of one with the largest of the other, and so on. */
function pairs(before: readonly Weight[], after: readonly Weight[]): readonly Pair[] {
  const waiting = new Map<string, Weight[]>()
  for (const weight of before) {
    const key = keyOf(weight)
    const known = waiting.get(key)
    if (known === undefined) waiting.set(key, [weight])
    else known.push(weight)
  }
  const met = new Map<string, number>()
  const found: Pair[] = after.map((weight) => {
    const key = keyOf(weight)
    const index = met.get(key) ?? 0
    met.set(key, index + 1)
    return [waiting.get(key)?.[index], weight]
  })
  for (const [key, weights] of waiting) {
    for (const gone of weights.slice(met.get(key) ?? 0)) found.push([gone, undefined])
  }
  return found
}

function keyOf({ kind, name }: Weight): string {
  return `${kind} ${name}`
}

/** What is as large as it was may still have changed inside. */
function isChange({ old, new: now, children = [] }: WeightChange): boolean {
  return old !== now || children.length > 0
}

function byChange(a: WeightChange, b: WeightChange): number {
  const difference = Math.abs(b.new - b.old) - Math.abs(a.new - a.old)
  if (difference !== 0 || a.name === b.name) return difference
  return a.name < b.name ? -1 : 1
}
