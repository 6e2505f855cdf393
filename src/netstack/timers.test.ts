import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Timer, Timers } from './timers.ts'

describe('Timers', () => {
  it('is due when the earliest is, and runs what is due in that order', () => {
    const action = fc.record({ timer: fc.nat(7), at: fc.option(fc.nat(50), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.nat(50), (actions, now) => {
        const timers = new Timers()
        const ran: number[] = []
        const all = Array.from({ length: 8 }, (_, i): Timer => timers.create(() => void ran.push(i)))
        const expected = new Map<number, number>()
        for (const { timer, at } of actions) {
          if (at === undefined) {
            timers.clear(all[timer] as Timer)
            expected.delete(timer)
          } else {
            timers.set(all[timer] as Timer, at)
            expected.set(timer, at)
          }
        }
        const earliest = expected.size === 0 ? undefined : Math.min(...expected.values())
        assert.equal(timers.deadline, earliest)
        timers.advance(now)
        const due = [...expected].filter(([, at]) => at <= now)
        assert.deepEqual([...ran].sort(), due.map(([timer]) => timer).sort())
        assert.deepEqual(
          ran.map((timer) => expected.get(timer)),
          due.map(([, at]) => at).sort((a, b) => a - b),
        )
        assert.deepEqual(
          all.map((timer) => timers.isSet(timer)),
          all.map((_, i) => expected.has(i) && !ran.includes(i)),
        )
      }),
    )
  })

  it('lets a timer that sets itself for now wait for the next turn', () => {
    const timers = new Timers()
    let runs = 0
    const timer = timers.create((now) => {
      runs++
      timers.set(timer, now)
    })
    timers.set(timer, 5)
    timers.advance(5)
    assert.equal(runs, 1)
    timers.advance(5)
    assert.equal(runs, 2)
  })

  it('does not run one that an earlier one has set for later', () => {
    const timers = new Timers()
    let runs = 0
    const later = timers.create(() => void runs++)
    const first = timers.create(() => timers.set(later, 100))
    timers.set(first, 1)
    timers.set(later, 2)
    timers.advance(10)
    assert.equal(runs, 0)
    assert.equal(timers.deadline, 100)
  })
})
