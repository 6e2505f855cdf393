import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { MAX_RANGES } from './limits.ts'
import { Ranges } from './ranges.ts'
import { ahead, isBefore, later } from './sequence.ts'

const BASE = 0x7fffffff - 40 // the numbers below wrap

describe('sequence numbers', () => {
  it('are compared on a circle', () => {
    assert.equal(isBefore(0x7fffffff, -0x80000000), true)
    assert.equal(isBefore(-1, 0), true)
    assert.equal(isBefore(0, -1), false)
    assert.equal(isBefore(5, 5), false)
    assert.equal(ahead(-1, 1), 2)
    assert.equal(ahead(1, -1), -2)
    assert.equal(later(0x7fffffff, -0x80000000), -0x80000000)
  })
})

describe('Ranges', () => {
  it('is a set of numbers', () => {
    const step = fc.oneof(
      fc.tuple(fc.constant('add' as const), fc.nat(100), fc.integer({ min: 1, max: 20 })),
      fc.tuple(fc.constant('trim' as const), fc.nat(100), fc.constant(0)),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(120), fc.nat(120), (steps, from, length) => {
        const to = from + length
        const ranges = new Ranges()
        const set = new Set<number>()
        for (const [what, at, length] of steps) {
          if (what === 'trim') {
            ranges.trim((BASE + at) | 0)
            for (let i = 0; i < at; i++) set.delete(i)
          } else {
            assert.ok(ranges.add((BASE + at) | 0, (BASE + at + length) | 0))
            for (let i = at; i < at + length; i++) set.add(i)
          }
        }
        assert.equal(ranges.total, set.size)
        const found: number[] = []
        for (let i = 0; i < ranges.count; i++) {
          const [start, end] = [ahead(BASE, ranges.start(i)), ahead(BASE, ranges.end(i))]
          if (i > 0) assert.ok(start > ahead(BASE, ranges.end(i - 1)), 'apart')
          for (let n = start; n < end; n++) found.push(n)
        }
        assert.deepEqual(
          found,
          [...set].toSorted((a, b) => a - b),
        )
        const within = [...set].filter((n) => n >= from && n < to).length
        assert.equal(ranges.within((BASE + from) | 0, (BASE + to) | 0), within)
        const next = ranges.find((BASE + from) | 0)
        const following = [...set].filter((n) => n >= from).toSorted((a, b) => a - b)[0]
        if (following === undefined) assert.equal(next, ranges.count)
        else assert.ok(ahead(BASE, ranges.start(next)) <= following && ahead(BASE, ranges.end(next)) > following)
      }),
      { numRuns: 2000 },
    )
  })

  it('has no more than its limit, and can still grow what it has', () => {
    const ranges = new Ranges()
    for (let i = 0; i < MAX_RANGES; i++) assert.ok(ranges.add(10 * i, 10 * i + 1))
    assert.equal(ranges.add(5, 6), false)
    assert.ok(ranges.add(1, 10))
    assert.deepEqual([ranges.count, ranges.start(0), ranges.end(0)], [MAX_RANGES - 1, 0, 11])
    assert.ok(ranges.add(15, 16))
    ranges.clear()
    assert.deepEqual([ranges.count, ranges.total], [0, 0])
  })
})
