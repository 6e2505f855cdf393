// Whoever wants to be woken, the earliest first: a binary heap whose items know their place. Moving a deadline further away costs nothing, the
// item is woken too early and looks again. Pure.

export interface Timed {
  /** Not later than it wants to be woken. Changed by the heap alone. */
  wakeAt: number
  /** Its place in the heap; -1 while it is in none. */
  heapIndex: number
}

export class TimerHeap<T extends Timed> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  /** Infinity while nobody waits. */
  get earliest(): number {
    return this.#items[0]?.wakeAt ?? Number.POSITIVE_INFINITY
  }

  /** `item` is woken at `at`, or before. */
  arm(item: T, at: number): void {
    if (item.heapIndex >= 0 && item.wakeAt <= at) return
    if (at === Number.POSITIVE_INFINITY) return
    item.wakeAt = at
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length
      this.#items.push(item)
    }
    this.#rise(item)
  }

  remove(item: T): void {
    const { heapIndex } = item
    if (heapIndex < 0) return
    item.heapIndex = -1
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    last.heapIndex = heapIndex
    this.#items[heapIndex] = last
    this.#rise(last)
    this.#sink(last)
  }

  /** The earliest item that is due at `now`, which is in the heap no more; undefined where none is. */
  take(now: number): T | undefined {
    const first = this.#items[0]
    if (first === undefined || first.wakeAt > now) return undefined
    this.remove(first)
    return first
  }

  #rise(item: T): void {
    let at = item.heapIndex
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = this.#items[up] as T
      if (parent.wakeAt <= item.wakeAt) break
      this.#place(parent, at)
      at = up
    }
    this.#place(item, at)
  }

  #sink(item: T): void {
    let at = item.heapIndex
    for (let down = this.#smallerChild(at); down >= 0; down = this.#smallerChild(at)) {
      const child = this.#items[down] as T
      if (item.wakeAt <= child.wakeAt) break
      this.#place(child, at)
      at = down
    }
    this.#place(item, at)
  }

  #smallerChild(at: number): number {
    const left = 2 * at + 1
    if (left >= this.#items.length) return -1
    const right = left + 1
    if (right >= this.#items.length) return left
    return (this.#items[right] as T).wakeAt < (this.#items[left] as T).wakeAt ? right : left
  }

  #place(item: T, at: number): void {
    item.heapIndex = at
    this.#items[at] = item
  }
}
