// A smaller picture of the same bytes: levels that are too deep are left out, and what is too small is put together. Sums stay what they
// were. Pure.

import { everyWeight, leaf, type Use, type Weight } from './weight.ts'

export interface Picture {
  /** Levels below the root. */
  readonly depth: number
  /** Of those that have fewer bytes, the ones of one parent are put together. */
  readonly least: number
  /** Children of one parent that are shown by themselves. */
  readonly most: number
  /** So many of them even where they are small, below a parent that has at least so many bytes. */
  readonly always?: { readonly count: number; readonly below: number }
}

/** One that is too small stays where it is the only one, without what is in it. */
export function gather(weight: Weight, picture: Picture): Weight {
  if (isEverything(picture)) return weight
  const { depth, least, most, always = { count: 0, below: 0 } } = picture
  if (weight.children.length === 0) return weight
  if (depth <= 0) return { ...weight, children: [] }
  // The largest come first.
  const large = weight.children.findIndex(({ bytes }) => bytes < least)
  const prominent = weight.bytes >= always.below ? always.count : 0
  const count = Math.min(large < 0 ? weight.children.length : Math.max(large, prominent), most)
  const shown = weight.children.slice(0, count)
  const others = weight.children.slice(count)
  const [only] = others
  const rest = others.length === 1 && only !== undefined && count < most ? only : takeTogether(others)
  const all = rest === undefined ? shown : [...shown, rest]
  const below = { ...picture, depth: depth - 1 }
  return {
    ...weight,
    children: all.map((child) => (child.bytes < least ? { ...child, children: [] } : gather(child, below))),
  }
}

/** Nothing would be left out: the picture is the thing itself. */
function isEverything({ depth, least, most }: Picture): boolean {
  return depth === Number.POSITIVE_INFINITY && least <= 1 && most === Number.POSITIVE_INFINITY
}

function takeTogether(others: readonly Weight[]): Weight | undefined {
  if (others.length === 0) return undefined
  const uses = new Set(others.map(({ use }) => use))
  const [use = 'unknown'] = uses
  const common: Use = uses.size === 1 ? use : 'mixed'
  const bytes = others.reduce((sum, other) => sum + other.bytes, 0)
  return leaf('others', `${others.length} ${others.length === 1 ? 'other' : 'others'}`, common, bytes)
}

/**
 * The size below which weights have to be put together so that at most `most` are left. A child is never larger than its parent, so what is
 * left is the top of the tree.
 */
export function leastFor(root: Weight, most: number): number {
  const sizes = [...everyWeight(root)].map(({ bytes }) => bytes)
  if (sizes.length <= most) return 0
  sizes.sort((a, b) => b - a)
  return (sizes[most] as number) + 1
}
