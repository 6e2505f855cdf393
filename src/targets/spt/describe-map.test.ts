import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { AddressMap, type Range, type Region } from './describe-map.ts'

const SIZE = 24 // addresses, so that ranges meet often

type Change =
  | {
      readonly kind: 'set'
      readonly start: number
      readonly end: number
      readonly protection: number
      readonly region: Region
    }
  | { readonly kind: 'remove'; readonly start: number; readonly end: number }

const place = fc
  .tuple(fc.nat(SIZE - 1), fc.nat(SIZE - 1))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) + 1 }))
const change: fc.Arbitrary<Change> = fc.oneof(
  place.map((range) => ({ kind: 'remove' as const, ...range })),
  fc
    .tuple(place, fc.nat(7), fc.constantFrom<Region>('memory', 'image', 'launcher'))
    .map(([range, protection, region]) => ({ kind: 'set' as const, ...range, protection, region })),
)

describe('AddressMap', () => {
  it('is the same as a list of what lies at each address', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), place, (changes, { start, end }) => {
        const map = new AddressMap()
        const cells: (string | undefined)[] = Array.from({ length: SIZE }, () => undefined)
        for (const step of changes) {
          if (step.kind === 'remove') map.remove(step.start, step.end)
          else assert.ok(map.set(step))
          cells.fill(step.kind === 'remove' ? undefined : `${step.protection} ${step.region}`, step.start, step.end)
        }
        assert.deepEqual(cellsOf(map.merged()), cells)
        const found = map.between(start, end)
        const wanted = cells.slice(start, end)
        if (wanted.includes(undefined)) assert.equal(found, undefined)
        else assert.deepEqual(cellsOf(found ?? []).slice(start, end), wanted)
        assert.ok(map.merged().every((range, i, all) => i === 0 || range.start >= (all[i - 1] as Range).end))
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses to become larger than any map of ours, and stays quick until then', () => {
    const map = new AddressMap()
    let parts = 0
    while (map.set({ start: 2 * parts, end: 2 * parts + 1, protection: 3, region: 'memory' })) parts++
    assert.equal(parts, 4096)
  })
})

function cellsOf(ranges: readonly Range[]): (string | undefined)[] {
  const cells: (string | undefined)[] = Array.from({ length: SIZE }, () => undefined)
  for (const { start, end, protection, region } of ranges) cells.fill(`${protection} ${region}`, start, end)
  return cells
}
