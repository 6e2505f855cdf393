import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { Budget } from './budget.ts'
import { SEND_BUFFER_FIRST, SEND_BUFFER_MAX } from './limits.ts'
import { SendBuffer } from './send-buffer.ts'

describe('SendBuffer', () => {
  it('is a queue whose bytes may be read again until they are consumed', () => {
    const step = fc.record({ append: fc.nat(30_000), from: fc.nat(100), size: fc.nat(5000), consume: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 200_000 }), (steps, worth) => {
        const budget = new Budget(SEND_BUFFER_MAX)
        const buffer = new SendBuffer(budget)
        let model = Buffer.alloc(0)
        let next = 0
        for (const { append, from, size, consume } of steps) {
          const bytes = new Uint8Array(append).map(() => (next++ * 31) >> 2)
          const count = buffer.append(bytes, worth)
          assert.ok(count === append || buffer.length === buffer.capacity)
          model = Buffer.concat([model, bytes.subarray(0, count)])
          assert.equal(buffer.length, model.length)
          const at = Math.floor((from / 101) * model.length)
          const length = Math.min(size, model.length - at)
          const target = new Uint8Array(length + 2).fill(9)
          buffer.copy(at, length, target, 1)
          assert.equal(Buffer.compare(target, Buffer.of(9, ...model.subarray(at, at + length), 9)), 0)
          const gone = Math.floor((consume / 100) * model.length)
          buffer.consume(gone)
          model = model.subarray(gone)
          assert.equal(budget.used, buffer.capacity)
        }
        buffer.release()
        assert.deepEqual([budget.used, buffer.length, buffer.capacity], [0, 0, 0])
      }),
      { numRuns: 100 },
    )
  })

  it('begins with little, and grows to what is worth it, to its limit, and to the budget’s', () => {
    const bytes = new Uint8Array(2 * SEND_BUFFER_MAX)
    const least = new SendBuffer(new Budget(0))
    assert.equal(least.append(bytes, SEND_BUFFER_MAX), SEND_BUFFER_FIRST)
    const half = new SendBuffer(new Budget(SEND_BUFFER_MAX / 2))
    assert.equal(half.append(bytes, SEND_BUFFER_MAX), SEND_BUFFER_MAX / 2)
    const worth = new SendBuffer(new Budget(SEND_BUFFER_MAX))
    assert.equal(worth.append(bytes, 100_000), 131_072)
    const most = new SendBuffer(new Budget(2 * SEND_BUFFER_MAX))
    assert.equal(most.append(bytes, 2 * SEND_BUFFER_MAX), SEND_BUFFER_MAX)
  })
})
