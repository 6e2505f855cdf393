// Import cycles between files.

/** Targets by file, each with the offset of the import. */
type Graph = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * One import per cycle: the one that closes it.
 * @returns the importing file, the file it imports, and the import's offset
 */
export function findCycles(graph: Graph): [file: string, next: string, at: number][] {
  const found: [string, string, number][] = []
  const done = new Set<string>()
  const path = new Set<string>() // from the first file to the one being looked at
  const follow = (file: string): void => {
    path.add(file)
    for (const [next, at] of graph.get(file) ?? []) {
      if (path.has(next)) found.push([file, next, at])
      else if (!done.has(next)) follow(next)
    }
    path.delete(file)
    done.add(file)
  }
  for (const file of graph.keys()) if (!done.has(file)) follow(file)
  return found
}
