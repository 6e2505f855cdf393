// Trees as lines of text. Pure.

/** Every node below the root, parents first, with what is drawn in front of it. */
export function* drawTree<T>(
  root: T,
  childrenOf: (node: T) => readonly T[],
  indent = '',
): Generator<{ readonly node: T; readonly lead: string }> {
  const children = childrenOf(root)
  for (const [i, node] of children.entries()) {
    const last = i === children.length - 1
    yield { node, lead: `${indent}${last ? '└ ' : '├ '}` }
    yield* drawTree(node, childrenOf, `${indent}${last ? '  ' : '│ '}`)
  }
}

/** Without some of its middle: of a path the end says most, of a function the begin. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text
  const end = Math.max(1, Math.floor(width / 3))
  return `${text.slice(0, Math.max(1, width - 1 - end))}…${text.slice(-end)}`
}
