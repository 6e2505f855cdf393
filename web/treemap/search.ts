// Looks for names: sets off what has them, and lists the largest.

import { formatSize } from '../../src/base/size.ts'
import { everyNode, labelsTo, type Node } from './data.ts'

const MAX_LISTED = 50

export interface Found {
  readonly nodes: ReadonlySet<Node>
  /** Those that lie in no other of them: their bytes are counted once. */
  readonly outermost: readonly Node[]
}

/** undefined for an empty question. Capital and small letters are the same. */
export function findNodes(root: Node, question: string): Found | undefined {
  const wanted = question.trim().toLowerCase()
  if (wanted === '') return undefined
  const nodes = new Set<Node>()
  const outermost: Node[] = []
  const inside = new Set<Node>()
  for (const node of everyNode(root)) {
    const below = node.parent !== undefined && inside.has(node.parent)
    const has = node !== root && node.label.toLowerCase().includes(wanted)
    if (has || below) inside.add(node)
    if (!has) continue
    nodes.add(node)
    if (!below) outermost.push(node)
  }
  return { nodes, outermost }
}

/** `12 found, 3.4 KiB`. */
export function tellFound({ nodes, outermost }: Found): string {
  const bytes = outermost.reduce((sum, node) => sum + node.bytes, 0)
  return nodes.size === 0 ? 'nothing found' : `${nodes.size} found, ${formatSize(bytes)}`
}

/** The largest of them, each to be chosen. */
export function listFound(list: HTMLElement, found: Found | undefined, choose: (node: Node) => void): void {
  const largest = [...(found?.nodes ?? [])].sort((a, b) => b.bytes - a.bytes).slice(0, MAX_LISTED)
  list.replaceChildren(
    ...largest.map((node) => {
      const item = document.createElement('li')
      const button = document.createElement('button')
      button.type = 'button'
      const path = document.createElement('span')
      path.textContent = labelsTo(node)
      const size = document.createElement('span')
      size.textContent = formatSize(node.bytes)
      button.append(path, size)
      button.addEventListener('click', () => choose(node))
      item.append(button)
      return item
    }),
  )
  list.hidden = largest.length === 0
}
