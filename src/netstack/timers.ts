// What is due when: a heap of timers, since a network of a thousand guests must not look at each of them in every turn. Pure.

/** Belongs to one owner, and waits for one moment at a time. */
export type Timer = {
  readonly run: (now: number) => void
  at: number
  /** In the heap; -1 while nothing is due. */
  place: number
}

export class Timers {
  /** A binary heap: each is due no earlier than the one at half its place. */
  readonly #heap: Timer[] = []

  create(run: (now: number) => void): Timer {
    return { run, at: 0, place: -1 }
  }

  /** Due at `at` from now on, and no more when it was due before. */
  set(timer: Timer, at: number): void {
    if (timer.place < 0) {
      timer.place = this.#heap.length
      this.#heap.push(timer)
    }
    timer.at = at
    this.#up(timer)
    this.#down(timer)
  }

  isSet(timer: Timer): boolean {
    return timer.place >= 0
  }

  clear(timer: Timer): void {
    const { place } = timer
    if (place < 0) return
    const last = this.#heap.pop() as Timer
    timer.place = -1
    if (last === timer) return
    this.#put(last, place)
    this.#up(last)
    this.#down(last)
  }

  get deadline(): number | undefined {
    return this.#heap[0]?.at
  }

  /** Runs what is due. A timer that is set again for now runs in the next turn: time must not stand still for ever. */
  advance(now: number): void {
    const due: Timer[] = []
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.clear(first)
      due.push(first)
    }
    // One that an earlier one has set again meanwhile has another moment now.
    for (const timer of due) if (timer.place < 0) timer.run(now)
  }

  #up(timer: Timer): void {
    while (timer.place > 0) {
      const above = this.#heap[(timer.place - 1) >> 1] as Timer
      if (above.at <= timer.at) return
      this.#exchange(timer, above)
    }
  }

  #down(timer: Timer): void {
    for (;;) {
      const left = this.#heap[2 * timer.place + 1]
      const right = this.#heap[2 * timer.place + 2]
      const first = left !== undefined && right !== undefined && right.at < left.at ? right : left
      if (first === undefined || first.at >= timer.at) return
      this.#exchange(timer, first)
    }
  }

  #exchange(a: Timer, b: Timer): void {
    const { place } = a
    this.#put(a, b.place)
    this.#put(b, place)
  }

  #put(timer: Timer, place: number): void {
    timer.place = place
    this.#heap[place] = timer
  }
}
