import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { FormatError } from '../base/errors.ts'
import { ByteReader } from '../base/reader.ts'
import { encodeInstructions, type Instruction, RET_K, SECCOMP_RET_KILL_PROCESS } from './bpf.ts'
import { compileFilter } from './filter.ts'
import type { Condition, Policy, Rule } from './policy.ts'
import { type ReadRule, readFilter } from './read-filter.ts'
import { SYSTEM_CALLS_X86_64, type SystemCallName } from './system-calls.ts'

const U64 = 0xffff_ffff_ffff_ffffn

const SAMPLE: Policy = [
  { call: 'read', when: [{ argument: 0, test: 'equals', value: 5n }], reason: '' },
  {
    call: 'pwrite64',
    when: [
      { argument: 0, test: 'equals', value: 7n },
      { argument: 3, test: 'at-most', value: 0x2_0000_0e00n },
      { argument: 3, test: 'masked', mask: 511n, value: 0n },
    ],
    refuse: 30,
    reason: '',
  },
  { call: 'exit_group', when: [], reason: '' },
]

const read = (program: readonly Instruction[]) => readFilter(new ByteReader(encodeInstructions(program)))
const plain = (policy: Policy): ReadRule[] => policy.map(({ reason: _reason, ...rule }) => rule)

const PLAIN = { noNullPrototype: true }
const names = Object.keys(SYSTEM_CALLS_X86_64) as SystemCallName[]
const value = fc.oneof(fc.bigInt(0n, U64), fc.bigInt(0n, 16n), fc.constantFrom(0xffff_ffffn, 0x1_0000_0000n, U64))
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ argument: fc.nat(5), test: fc.constant('equals' as const), value }, PLAIN),
  fc.record({ argument: fc.nat(5), test: fc.constant('at-most' as const), value }, PLAIN),
  fc.record({ argument: fc.nat(5), test: fc.constant('masked' as const), mask: value, value }, PLAIN),
)
const when = fc.array(condition, { maxLength: 6 })
const rules = fc.array(
  fc.oneof(
    fc.record({ when }, PLAIN),
    fc.record({ when, refuse: fc.integer({ min: 1, max: 4095 }) }, PLAIN),
    fc.record({ when, serve: fc.nat(0xffff) }, PLAIN),
  ),
  { minLength: 1, maxLength: 4 },
)
/** The rules of a call stand together, as they do in a program. */
const policy = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), rules), { maxLength: 8, selector: ([call]) => call })
  .map((calls): Policy => calls.flatMap(([call, list]) => list.map((rule): Rule => ({ call, ...rule, reason: '' }))))

describe('readFilter()', () => {
  it('returns the rules of any policy in their order', () => {
    fc.assert(fc.property(policy, (list) => assert.deepEqual(read(compileFilter(list)), plain(list))))
  })

  it('returns the rules of a call together, as they are tried', () => {
    const [first, second, third] = SAMPLE
    assert.ok(first && second && third)
    assert.deepEqual(read(compileFilter([first, third, second, first])), plain([first, first, third, second]))
  })

  const kill: Instruction = { code: RET_K, jt: 0, jf: 0, k: SECCOMP_RET_KILL_PROCESS }
  const cases: [why: string, offset: number, edit: (program: Instruction[]) => void][] = [
    ['another architecture', 8, (p) => p.splice(1, 1, { ...p[1]!, k: 0x40000003 })],
    ['an architecture that is let through', 16, (p) => p.splice(2, 1, { ...p[2]!, k: 0x7fff0000 })],
    ['a system call that we have no name for', 32, (p) => p.splice(4, 1, { ...p[4]!, k: 400 })],
    ['a jump that leads elsewhere', 32, (p) => p.splice(4, 1, { ...p[4]!, jt: 2 })],
    ['an action that is neither', 80, (p) => p.splice(10, 1, { ...p[10]!, k: 0x7ff00000 })],
    ['a lower half before the upper', 48, (p) => p.splice(6, 1, { ...p[6]!, k: 16 })],
    ['an end that allows', 8 * 37, (p) => p.splice(-1, 1, { ...kill, k: 0x7fff0000 })],
    ['one instruction too many', 8 * 38, (p) => p.push(kill)],
    ['an end that is missing', 8 * 37, (p) => p.pop()],
  ]
  for (const [why, offset, edit] of cases) {
    it(`rejects ${why}`, () => {
      const program = [...compileFilter(SAMPLE)]
      edit(program)
      assert.throws(() => read(program), { name: 'FormatError', code: 'UNSUPPORTED', offset })
    })
  }

  it('rejects what has no whole instructions, or too many', () => {
    assert.throws(() => readFilter(new ByteReader(new Uint8Array(9))), { code: 'BAD_VALUE', offset: 0 })
    assert.throws(() => readFilter(new ByteReader(new Uint8Array(8 * 4097))), { code: 'LIMIT', offset: 0 })
  })

  it('throws only FormatError for every truncation and every changed byte, or compiles to the same', () => {
    const bytes = encodeInstructions(compileFilter(SAMPLE))
    const attempt = (spoilt: Uint8Array) => {
      try {
        const found = readFilter(new ByteReader(spoilt))
        const again = encodeInstructions(compileFilter(found.map((rule) => ({ ...rule, reason: '' }))))
        assert.deepEqual(again, spoilt)
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error))
      }
    }
    for (let length = 0; length < bytes.length; length++) attempt(bytes.slice(0, length))
    for (const at of bytes.keys()) {
      for (const change of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
        const spoilt = bytes.slice()
        spoilt[at] = (spoilt[at] as number) ^ change
        attempt(spoilt)
      }
    }
  })
})
