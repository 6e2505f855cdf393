// A file that differs from another one in a few places, as parts: nothing but the changes is held in memory. Pure.

import type { FilePart, FileParts } from './file-parts.ts'
import type { Source } from './reader.ts'

/** Bytes that take the place of those at `at`. */
export interface Patch {
  readonly at: number
  readonly bytes: Uint8Array
}

/** Whether two of the patches change the same byte. */
export function collide(patches: readonly Patch[]): boolean {
  const sorted = inOrder(patches)
  return sorted.some(({ at }, i) => i > 0 && at < endOf(sorted[i - 1] as Patch))
}

/**
 * The first `kept` bytes of a source with patches, which may lie behind them; what is between is zero. Throws RangeError for patches
 * that collide.
 *
 * @example
 * ```ts
 * joinParts(patchFile(4, [{ at: 1, bytes: Uint8Array.of(9) }]), sourceOf(Uint8Array.of(1, 2, 3, 4))) // 1, 9, 3, 4
 * ```
 */
export function patchFile(kept: number, patches: readonly Patch[]): FileParts {
  if (collide(patches)) throw new RangeError('two patches change the same byte')
  const parts: FilePart[] = []
  let done = 0
  const keepUpTo = (end: number): void => {
    if (end > done) parts.push({ at: done, from: done, length: end - done })
  }
  const sorted = inOrder(patches)
  for (const patch of sorted) {
    keepUpTo(Math.min(patch.at, kept))
    parts.push(patch)
    done = endOf(patch)
  }
  keepUpTo(kept)
  return { size: Math.max(kept, done), parts }
}

/**
 * A source with patches, which lie within it; where two change the same byte, the later one counts.
 *
 * @example
 * ```ts
 * patchedSource(sourceOf(Uint8Array.of(1, 2, 3)), [{ at: 1, bytes: Uint8Array.of(9) }]).readAt(0, 2) // 1, 9
 * ```
 */
export function patchedSource(source: Source, patches: readonly Patch[]): Source {
  return {
    size: source.size,
    readAt: (offset, length) => {
      const read = source.readAt(offset, length)
      const touching = patches.filter((patch) => patch.at < offset + length && offset < endOf(patch))
      if (touching.length === 0) return read
      const changed = Uint8Array.from(read)
      for (const patch of touching) {
        const start = Math.max(patch.at, offset)
        const end = Math.min(endOf(patch), offset + length)
        changed.set(patch.bytes.subarray(start - patch.at, end - patch.at), start - offset)
      }
      return changed
    },
  }
}

function inOrder(patches: readonly Patch[]): Patch[] {
  return patches.filter(({ bytes }) => bytes.length > 0).sort((a, b) => a.at - b.at)
}

function endOf({ at, bytes }: Patch): number {
  return at + bytes.length
}
