import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { type Clock, fitTime } from './clock.ts'

const at = (seconds: number, nanoseconds = 0) => ({ seconds, nanoseconds })
const SECONDS: Clock = { first: 0, last: 100, step: 1_000_000_000 }

describe('fitTime()', () => {
  const cases: [
    what: string,
    clock: Clock | undefined,
    time: ReturnType<typeof at>,
    expected: ReturnType<typeof at>,
  ][] = [
    ['leaves what can be told as it is', SECONDS, at(7), at(7)],
    ['cuts finer parts', SECONDS, at(7, 999_999_999), at(7)],
    ['cuts finer parts before 1970 towards the past', { ...SECONDS, first: -100 }, at(-7, 500_000_000), at(-7)],
    ['takes the first where the time is earlier, without its parts', SECONDS, at(-1, 5), at(0)],
    ['takes the last where the time is later, without its parts', SECONDS, at(101, 5), at(100)],
    ['keeps the last second itself', SECONDS, at(100, 5), at(100)],
    ['has steps of a part of a second', { ...SECONDS, step: 100 }, at(3, 1234), at(3, 1200)],
    ['has steps of several seconds', { ...SECONDS, step: 2_000_000_000 }, at(7, 5), at(6)],
    ['tells no time as second 0', undefined, at(7, 5), at(0)],
    ['tells second 0 where that means no time', { ...SECONDS, first: 50, unset: true }, at(0), at(0)],
    ['takes the first for second 1 where only 0 means no time', { ...SECONDS, first: 50, unset: true }, at(1), at(50)],
    ['takes the first for second 0 where it means nothing', { ...SECONDS, first: 50 }, at(0), at(50)],
  ]
  for (const [what, clock, time, expected] of cases) {
    it(what, () => assert.deepEqual(fitTime(clock, time), expected))
  }
})
