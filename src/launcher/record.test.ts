import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { ByteReader } from '../base/reader.ts'
import { decodeRecord, encodeRecord, type PlacedRecord, RECORD_SIZE } from './record.ts'
import { SYSTEM_CALLS_X86_64, type SystemCallName } from './system-calls.ts'

const message = { address: 0x2000_0000_0010n, length: 12 }
const SAMPLE: PlacedRecord = {
  kind: 'call',
  name: 'mmap',
  args: [0x10000n, 0x1000n, 3n, 0x22n, 0xffff_ffff_ffff_ffffn, 0n],
  demand: 0x10000n,
  times: 1,
  anchor: 'absolute',
  load: false,
  store: undefined,
  unmet: { message },
}

describe('encodeRecord()', () => {
  it('puts every field where the executor reads it', () => {
    const view = new DataView(encodeRecord(SAMPLE).buffer)
    assert.equal(view.byteLength, 72)
    assert.equal(view.getUint16(0, true), 9)
    assert.equal(view.getUint16(2, true), 12)
    assert.equal(view.getUint8(4), 1)
    assert.equal(view.getUint8(5), 0)
    assert.equal(view.getUint16(6, true), 1)
    assert.equal(view.getBigUint64(8, true), 0x10000n)
    assert.equal(view.getBigUint64(40, true), 0xffff_ffff_ffff_ffffn)
    assert.equal(view.getBigUint64(56, true), 0x10000n)
    assert.equal(view.getBigUint64(64, true), 0x2000_0000_0010n)
  })

  it('takes negative arguments as the kernel does', () => {
    const bytes = encodeRecord({ ...SAMPLE, name: 'openat', args: [-100n], demand: 'any' })
    assert.equal(new DataView(bytes.buffer).getBigInt64(8, true), -100n)
  })

  it('refuses what has no room in a record', () => {
    assert.throws(() => encodeRecord({ ...SAMPLE, times: 0x10000 }), RangeError)
    assert.throws(() => encodeRecord({ ...SAMPLE, unmet: { message: { address: 0n, length: 0x10000 } } }), RangeError)
    assert.throws(() => encodeRecord({ ...SAMPLE, unmet: { skip: 0x10000 } }), RangeError)
    assert.throws(() => encodeRecord({ ...SAMPLE, args: Array.from({ length: 7 }, () => 0n) }), RangeError)
  })
})

const u64 = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn)
const anchor = fc.constantFrom('absolute' as const, 'stack' as const, 'stack-page' as const)
const PLAIN = { noNullPrototype: true } as const
const anyUnmet = fc.oneof(
  fc.record({ message: fc.record({ address: u64, length: fc.nat(0xffff) }, PLAIN) }, PLAIN),
  fc.record({ skip: fc.nat(0xffff) }, PLAIN),
)
const anyRecord: fc.Arbitrary<PlacedRecord> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('call' as const),
      name: fc.constantFrom(...(Object.keys(SYSTEM_CALLS_X86_64) as SystemCallName[])),
      args: fc.array(u64, { minLength: 6, maxLength: 6 }),
      demand: fc.oneof(u64, fc.constantFrom('any' as const, 'ignore' as const)),
      times: fc.integer({ min: 1, max: 0xffff }),
      anchor,
      load: fc.boolean(),
      store: fc.constant(undefined),
      unmet: anyUnmet,
    },
    PLAIN,
  ),
  u64.map((store) => ({ ...SAMPLE, demand: 'any' as const, store })),
  fc.record(
    { kind: fc.constant('compare' as const), address: u64, anchor, mask: u64, value: u64, unmet: anyUnmet },
    PLAIN,
  ),
  fc.record({ kind: fc.constant('enter' as const), argument: u64, stack: u64, entry: u64 }, PLAIN),
)

describe('decodeRecord()', () => {
  it('undoes encodeRecord()', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        assert.deepEqual(decodeRecord(new ByteReader(encodeRecord(record)), 'record[0]'), record)
      }),
    )
  })

  const cases: [why: string, offset: number, value: number][] = [
    ['an unknown kind', 4, 5],
    ['half an anchor', 5, 2],
    ['unknown flags', 5, 32],
    ['a stored result of a call that has to have a certain one', 5, 16],
    ['a system call that launchers never make', 0, 59],
    ['a call made no times', 6, 0],
  ]
  for (const [why, offset, value] of cases) {
    it(`rejects ${why}`, () => {
      const bytes = encodeRecord(SAMPLE)
      bytes[offset] = value
      const expected = { name: 'FormatError', code: 'BAD_VALUE', offset }
      assert.throws(() => decodeRecord(new ByteReader(bytes), 'record[0]'), expected)
    })
  }

  it('rejects a record that ends early', () => {
    const bytes = encodeRecord(SAMPLE)
    for (let length = 0; length < RECORD_SIZE; length++) {
      assert.throws(() => decodeRecord(new ByteReader(bytes.subarray(0, length)), 'record[0]'), { code: 'TRUNCATED' })
    }
  })
})
