import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Budget } from './budget.ts'
import { MAX_RANGES, RECEIVE_WINDOW } from './limits.ts'
import { Reassembly } from './reassembly.ts'

const BASE = 0x7fffffff - 1000
const source = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 3)

describe('Reassembly', () => {
  it('gives back what was put in, in order, once the holes are filled', () => {
    const pieces = fc.array(fc.tuple(fc.nat(150_000), fc.integer({ min: 1, max: 9000 })), { maxLength: 40 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 20_000 }), (list, arrives) => {
        const budget = new Budget(RECEIVE_WINDOW)
        const kept = new Reassembly(budget)
        const there = new Uint8Array(200_000)
        for (const [offset, length] of list) {
          const at = offset + 1 // something is missing before each
          assert.ok(kept.insert(BASE, (BASE + at) | 0, source, at, length))
          there.fill(1, at, at + length)
        }
        // The holes are filled by segments of `arrives` bytes, which may reach into what is there.
        let next = 0
        while (!kept.empty) {
          next += arrives
          kept.advance(arrives, (BASE + next) | 0)
          for (let ready = kept.ready((BASE + next) | 0); ready > 0; ready = kept.ready((BASE + next) | 0)) {
            const bytes = kept.front(ready)
            assert.equal(Buffer.compare(bytes, source.subarray(next, next + bytes.length)), 0)
            assert.ok(!there.subarray(next, next + bytes.length).includes(0))
            next += bytes.length
            kept.advance(bytes.length, (BASE + next) | 0)
          }
          assert.notEqual(there[next], 1)
        }
        assert.equal(budget.used, 0)
        assert.ok(!there.subarray(next).includes(1))
      }),
      { numRuns: 200 },
    )
  })

  it('reports the newest first, and no range twice', () => {
    const kept = new Reassembly(new Budget(RECEIVE_WINDOW))
    const edges = new Int32Array(8)
    const bytes = new Uint8Array(10)
    const report = (): number[] => [...edges.subarray(0, 2 * kept.report(edges))]
    assert.deepEqual(report(), [])
    for (const at of [10, 30, 50, 70, 90]) kept.insert(0, at, bytes, 0, 10)
    assert.deepEqual(report(), [90, 100, 70, 80, 50, 60, 30, 40])
    kept.insert(0, 20, bytes, 0, 10) // joins two
    assert.deepEqual(report(), [10, 40, 90, 100, 70, 80, 50, 60])
    kept.advance(60, 60)
    assert.deepEqual(report(), [90, 100, 70, 80])
  })

  it('keeps nothing that there is no memory for', () => {
    const kept = new Reassembly(new Budget(100_000))
    assert.equal(kept.insert(0, 1, new Uint8Array(1000), 0, 1000), true)
    assert.equal(kept.insert(0, 70_000, new Uint8Array(1000), 0, 1000), false)
    assert.equal(kept.ready(1), 1000)
  })

  it('keeps a limited number of pieces, however small', () => {
    const budget = new Budget(RECEIVE_WINDOW)
    const kept = new Reassembly(budget)
    let count = 0
    for (let i = 0; i < 10_000; i++) if (kept.insert(0, 1 + 2 * i, Uint8Array.of(1), 0, 1)) count++
    assert.deepEqual([count, budget.used], [MAX_RANGES, 65_536])
  })
})
