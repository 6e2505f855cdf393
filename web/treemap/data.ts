// The tree that a page shows, out of the data that lie in it (src/artefact/weigh/html.ts writes them). Names are text and stay text.

export interface Node {
  readonly label: string
  /** A class of the style sheet. */
  readonly use: string
  readonly bytes: number
  readonly parent: Node | undefined
  /** Its number among the children of its parent. */
  readonly index: number
  readonly children: readonly Node[]
}

/** As html.ts writes it: label, use, bytes, children. */
type Packed = readonly [label: string, use: string, bytes: number, children?: readonly Packed[]]

export function readTree(text: string): Node {
  return unpack(JSON.parse(text) as Packed, undefined, 0)
}

function unpack([label, use, bytes, children = []]: Packed, parent: Node | undefined, index: number): Node {
  const below: Node[] = []
  const node: Node = { label, use, bytes, parent, index, children: below }
  for (const [i, child] of children.entries()) below.push(unpack(child, node, i))
  return node
}

/** From the root to the node itself. */
export function pathTo(node: Node): readonly Node[] {
  const path: Node[] = []
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) path.unshift(at)
  return path
}

/** Without the root, which is in front of everything. */
export function labelsTo(node: Node): string {
  return pathTo(node)
    .slice(node.parent === undefined ? 0 : 1)
    .map(({ label }) => label)
    .join(' › ')
}

/** A node as the part of an address behind its #, so that a browser's own Back leads back. */
export function addressOf(node: Node): string {
  return pathTo(node)
    .slice(1)
    .map(({ index }) => index)
    .join('.')
}

/** The root where an address leads to nothing that can be looked into. */
export function nodeAt(root: Node, address: string): Node {
  let node: Node | undefined = root
  for (const word of address.split('.').filter((each) => each !== '')) node = node?.children[Number(word)]
  return node === undefined || node.children.length === 0 ? root : node
}

/** The node and all below it, parents first. */
export function* everyNode(node: Node): Generator<Node> {
  const waiting = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    for (let i = next.children.length - 1; i >= 0; i--) waiting.push(next.children[i] as Node)
  }
}

export function isWithin(node: Node, outer: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) if (at === outer) return true
  return false
}
