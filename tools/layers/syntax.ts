// Walking a syntax tree in the shape that oxc-parser gives it.

import { visitorKeys } from 'oxc-parser'

export interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

/** A name, a specifier or a problem, and the offset where it stands. */
export interface Found {
  readonly text: string
  readonly at: number
}

export type Visitor = (node: Node, parent: Node | undefined, key: string) => void

/** Calls the visitor for every node, parents first; `key` is the property of the parent that holds the node. */
export function walk(node: Node, visitor: Visitor, parent?: Node, key = ''): void {
  visitor(node, parent, key)
  for (const childKey of visitorKeys[node.type] ?? []) {
    const child = node[childKey]
    for (const it of Array.isArray(child) ? child : [child]) if (isNode(it)) walk(it, visitor, node, childKey)
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

export function nameOf(value: unknown): string {
  return isNode(value) && typeof value['name'] === 'string' ? value['name'] : ''
}

/** The text of a string, or of a template without gaps. */
export function literalText(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined
  if (node.type !== 'TemplateLiteral' || (node['expressions'] as unknown[]).length > 0) return undefined
  return (node['quasis'] as { value: { cooked: string } }[])[0]?.value.cooked
}
