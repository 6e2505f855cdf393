// Puts layers together by the rules of the table. What loses is kept beside what wins. Where no layers conflict, merging is associative:
// files can be merged beforehand, or by `include` of somebody's own. Pure.

import { quote } from '../base/quote.ts'
import type { ConfigOrigin } from './document.ts'
import { CONFIG_SHAPE } from './keys.ts'
import type { ConfigLayer } from './layer.ts'
import { problemAt } from './refuse.ts'
import type { List, Shape } from './shape.ts'
import { allOf, type Branch, type Gone, goneOf, type Items, type Leaf, type Node } from './tree.ts'

/**
 * Layers as one; a later one wins. Throws ConfigError CONFLICT, at the later of two places, for what no rule decides.
 *
 * @example
 * ```ts
 * mergeLayers([parseConfig('{ "env": { "A": "1" } }', 'a.json'), parseConfig('{ "env": { "A": null } }', 'b.json')])
 * ```
 */
export function mergeLayers(layers: readonly ConfigLayer[]): ConfigLayer {
  const root = layers.reduce<Node | undefined>((below, { root: above }) => {
    return below === undefined ? above : mergeNodes(CONFIG_SHAPE, below, above, [])
  }, undefined)
  return { root: root?.kind === 'branch' ? root : EMPTY }
}

const EMPTY: Branch = {
  kind: 'branch',
  entries: new Map(),
  origin: { layer: 'defaults' },
  resets: undefined,
  gone: false,
}

type Path = readonly (string | number)[]

/** By the rule of the shape; `path` is for complaints. */
export function mergeNodes(shape: Shape, below: Node, above: Node, path: Path): Node {
  if (isLeaf(above) || isLeaf(below)) return over(below, above)
  if (above.kind === 'items' && below.kind === 'items' && shape.kind === 'list')
    return mergeLists(shape, below, above, path)
  if (above.kind !== 'branch' || below.kind !== 'branch') return over(below, above)
  if (shape.kind === 'group') {
    return mergeBranches(below, above, (key, a, b) => {
      const inner = shape.keys[key]
      return inner === undefined ? over(a, b) : mergeNodes(inner.shape, a, b, [...path, key])
    })
  }
  if (shape.kind !== 'names') return over(below, above)
  return mergeBranches(below, above, (key, a, b) =>
    shape.entries === 'whole' ? over(a, b) : mergeNodes(shape.of, a, b, [...path, key]),
  )
}

function mergeBranches(below: Branch, above: Branch, merge: (key: string, below: Node, above: Node) => Node): Branch {
  const { resets } = above
  const lower = resets === undefined ? below : (goneOf(below, resets) as Branch)
  const entries = new Map(lower.entries)
  for (const [key, entry] of above.entries) {
    const beneath = entries.get(key)
    entries.set(key, beneath === undefined ? entry : merge(key, beneath, entry))
  }
  return { ...above, entries, resets: resets ?? below.resets }
}

/** The one above counts whole; what it has in the place of another value remembers that one. */
function over(below: Node, above: Node): Node {
  if (isLeaf(above)) return isLeaf(below) ? { ...above, losing: [...above.losing, ...lostOf(below)] } : above
  if (above.kind === 'items') {
    if (below.kind !== 'items') return above
    return { ...overItems(allOf(below), above), resets: above.resets ?? above.origin }
  }
  if (below.kind !== 'branch') return above
  const entries = new Map((goneOf(below, above.origin) as Branch).entries)
  for (const [key, entry] of above.entries) {
    const beneath = below.entries.get(key)
    entries.set(key, beneath === undefined ? entry : over(beneath, entry))
  }
  return { ...above, entries, resets: above.resets ?? above.origin }
}

/** Element by element; those below that have none above them are former ones. */
function overItems(below: readonly Node[], above: Items): Items {
  const length = above.items.length
  const all = allOf(above).map((item, i) => {
    const beneath = below[i]
    return beneath === undefined ? item : over(beneath, item)
  })
  const more = below.slice(all.length).map((item) => goneOf(item, above.origin))
  return { ...above, items: all.slice(0, length), former: [...all.slice(length), ...more] }
}

function lostOf(node: Leaf | Gone): Leaf['losing'] {
  return [{ value: node.kind === 'leaf' ? node.value : null, origin: node.origin }, ...node.losing]
}

function isLeaf(node: Node): node is Leaf | Gone {
  return node.kind === 'leaf' || node.kind === 'gone'
}

function mergeLists({ rule, of }: List, below: Items, above: Items, path: Path): Node {
  if (above.gone || rule === 'replace') return over(below, above)
  const { resets } = above
  if (resets !== undefined) {
    return { ...above, former: [...above.former, ...allOf(below).map((item) => goneOf(item, resets))] }
  }
  const rest = { resets: below.resets, former: [...below.former, ...above.former] }
  if (rule === 'append') return { ...above, items: [...below.items, ...above.items], ...rest }
  const items = [...below.items]
  for (const [i, item] of above.items.entries()) {
    const name = rule.nameOf(item)
    const same = (other: Node) => rule.nameOf(other) === name
    const at = below.items.findIndex(same)
    if (at < 0) items.push(item)
    else {
      requireOne(name, below.items.filter(same), above.items.filter(same), [...path, i])
      items[at] = mergeNodes(of, below.items[at] as Node, item, [...path, i])
    }
  }
  return { ...above, items, ...rest }
}

/** Two elements of one name in a layer are two things; another layer cannot say which of them it means. */
function requireOne(name: string | undefined, below: readonly Node[], above: readonly Node[], path: Path): void {
  if (below.length === 1 && above.length === 1) return
  const [first] = below
  const problem = `speaks of ${quote(name ?? '')}, which ${describePlace(first?.origin)} has ${below.length === 1 ? '' : 'more than once '}as well: it is not clear which is meant`
  throw problemAt(
    (above[0] as Node).origin,
    path,
    'CONFLICT',
    problem,
    'say null first in a document of its own, or use an index: --set rc[1]…',
  )
}

/** `command line`, or the place in a file. */
export function describePlace(origin: ConfigOrigin | undefined): string {
  if (origin === undefined) return 'nothing'
  if ('line' in origin) return `${quote(origin.file)}:${origin.line}`
  return origin.layer === 'command line' ? quote(origin.flag) : origin.layer
}
