import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Flow, FlowTable } from './udp-flows.ts'

const flowOf = (guestAddress: number, guestPort: number, peerAddress: number, peerPort: number): Flow => ({
  guestAddress,
  guestPort,
  peerAddress,
  peerPort,
  client: guestPort === 2 ? `${guestAddress} ${peerAddress} ${peerPort}` : undefined,
  outside: { send: () => undefined, close: () => undefined },
  usedAt: peerPort,
})

describe('FlowTable', () => {
  it('finds by all four numbers what was added and not removed, whatever was found before', () => {
    // Few values of each, so that most names differ in one of them.
    const address = fc.constantFrom(0x0a000002, 0xffffffff)
    const port = fc.constantFrom(2, 65_535)
    const action = fc.tuple(fc.constantFrom('add', 'add', 'find', 'remove'), address, port, address, port)
    fc.assert(
      fc.property(fc.array(action, { minLength: 40, maxLength: 80 }), (actions) => {
        const table = new FlowTable()
        const model = new Map<string, Flow>()
        for (const [what, ...numbers] of actions) {
          const known = model.get(numbers.join())
          assert.equal(table.find(...numbers), known)
          if (what === 'add' && known === undefined) {
            const flow = flowOf(...numbers)
            table.add(flow)
            model.set(numbers.join(), flow)
          } else if (what === 'remove' && known !== undefined) {
            assert.ok(table.remove(known))
            assert.ok(!table.remove(known))
            model.delete(numbers.join())
          }
          const flows = [...model.values()]
          assert.equal(table.size, flows.length)
          assert.equal(
            table.stalest?.usedAt,
            flows.length === 0 ? undefined : Math.min(...flows.map(({ usedAt }) => usedAt)),
          )
          assert.deepEqual(new Set(table.unusedSince(2)), new Set(flows.filter(({ usedAt }) => usedAt <= 2)))
          for (const flow of flows) {
            assert.ok(table.has(flow))
            if (flow.client !== undefined) assert.equal(table.findClient(flow.client), flow)
          }
        }
      }),
    )
  })

  it('forgets the client of a flow with it', () => {
    const table = new FlowTable()
    const flow = flowOf(1, 2, 3, 4)
    table.add(flow)
    table.remove(flow)
    assert.deepEqual([table.findClient('1 3 4'), table.has(flow), table.stalest], [undefined, false, undefined])
  })
})
