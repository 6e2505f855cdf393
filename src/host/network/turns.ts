// When a network computes. Whatever happens outside enters it here, so that its clock is right; what comes out of all that happens in one pass
// of the event loop (frames, bytes for sockets) leaves together at the end of it.

import type { Network } from '../../netstack/network.ts'

const MAX_DELAY = 2 ** 31 - 1 // milliseconds; a longer one would be none

type Clocked = Pick<Network, 'advance' | 'deadline'>

export class Turns {
  readonly #network: Clocked
  readonly #now: () => number
  #leaving: (() => void)[] = []
  #puttingOff: (() => void)[] = []
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #closed = false

  /** `now` gives milliseconds that never go back. */
  constructor(network: Clocked, now: () => number = () => performance.now()) {
    this.#network = network
    this.#now = now
  }

  /** Runs what calls the network. Not to be called by what the network itself calls. */
  enter(act: () => void): void {
    if (this.#closed) return
    this.#network.advance(this.#now())
    act()
    this.#endSoon()
  }

  /** At the end of this pass; for what the network has called and what must not call it back at once. */
  putOff(act: () => void): void {
    this.#puttingOff.push(act)
    this.#endSoon()
  }

  /** At the end of this pass, after everything that was put off. */
  leave(flush: () => void): void {
    this.#leaving.push(flush)
    this.#endSoon()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  #endSoon(): void {
    if (!this.#closed) this.#immediate ??= setImmediate(() => this.#end())
  }

  #end(): void {
    const acts = this.#puttingOff
    if (acts.length > 0) {
      this.#puttingOff = []
      this.#network.advance(this.#now())
      for (const act of acts) act()
    }
    this.#advanceIfDue()
    const leaving = this.#leaving
    this.#leaving = []
    for (const flush of leaving) flush()
    this.#immediate = undefined
    if (this.#puttingOff.length > 0 || this.#leaving.length > 0) this.#endSoon()
    this.#setTimer()
  }

  /** What the network has put off until everything of this pass had come in leaves with the rest of it. */
  #advanceIfDue(): void {
    const now = this.#now()
    if ((this.#network.deadline ?? Number.POSITIVE_INFINITY) <= now) this.#network.advance(now)
  }

  #setTimer(): void {
    const at = this.#network.deadline ?? Number.POSITIVE_INFINITY
    // An earlier one finds nothing to do and sets the next: cheaper than a new timer for every frame.
    if (this.#closed || at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    const delay = Math.min(Math.max(Math.ceil(at - this.#now()), 1), MAX_DELAY)
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.enter(() => {})
    }, delay)
  }
}
