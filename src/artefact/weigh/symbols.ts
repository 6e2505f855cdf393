// The bytes of a section by the symbols in it. Symbols may share bytes (other names for one function), lie in each other and overlap: each
// byte goes to one of them, the first. Pure.

import type { ElfSymbol } from '../../elf/symbols.ts'
import { branch, leaf, type Use, type Weight } from './weight.ts'

/**
 * `symbols` are those of the section. One without a size goes on to the next, unless it lies inside of another: labels of assembly code. Local
 * ones stand below their source file.
 */
export function weighSymbols(symbols: readonly ElfSymbol[], size: number, use: Use): readonly Weight[] {
  const sorted = symbols.toSorted(bySpan)
  const weights: Weight[] = []
  const sources = new Map<string, Weight[]>()
  let covered = 0
  let at = 0 // where the last symbol ends
  sorted.forEach((symbol, i) => {
    if (symbol.size === 0 && symbol.offset < at) return
    const start = Math.max(symbol.offset, at)
    const end = endOf(symbol, sorted, i, size)
    if (end <= start) return
    const weight = leaf('symbol', symbol.name, use, end - start)
    at = end
    covered += end - start
    if (symbol.source === undefined) weights.push(weight)
    else place(sources, symbol.source, weight)
  })
  if (covered === 0) return []
  for (const [name, own] of sources) weights.push(branch('source', name, own))
  if (covered < size) weights.push(leaf('rest', 'no symbols', use, size - covered))
  return weights
}

function endOf({ offset, size }: ElfSymbol, sorted: readonly ElfSymbol[], index: number, sectionSize: number): number {
  if (size > 0) return size > sectionSize - offset ? sectionSize : offset + size
  for (let i = index + 1; i < sorted.length; i++) {
    const next = (sorted[i] as ElfSymbol).offset
    if (next > offset) return next
  }
  return sectionSize
}

function place(sources: Map<string, Weight[]>, name: string, weight: Weight): void {
  const known = sources.get(name)
  if (known === undefined) sources.set(name, [weight])
  else known.push(weight)
}

const ORDER = { global: 0, weak: 1, local: 2 }

/** Of those that begin at one place: the larger first, then the one that others see, then by name. */
function bySpan(a: ElfSymbol, b: ElfSymbol): number {
  if (a.offset !== b.offset) return a.offset - b.offset
  if (a.size !== b.size) return b.size - a.size
  if (a.binding !== b.binding) return ORDER[a.binding] - ORDER[b.binding]
  if (a.name === b.name) return 0
  return a.name < b.name ? -1 : 1
}
