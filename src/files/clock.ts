// The times that a format can tell: from when to when, and how finely. Pure.

import type { Time } from './tree.ts'

export type Clock = {
  /** Seconds, as those of a Time. */
  readonly first: number
  readonly last: number
  /** Nanoseconds. */
  readonly step: number
  /** Second 0 comes before the first, and can be told all the same: as no time at all. */
  readonly unset?: boolean
}

const SECOND = 1_000_000_000

/** The nearest time that can be told; finer parts are cut, towards the past. A format without times has second 0 only. */
export function fitTime(clock: Clock | undefined, time: Time): Time {
  if (clock === undefined || (clock.unset === true && time.seconds === 0)) return { seconds: 0, nanoseconds: 0 }
  const { first, last, step } = clock
  const seconds = Math.min(Math.max(time.seconds, first), last)
  if (seconds !== time.seconds) return { seconds, nanoseconds: 0 }
  if (step < SECOND) return { seconds, nanoseconds: time.nanoseconds - (time.nanoseconds % step) }
  const unit = step / SECOND
  return { seconds: Math.floor(seconds / unit) * unit, nanoseconds: 0 }
}
