// Which addresses a process has mapped, followed from record to record. Pure.

/** What lies at an address, as a report names it. */
export type Region = 'launcher' | 'staged' | 'memory' | 'image' | 'boot information' | 'part' | 'handler stack'

export type Range = {
  readonly start: number
  /** Behind the last byte. */
  readonly end: number
  /** As mmap counts it: 1 read, 2 write, 4 execute. */
  readonly protection: number
  readonly region: Region
}

/** More than records of ours make of 1024 segments, and little enough to be walked for each record. */
const MAX_RANGES = 4096

export class AddressMap {
  /** Ascending, none in another: each is found by halving, since a hostile table may have many. */
  readonly #ranges: Range[] = []

  /** As mmap with MAP_FIXED: whatever was there is gone. False where the map becomes larger than any of ours. */
  set(range: Range): boolean {
    this.remove(range.start, range.end)
    this.#ranges.splice(this.#firstBehind(range.start), 0, range)
    return this.#ranges.length <= MAX_RANGES
  }

  remove(start: number, end: number): void {
    if (end <= start) return
    const from = this.#firstBehind(start)
    let to = from
    while ((this.#ranges[to]?.start ?? end) < end) to++
    const [first, last] = [this.#ranges[from], this.#ranges[to - 1]]
    const rest: Range[] = []
    if (to > from && first !== undefined && first.start < start) rest.push({ ...first, end: start })
    if (to > from && last !== undefined && last.end > end) rest.push({ ...last, start: end })
    this.#ranges.splice(from, to - from, ...rest)
  }

  /** Whether anything lies between two addresses. */
  hasAny(start: number, end: number): boolean {
    return (this.#ranges[this.#firstBehind(start)]?.start ?? end) < end
  }

  /** What lies between two addresses, cut to them; undefined where something there is not mapped. */
  between(start: number, end: number): readonly Range[] | undefined {
    const found: Range[] = []
    let at = start
    for (let i = this.#firstBehind(start); at < end; i++) {
      const range = this.#ranges[i]
      if (range === undefined || range.start > at) return undefined
      found.push({ ...range, start: at, end: Math.min(range.end, end) })
      at = range.end
    }
    return found
  }

  /** The index of the first range that ends behind an address. */
  #firstBehind(address: number): number {
    let [low, high] = [0, this.#ranges.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((this.#ranges[middle]?.end ?? 0) > address) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Neighbours of one kind as one. */
  merged(): readonly Range[] {
    const merged: Range[] = []
    for (const range of this.#ranges) {
      const last = merged.at(-1)
      if (last?.end === range.start && last.protection === range.protection && last.region === range.region) {
        merged[merged.length - 1] = { ...last, end: range.end }
      } else merged.push(range)
    }
    return merged
  }
}
