import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Claim, divide, type Range } from './ranges.ts'
import { everyWeight, leaf, totalOf, type Weight } from './weight.ts'

const claim = (name: string, start: number, end: number, inside?: Claim['inside']): Claim => {
  return { kind: 'section', name, use: 'data', start, end, ...(inside && { inside }) }
}
const REST = { kind: 'rest', name: 'rest', use: 'unknown' } as const

/** Zero from 90 on. */
const divided = (ranks: readonly (readonly Claim[])[], end = 100): readonly Weight[] =>
  divide({ start: 0, end }, { ranks, isEmpty: ({ start }) => start >= 90, rest: REST })

/** `name bytes`, with what is in it between brackets. */
function summary(weights: readonly Weight[]): string {
  return weights
    .map(({ name, bytes, children }) => `${name} ${bytes}${children.length > 0 ? ` [${summary(children)}]` : ''}`)
    .sort()
    .join(', ')
}

describe('divide()', () => {
  it('gives what is claimed to whoever claims it, and names what is not', () => {
    assert.equal(summary(divided([[claim('a', 0, 40), claim('b', 50, 90)]])), 'a 40, b 40, padding 10, rest 10')
  })

  it('divides what one claims among those inside of it', () => {
    const ranks = [
      [claim('segment', 10, 90)],
      [claim('.text', 10, 60), claim('.data', 60, 80), claim('headers', 0, 10)],
    ]
    assert.equal(summary(divided(ranks)), 'headers 10, padding 10, segment 80 [.data 20, .text 50, no section 10]')
  })

  it('leaves a claim without anything inside of it in one piece', () => {
    assert.equal(summary(divided([[claim('segment', 0, 100)], []])), 'segment 100')
  })

  it('counts bytes that two claim as shared, and what only one claims as its own', () => {
    const ranks = [[claim('a', 0, 60), claim('b', 40, 90)]]
    assert.equal(summary(divided(ranks)), 'a 40, a, b 20, b 30, padding 10')
  })

  it('puts the pieces of a claim together again that another one cuts', () => {
    const ranks = [[claim('a', 0, 90), claim('b', 40, 50)]]
    assert.equal(summary(divided(ranks)), 'a 80, a, b 10, padding 10')
  })

  it('names three of many that claim the same', () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    assert.equal(summary(divided([names.map((name) => claim(name, 0, 90))])), 'a, b, c and 2 more 90, padding 10')
  })

  it('asks what is inside of a claim only where that has all it claims', () => {
    const parts = (): readonly Weight[] => [leaf('symbol', 'f', 'code', 30), leaf('symbol', 'g', 'code', 20)]
    assert.equal(summary(divided([[claim('a', 0, 50, parts)]], 50)), 'a 50 [f 30, g 20]')
    assert.equal(summary(divided([[claim('a', 0, 50, parts), claim('b', 49, 50)]], 50)), 'a 49, a, b 1')
    assert.equal(summary(divided([[claim('a', 0, 50, () => [])]], 50)), 'a 50')
  })

  it('passes over claims of nothing, and cuts those that lead out', () => {
    assert.equal(summary(divided([[claim('a', 20, 20), claim('b', 30, 20), claim('c', 80, 5000)]])), 'c 20, rest 80')
    assert.deepEqual(divide({ start: 5, end: 5 }, { ranks: [], isEmpty: () => true, rest: REST }), [])
  })

  const place = fc.integer({ min: 0, max: 1000 })
  const anyClaim = fc
    .record({
      start: place,
      length: fc.oneof(fc.constant(0), place, fc.constant(2 ** 53)),
      name: fc.constantFrom('a', 'b', 'c'),
    })
    .map(({ start, length, name }) => claim(name, start, start + length))
  const anyRanks = fc.array(fc.array(anyClaim, { maxLength: 12 }), { maxLength: 4 })
  const anyRange = fc.tuple(place, place).map(([a, b]): Range => ({ start: Math.min(a, b), end: Math.max(a, b) }))

  it('counts every byte once, whatever is claimed', () => {
    fc.assert(
      fc.property(anyRange, anyRanks, fc.func(fc.boolean()), (range, ranks, isEmpty) => {
        const weights = divide(range, { ranks, isEmpty, rest: REST })
        assert.equal(totalOf(weights), range.end - range.start)
        for (const root of weights) {
          for (const { bytes, children } of everyWeight(root)) {
            assert.ok(bytes > 0)
            if (children.length > 0) assert.equal(totalOf(children), bytes)
          }
        }
      }),
    )
  })

  it('stays quick where a thousand claim the same', () => {
    const many = Array.from({ length: 1024 }, (_, i) => claim(`${i}`, i, 4000 - i))
    const inner = Array.from({ length: 1024 }, (_, i) => claim(`${i}`, i * 3, i * 3 + 2000))
    const start = performance.now()
    const weights = divided([many, inner], 4000)
    assert.equal(totalOf(weights), 4000)
    assert.ok(performance.now() - start < 10_000)
  })
})
