import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Timed, TimerHeap } from './timer-heap.ts'

describe('TimerHeap', () => {
  it('gives back all that is due, the earliest first, whatever was moved or taken out', () => {
    const step = fc.record({
      what: fc.constantFrom('arm' as const, 'remove' as const, 'take' as const),
      item: fc.nat(15),
      at: fc.nat(100),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new TimerHeap<Timed>()
        const items = Array.from({ length: 16 }, (): Timed => ({ wakeAt: 0, heapIndex: -1 }))
        const model = new Map<Timed, number>()
        for (const { what, item, at } of steps) {
          const timed = items[item]!
          if (what === 'arm') {
            heap.arm(timed, at)
            model.set(timed, Math.min(at, model.get(timed) ?? Number.POSITIVE_INFINITY))
          } else if (what === 'remove') {
            heap.remove(timed)
            model.delete(timed)
          } else {
            const earliest = Math.min(...model.values())
            const taken = heap.take(at)
            if (earliest > at) assert.equal(taken, undefined)
            else {
              assert.ok(taken !== undefined && model.get(taken) === earliest)
              model.delete(taken)
            }
          }
          assert.equal(heap.earliest, Math.min(...model.values()))
          assert.equal(heap.size, model.size)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('keeps nobody who waits for nothing', () => {
    const heap = new TimerHeap<Timed>()
    heap.arm({ wakeAt: 0, heapIndex: -1 }, Number.POSITIVE_INFINITY)
    assert.equal(heap.size, 0)
  })
})
