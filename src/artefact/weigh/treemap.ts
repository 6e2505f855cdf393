// Boxes within boxes: where each part of a tree is drawn so that its area says how large it is. Pure: the page that a browser shows uses it
// as well.

import { type Rect, squarify } from './squarify.ts'

/** Anything that has a size and parts, which are smaller and sum to it. */
export interface Part<T> {
  readonly bytes: number
  readonly children: readonly T[]
}

export interface Look {
  /** Height of the strip in which the name of a box with parts stands, and what is left free at its other sides. */
  readonly strip: number
  readonly margin: number
  /** Of an area in which parts are drawn; in a smaller one there would be nothing to see. */
  readonly leastWidth: number
  readonly leastHeight: number
  /** Of a box: smaller ones are left out. */
  readonly leastSide: number
}

export interface Box<T> extends Rect {
  readonly part: T
  /** 0 for the outermost. */
  readonly depth: number
  /** Whether its parts are drawn in it. */
  readonly open: boolean
}

/** The outermost first, each box before those in it. */
export function arrange<T extends Part<T>>(root: T, rect: Rect, look: Look): readonly Box<T>[] {
  const boxes: Box<T>[] = []
  place(root, rect, 0)
  return boxes

  function place(part: T, outer: Rect, depth: number): void {
    if (outer.width < look.leastSide || outer.height < look.leastSide) return
    const inner = insideOf(outer, look)
    const open = part.children.length > 0 && inner.width >= look.leastWidth && inner.height >= look.leastHeight
    boxes.push({ ...outer, part, depth, open })
    if (!open) return
    // What was put together may be larger than what comes before it.
    const parts = part.children.toSorted((a, b) => b.bytes - a.bytes)
    const rects = squarify(
      parts.map(({ bytes }) => bytes),
      inner,
    )
    for (const [i, child] of parts.entries()) place(child, rects[i] as Rect, depth + 1)
  }
}

function insideOf({ x, y, width, height }: Rect, { strip, margin }: Look): Rect {
  return { x: x + margin, y: y + strip, width: width - 2 * margin, height: height - strip - margin }
}
