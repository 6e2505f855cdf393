// "Did you mean …": the known name that a mistyped one is closest to. Pure.

const MAX_LENGTH = 64 // characters: the work grows with the product of two lengths, and nobody mistypes more

/**
 * The known name with the fewest insertions, deletions, replacements and swaps of neighbours away, or undefined where none is
 * near: a third of its letters may be wrong. The first of equals wins.
 *
 * @example
 * ```ts
 * nearest('servcie', ['storage', 'service']) // 'service'
 * ```
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (candidate.length > MAX_LENGTH) continue
    const wrong = distance(name.toLowerCase(), candidate.toLowerCase())
    if (wrong < least && wrong <= Math.max(name.length, candidate.length) / 3) {
      best = candidate
      least = wrong
    }
  }
  return best
}

/** Edits from one word to another (optimal string alignment), three rows of the table at a time. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let edits = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) edits = Math.min(edits, at(beforeLast, j - 2) + 1)
      row.push(edits)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
