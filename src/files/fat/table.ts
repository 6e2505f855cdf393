// The table of clusters: for each, the next of its chain. Written without being held, since it can be larger than all else. Pure.

import type { Sink } from '../output.ts'
import { SECTOR } from './format.ts'
import type { Layout } from './layout.ts'

/** First cluster of a chain, and how many follow one another. */
export type ChainRange = readonly [first: number, count: number]

/** Entries written at once: a multiple of two, so that twelve bits never straddle. */
const AT_ONCE = 32 * 1024

/** One copy of the table. Chains come in the order of their clusters. */
export function writeTable(
  output: Sink,
  { width, tableSectors, clusters }: Layout,
  chains: readonly ChainRange[],
): void {
  const mask = width === 32 ? 0x0fffffff : 2 ** width - 1
  const end = mask
  const entries = entriesOf(chains, mask, end)
  const start = output.position
  const total = clusters + 2
  let left = true
  for (let from = 0; from < total && left; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, total - from)
    const bytes = new Uint8Array(Math.ceil((count * width) / 8))
    for (let i = 0; i < count; i++) {
      const next = entries.next()
      if (next.done === true) {
        left = false
        break
      }
      put(bytes, width, i, next.value)
    }
    output.write(bytes)
  }
  output.zeroes(tableSectors * SECTOR - (output.position - start))
}

function* entriesOf(chains: readonly ChainRange[], mask: number, end: number): Generator<number> {
  // The first two stand for no cluster: the kind of medium, and that it was unmounted in peace.
  yield (mask & ~0xff) | 0xf8
  yield end
  for (const [first, count] of chains) {
    if (first === 0) continue
    for (let cluster = first + 1; cluster < first + Math.max(1, count); cluster++) yield cluster
    yield end
  }
}

function put(bytes: Uint8Array, width: number, i: number, value: number): void {
  if (width === 12) {
    const at = (i * 3) >>> 1
    if (i % 2 === 0) {
      bytes[at] = value & 0xff
      bytes[at + 1] = ((bytes[at + 1] ?? 0) & 0xf0) | (value >>> 8)
    } else {
      bytes[at] = ((bytes[at] as number) & 0x0f) | ((value << 4) & 0xf0)
      bytes[at + 1] = value >>> 4
    }
    return
  }
  for (let byte = 0; byte < width / 8; byte++) bytes[(i * width) / 8 + byte] = (value >>> (8 * byte)) & 0xff
}
