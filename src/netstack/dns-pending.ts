// Questions that the outside has not answered yet: so many of each guest, and for so long. Pure.

import type { GuestPort } from './port.ts'
import type { Timer, Timers } from './timers.ts'

/** Of one guest: more than a resolver asks at a time, fewer than would burden the machine's own. */
const MAX_PENDING = 64
/** Longer than resolvers try; behind that nobody waits any more. */
const PATIENCE = 20_000 // milliseconds

export type Pending<Result> = {
  readonly port: GuestPort
  readonly since: number
  readonly give: (result: Result) => void
}

export class PendingQuestions<Result> {
  readonly #timers: Timers
  readonly #timer: Timer
  readonly #now: () => number
  /** Oldest first. */
  readonly #pending = new Set<Pending<Result>>()
  readonly #counts = new Map<GuestPort, number>()

  /** `late` is the result of what was not answered in time. */
  constructor(timers: Timers, now: () => number, late: Result) {
    this.#timers = timers
    this.#now = now
    this.#timer = timers.create((moment) => this.#expire(moment, late))
  }

  /** Undefined where the guest has asked enough. */
  begin(port: GuestPort, give: (result: Result) => void): Pending<Result> | undefined {
    const count = this.#counts.get(port) ?? 0
    if (count >= MAX_PENDING) {
      port.tell('dns', `has ${count} questions to the name server open; more are refused until some are answered`)
      port.drop('too many at once')
      return undefined
    }
    const pending = { port, since: this.#now(), give }
    this.#pending.add(pending)
    this.#counts.set(port, count + 1)
    if (!this.#timers.isSet(this.#timer)) this.#timers.set(this.#timer, pending.since + PATIENCE)
    return pending
  }

  /** Only the first result of each counts. */
  finish(pending: Pending<Result>, result: Result): void {
    if (!this.#pending.delete(pending)) return
    this.#counts.set(pending.port, (this.#counts.get(pending.port) ?? 1) - 1)
    if (this.#pending.size === 0) this.#timers.clear(this.#timer)
    pending.give(result)
  }

  detach(port: GuestPort): void {
    for (const pending of this.#pending) if (pending.port === port) this.#pending.delete(pending)
    this.#counts.delete(port)
    if (this.#pending.size === 0) this.#timers.clear(this.#timer)
  }

  #expire(now: number, late: Result): void {
    for (const pending of this.#pending) {
      if (pending.since + PATIENCE > now) {
        this.#timers.set(this.#timer, pending.since + PATIENCE)
        return
      }
      this.finish(pending, late)
    }
  }
}
