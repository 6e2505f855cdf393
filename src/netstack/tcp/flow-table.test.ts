import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FlowTable, hashNames, type Named } from './flow-table.ts'

interface Sample extends Named<Sample> {}

const name = (remotePort: number, localAddress = 0xfffffffe): Sample => ({
  localAddress,
  localPort: 80,
  remoteAddress: 0x0a000202,
  remotePort,
  next: undefined,
})

describe('FlowTable', () => {
  it('finds what is in it by all four names, and nothing else', () => {
    // Few names, and a hash of few values: chains of several are made, shortened in the middle and emptied.
    const step = fc.tuple(fc.boolean(), fc.nat(30))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.integer(), (steps, secret) => {
        const table = new FlowTable<Sample>(secret, 3)
        const model = new Map<number, Sample>()
        for (const [adds, port] of steps) {
          const known = model.get(port)
          if (adds && known === undefined) {
            const flow = name(port)
            model.set(port, flow)
            table.add(flow)
          } else if (!adds) {
            if (known !== undefined) table.remove(known)
            else table.remove(name(port))
            model.delete(port)
          }
          for (let p = 0; p <= 30; p++) assert.equal(table.find(0xfffffffe, 80, 0x0a000202, p), model.get(p))
          assert.equal(table.size, model.size)
        }
        assert.deepEqual(new Set(table.all()), new Set(model.values()))
      }),
      { numRuns: 200 },
    )
  })

  it('tells all names apart', () => {
    const table = new FlowTable<Sample>(1)
    table.add(name(1000))
    assert.equal(table.find(0xfffffffd, 80, 0x0a000202, 1000), undefined)
    assert.equal(table.find(0xfffffffe, 81, 0x0a000202, 1000), undefined)
    assert.equal(table.find(0xfffffffe, 80, 0x0a000203, 1000), undefined)
    assert.equal(table.find(0xfffffffe, 80, 0x0a000202, 1001), undefined)
  })
})

describe('hashNames()', () => {
  it('spreads names that differ little', () => {
    for (const secret of [0, 1, -1]) {
      const buckets = new Uint32Array(1024)
      for (let port = 0; port < 64 * 1024; port++) {
        const bucket = hashNames(secret, 0xc0000201, 80, 0x0a000202, port) & 1023
        buckets[bucket] = (buckets[bucket] ?? 0) + 1
      }
      assert.ok(Math.max(...buckets) < 120, `${Math.max(...buckets)} of 64`)
    }
  })

  it('depends on the secret', () => {
    assert.notEqual(hashNames(1, 2, 3, 4, 5), hashNames(2, 2, 3, 4, 5))
  })
})
