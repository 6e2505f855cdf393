import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { nearest } from './nearest.ts'

describe('nearest()', () => {
  const known = ['service', 'storage', 'management']
  const cases: [why: string, name: string, wanted: string | undefined][] = [
    ['a letter left out', 'servce', 'service'],
    ['a letter too many', 'storrage', 'storage'],
    ['a wrong letter', 'storege', 'storage'],
    ['two neighbours swapped', 'managmeent', 'management'],
    ['other capitals', 'Service', 'service'],
    ['the name itself', 'storage', 'storage'],
    ['nothing for a name that is far from all', 'network', undefined],
    ['nothing for an empty name', '', undefined],
  ]
  for (const [why, name, wanted] of cases) {
    it(`finds ${why}`, () => assert.equal(nearest(name, known), wanted))
  }

  it('counts a swap as one edit, so that three letters are enough', () => {
    assert.equal(nearest('ent', ['net']), 'net')
    assert.equal(nearest('tne', ['net']), undefined)
  })

  it('takes the first of equals', () => assert.equal(nearest('net1', ['net0', 'net2']), 'net0'))

  it('agrees with the definition of the distance, worked out the slow way', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        const near = slowDistance(a, b) <= Math.max(a.length, b.length) / 3
        assert.equal(nearest(a, [b]), near ? b : undefined)
      }),
      { numRuns: 2000 },
    )
  })

  it('does not look at very long names', () => {
    assert.equal(nearest('a'.repeat(65), ['a'.repeat(65)]), undefined)
    assert.equal(nearest('a'.repeat(64), ['a'.repeat(65)]), undefined)
    assert.equal(nearest('a'.repeat(64), ['a'.repeat(64)]), 'a'.repeat(64))
  })
})

/** Insertions, deletions, replacements and swaps of neighbours, no part edited twice: straight from the definition. */
function slowDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const [first] = a
  const [other] = b
  const ways = [
    slowDistance(a.slice(1), b) + 1,
    slowDistance(a, b.slice(1)) + 1,
    slowDistance(a.slice(1), b.slice(1)) + (first === other ? 0 : 1),
  ]
  const swapped = a.length > 1 && b.length > 1 && a.slice(0, 2) === b.charAt(1) + b.charAt(0)
  if (swapped) ways.push(slowDistance(a.slice(2), b.slice(2)) + 1)
  return Math.min(...ways)
}
