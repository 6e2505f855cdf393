// Which addresses a process has mapped, followed from record to record. Pure.

/** What lies at an address, as a report names it. */
export type Region = 'launcher' | 'staged' | 'memory' | 'image' | 'boot information'

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
  /** Ascending, none in another. */
  #ranges: readonly Range[] = []

  get ranges(): readonly Range[] {
    return this.#ranges
  }

  /** As mmap with MAP_FIXED: whatever was there is gone. False where the map becomes larger than any of ours. */
  set(range: Range): boolean {
    this.remove(range.start, range.end)
    this.#ranges = [...this.#ranges, range].sort((a, b) => a.start - b.start)
    return this.#ranges.length <= MAX_RANGES
  }

  remove(start: number, end: number): void {
    this.#ranges = this.#ranges.flatMap((range) => {
      if (range.end <= start || range.start >= end) return [range]
      const parts = []
      if (range.start < start) parts.push({ ...range, end: start })
      if (range.end > end) parts.push({ ...range, start: end })
      return parts
    })
  }

  /** What lies between two addresses, cut to them; undefined where something there is not mapped. */
  between(start: number, end: number): readonly Range[] | undefined {
    let at = start
    const found: Range[] = []
    for (const range of this.#ranges) {
      if (range.end <= at || range.start >= end) continue
      if (range.start > at) return undefined
      found.push({ ...range, start: at, end: Math.min(range.end, end) })
      at = range.end
    }
    return at >= end ? found : undefined
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
