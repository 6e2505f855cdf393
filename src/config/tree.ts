// A layer, or several that have been put together, as a tree that has the shape of the document: every value with the place where it was said,
// and with what it won over. Pure.

import type { JsonPath, JsonValue } from '../base/json.ts'
import type { ConfigOrigin, LosingValue, Setting } from './document.ts'
import { formatKey } from './key.ts'

export type Lost = { readonly value: LosingValue; readonly origin: ConfigOrigin }

export type Leaf = {
  readonly kind: 'leaf'
  readonly value: Setting['value']
  readonly origin: ConfigOrigin
  readonly losing: readonly Lost[]
}

/** Where a layer says `null`: there is nothing, whatever those below say. */
export type Gone = { readonly kind: 'gone'; readonly origin: ConfigOrigin; readonly losing: readonly Lost[] }

type Container = {
  readonly origin: ConfigOrigin
  /** Where layers below were told to be forgotten; undefined where they count. */
  readonly resets: ConfigOrigin | undefined
  /** It was removed, and not said again. */
  readonly gone: boolean
}

export type Branch = Container & { readonly kind: 'branch'; readonly entries: ReadonlyMap<string, Node> }
export type Items = Container & {
  readonly kind: 'items'
  readonly items: readonly Node[]
  /** Elements that are not there any more, for telling what lost: removed ones, and those that a shorter list has no counterpart of. */
  readonly former: readonly Node[]
}

export type Node = Leaf | Gone | Branch | Items

export function isThere(node: Node): boolean {
  return node.kind === 'leaf' || (node.kind !== 'gone' && !node.gone)
}

/** The node as a layer would leave it that removes all of it. */
export function goneOf(node: Node, origin: ConfigOrigin): Node {
  switch (node.kind) {
    case 'leaf':
      return { kind: 'gone', origin, losing: [{ value: node.value, origin: node.origin }, ...node.losing] }
    case 'gone':
      return node
    case 'branch': {
      const entries = new Map([...node.entries].map(([key, entry]) => [key, goneOf(entry, origin)]))
      return { ...node, entries, gone: true }
    }
    case 'items':
      return { ...node, items: [], former: allOf(node).map((item) => goneOf(item, origin)), gone: true }
  }
}

/** Elements and former ones, in the order of the indexes that they are told with. */
export function allOf({ items, former }: Items): readonly Node[] {
  return [...items, ...former]
}

/** What is there, as a document has it. Objects have no prototype. */
export function toJson(node: Branch): JsonValue {
  const object = Object.create(null) as Record<string, JsonValue>
  for (const [key, entry] of node.entries) if (isThere(entry)) object[key] = valueOf(entry)
  return object
}

function valueOf(node: Node): JsonValue {
  switch (node.kind) {
    case 'leaf':
      return typeof node.value === 'object' ? { $secret: node.value.$secret } : node.value
    case 'branch':
      return toJson(node)
    case 'items':
      return node.items.map(valueOf)
    case 'gone':
      return null
  }
}

/** Calls `visit` for each value that is there, and for each that was removed, in the order of the tree. */
export function walk(node: Node, visit: (key: string, node: Leaf | Gone) => void, path: JsonPath = []): void {
  if (node.kind === 'leaf' || node.kind === 'gone') return visit(formatKey(path), node)
  const empty = node.kind === 'branch' ? node.entries.size === 0 : allOf(node).length === 0
  if (empty && node.gone) visit(formatKey(path), { kind: 'gone', origin: node.resets ?? node.origin, losing: [] })
  if (node.kind === 'branch') for (const [key, entry] of node.entries) walk(entry, visit, [...path, key])
  else for (const [index, item] of allOf(node).entries()) walk(item, visit, [...path, index])
}
