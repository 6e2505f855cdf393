import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { eachPass, median, orderOf, quantile, summarize, summarizePasses } from './statistics.ts'

describe('quantile()', () => {
  const cases: [samples: number[], part: number, value: number][] = [
    [[7], 0.5, 7],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[10, 2, 9], 0, 2],
    [[10, 2, 9], 1, 10],
    [[1, 2, 3, 4, 5], 0.25, 2],
    [[100, 20, 3], 0.5, 20], // not sorted as text
  ]
  for (const [samples, part, value] of cases) {
    it(`of ${samples} at ${part} is ${value}`, () => assert.equal(quantile(samples, part), value))
  }

  for (const part of [-0.1, 1.1, Number.NaN]) {
    it(`refuses ${part} as a part`, () => assert.throws(() => quantile([1], part), RangeError))
  }

  it('refuses to make a figure of nothing', () => assert.throws(() => median([]), RangeError))

  it('leaves its samples in the order in which they came', () => {
    const samples = [3, 1, 2]
    quantile(samples, 0.5)
    assert.deepEqual(samples, [3, 1, 2])
  })

  it('lies between the samples and never falls as the part rises', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    const samples = fc.array(fc.integer(), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(samples, part, part, (values, a, b) => {
        const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))]
        assert.ok(Math.min(...values) <= low && low <= high && high <= Math.max(...values))
      }),
    )
  })
})

describe('summarize()', () => {
  it('keeps count, best, quartiles and median', () => {
    assert.deepEqual(summarize([5, 1, 4, 2, 3]), { count: 5, best: 1, lower: 2, median: 3, upper: 4 })
  })
})

const PASSES = [
  new Map([
    ['a', [2, 2, 2]],
    ['b', [1, 1]],
  ]),
  new Map([
    ['a', [9, 3, 3]],
    ['b', [1, 1]],
  ]),
]

describe('summarizePasses()', () => {
  it('puts the samples of all passes together', () => {
    const summaries = summarizePasses(PASSES)
    assert.deepEqual(Object.keys(summaries), ['a', 'b'])
    assert.deepEqual(summaries['a'], { count: 6, best: 2, lower: 2, median: 2.5, upper: 3 })
    assert.equal(summaries['b']?.count, 4)
  })

  it('has nothing to say about no passes', () => assert.deepEqual(summarizePasses([]), {}))
})

describe('eachPass()', () => {
  it("makes the figure of each pass's own medians", () => {
    assert.deepEqual(
      eachPass(PASSES, (of) => of('a') / of('b')),
      [2, 3],
    )
  })

  it('refuses a name that was not measured', () => {
    assert.throws(() => eachPass(PASSES, (of) => of('c')), RangeError)
  })
})

describe('orderOf()', () => {
  it('has everything once in every round', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 9 }), (round, count) => {
        assert.deepEqual(orderOf(round, count).toSorted(), [...Array(count).keys()])
      }),
    )
  })

  it('puts everybody first equally often, and turns round every other time', () => {
    const orders = [0, 1, 2, 3, 4, 5].map((round) => orderOf(round, 3))
    assert.deepEqual(orders.slice(0, 2), [
      [0, 1, 2],
      [0, 2, 1],
    ])
    assert.deepEqual(orders.map(([first]) => first).toSorted(), [0, 0, 1, 1, 2, 2])
  })
})
