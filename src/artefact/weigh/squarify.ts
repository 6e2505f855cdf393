// Divides a rectangle into smaller ones whose areas are in the proportion of given sizes, none of them longer than it has to be ("Squarified
// Treemaps", Bruls, Huizing and van Wijk 2000). Pure: the page that a browser shows uses it as well.

export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * A rectangle for each size, in the same order. Sizes are greater than zero, the largest first.
 *
 * @example
 * ```ts
 * squarify([3, 1], { x: 0, y: 0, width: 4, height: 1 })[0] // { x: 0, y: 0, width: 3, height: 1 }
 * ```
 */
export function squarify(sizes: readonly number[], rect: Rect): readonly Rect[] {
  const rects: Rect[] = []
  let space = rect
  let left = sizes.reduce((sum, size) => sum + size, 0)
  while (rects.length < sizes.length) {
    const row = nextRow(sizes, rects.length, space, left)
    const strip = cutOff(space, row.size / left)
    const own = sizes.slice(rects.length, rects.length + row.count)
    for (const each of divideStrip(own, row.size, strip, isWide(space))) rects.push(each)
    space = behind(space, strip)
    left -= row.size
  }
  return rects
}

interface Row {
  readonly count: number
  /** Of all in it. */
  readonly size: number
}

/** As many as lie side by side better than they would without the last of them. */
function nextRow(sizes: readonly number[], from: number, space: Rect, left: number): Row {
  // Areas would be sizes times `scale`; the row lies along the shorter side.
  const scale = (space.width * space.height) / left
  const side = Math.min(space.width, space.height)
  const largest = sizes[from] as number
  let [count, size] = [1, largest]
  let ratio = worstRatio(largest, largest, size, scale, side)
  for (let i = from + 1; i < sizes.length; i++) {
    const smallest = sizes[i] as number
    const next = worstRatio(largest, smallest, size + smallest, scale, side)
    if (next > ratio) break
    size += smallest
    count++
    ratio = next
  }
  return { count, size }
}

/** Of the sides of the longest rectangle in a row. */
function worstRatio(largest: number, smallest: number, sum: number, scale: number, side: number): number {
  const square = (sum * scale) ** 2
  const length = side ** 2
  return Math.max((length * largest * scale) / square, square / (length * smallest * scale))
}

function isWide({ width, height }: Rect): boolean {
  return width >= height
}

/** A part of a rectangle, over the whole of its shorter side. */
function cutOff(space: Rect, part: number): Rect {
  return isWide(space) ? { ...space, width: space.width * part } : { ...space, height: space.height * part }
}

function behind(space: Rect, { width, height }: Rect): Rect {
  return isWide(space)
    ? { ...space, x: space.x + width, width: Math.max(0, space.width - width) }
    : { ...space, y: space.y + height, height: Math.max(0, space.height - height) }
}

/** One above the other in an upright strip, else side by side; the last ends where the strip does. */
function divideStrip(sizes: readonly number[], sum: number, strip: Rect, upright: boolean): Rect[] {
  const length = upright ? strip.height : strip.width
  let before = 0
  return sizes.map((size, i) => {
    const start = length * (before / sum)
    before += size
    const end = i === sizes.length - 1 ? length : length * (before / sum)
    return upright
      ? { ...strip, y: strip.y + start, height: end - start }
      : { ...strip, x: strip.x + start, width: end - start }
  })
}
