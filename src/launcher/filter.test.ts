import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import {
  encodeInstructions,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
  simulate,
} from './bpf.ts'
import { compileFilter, encodeCallData } from './filter.ts'
import {
  AUDIT_ARCH_X86_64,
  type CallData,
  type Condition,
  type Decision,
  decide,
  type Policy,
  type Rule,
} from './policy.ts'
import { SYSTEM_CALLS_X86_64, type SystemCallName } from './system-calls.ts'

const AUDIT_ARCH_I386 = 0x40000003
const X32 = 0x40000000
const U64 = 0xffff_ffff_ffff_ffffn

const call = (number: number, ...args: bigint[]): CallData => ({
  architecture: AUDIT_ARCH_X86_64,
  number,
  args: [...args, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6),
})

const write = SYSTEM_CALLS_X86_64.write
const pread = SYSTEM_CALLS_X86_64.pread64

const SAMPLE: Policy = [
  { call: 'write', when: [{ argument: 0, test: 'equals', value: 1n }], reason: 'console' },
  { call: 'write', when: [{ argument: 0, test: 'equals', value: 0x1_0000_0005n }], reason: 'a value above 32 bits' },
  {
    call: 'pread64',
    when: [
      { argument: 0, test: 'equals', value: 7n },
      { argument: 2, test: 'equals', value: 512n },
      { argument: 3, test: 'at-most', value: 0x2_0000_0e00n },
      { argument: 3, test: 'masked', mask: 511n, value: 0n },
    ],
    reason: 'one aligned block inside the device',
  },
  { call: 'exit_group', when: [], reason: 'ends itself' },
  { call: 'close', when: [{ argument: 0, test: 'at-most', value: 2n }], refuse: 30, reason: 'an error for the guest' },
  { call: 'close', when: [{ argument: 0, test: 'equals', value: 3n }], reason: 'a rule behind one that refuses' },
  { call: 'pread64', when: [{ argument: 0, test: 'equals', value: 8n }], serve: 62, reason: 'a part' },
]

const ACTIONS: ReadonlyMap<Decision, number> = new Map<Decision, number>([
  ['allow', SECCOMP_RET_ALLOW],
  ['kill', SECCOMP_RET_KILL_PROCESS],
])

function actionOf(decision: Decision): number {
  if (String(decision).startsWith('serve ')) return SECCOMP_RET_TRAP + Number(String(decision).slice(6))
  return ACTIONS.get(decision) ?? SECCOMP_RET_ERRNO + Number(decision)
}

function actionFor(policy: Policy, data: CallData): number {
  return simulate(compileFilter(policy), encodeCallData(data))
}

function allows(policy: Policy, data: CallData): boolean {
  return actionFor(policy, data) === SECCOMP_RET_ALLOW
}

describe('compileFilter()', () => {
  const cases: [why: string, data: CallData, decision: Decision][] = [
    ['the console', call(write, 1n), 'allow'],
    ['a console argument that differs in its upper half', call(write, 0x1_0000_0001n), 'kill'],
    ['the second rule of a call', call(write, 0x1_0000_0005n), 'allow'],
    ['the lower half of the second rule', call(write, 5n), 'kill'],
    ['a block at the start', call(pread, 7n, 0n, 512n, 0n), 'allow'],
    ['the last block', call(pread, 7n, 0n, 512n, 0x2_0000_0e00n), 'allow'],
    ['one block too far', call(pread, 7n, 0n, 512n, 0x2_0000_1000n), 'kill'],
    ['an offset whose upper half is below and lower half above', call(pread, 7n, 0n, 512n, 0x1_ffff_fe00n), 'allow'],
    ['an offset that wraps', call(pread, 7n, 0n, 512n, 0xffff_ffff_ffff_fe00n), 'kill'],
    ['an unaligned block', call(pread, 7n, 0n, 512n, 1n), 'kill'],
    ['a call without conditions', call(231, U64), 'allow'],
    ['what it refuses with an error', call(3, 2n), 30],
    ['a rule behind a refusing one', call(3, 3n), 'allow'],
    ['what neither of both means', call(3, 4n), 'kill'],
    ['what the handler serves', call(pread, 8n), 'serve 62'],
    ['a call without a rule', call(2), 'kill'],
    ['an x32 call', call(write | X32, 1n), 'kill'],
    ['the same number of another architecture', { ...call(write, 1n), architecture: AUDIT_ARCH_I386 }, 'kill'],
  ]
  for (const [why, data, decision] of cases) {
    it(`answers ${why} with ${decision}`, () => {
      assert.equal(actionFor(SAMPLE, data), actionOf(decision))
      assert.equal(decide(SAMPLE, data), decision)
    })
  }

  it('refuses everything under an empty policy', () => {
    for (let number = 0; number < 600; number++) assert.equal(allows([], call(number)), false)
  })

  it('encodes for the kernel in eight bytes an instruction', () => {
    const program = compileFilter(SAMPLE)
    const bytes = encodeInstructions(program)
    assert.equal(bytes.length, program.length * 8)
    assert.deepEqual([...bytes.subarray(0, 8)], [0x20, 0, 0, 0, 4, 0, 0, 0]) // ld [4]: the architecture
  })

  it('equals decide() for any policy and any call near its edges', () => {
    fc.assert(
      fc.property(arbitraryPolicy, fc.infiniteStream(fc.nat()), (policy, noise) => {
        const program = compileFilter(policy)
        for (const data of neighbourhood(policy, noise)) {
          assert.equal(
            simulate(program, encodeCallData(data)),
            actionOf(decide(policy, data)),
            JSON.stringify(data, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  it('reaches over the rules of 63 devices', () => {
    const policy = Array.from({ length: 63 }, (_, i): Rule => {
      const when: Condition[] = [
        { argument: 0, test: 'equals', value: BigInt(i + 5) },
        ...(SAMPLE[2] as Rule).when.slice(1),
      ]
      return { call: 'pread64', when, reason: `device ${i}` }
    })
    const all = [...policy, ...policy.map((rule): Rule => ({ ...rule, call: 'read' })), ...SAMPLE.slice(3, 4)]
    assert.equal(allows(all, call(pread, 67n, 0n, 512n, 512n)), true)
    assert.equal(allows(all, call(pread, 68n, 0n, 512n, 512n)), false)
    assert.equal(allows(all, call(231)), true)
  })
})

const names = Object.keys(SYSTEM_CALLS_X86_64) as SystemCallName[]
const value = fc.oneof(fc.bigInt(0n, U64), fc.bigInt(0n, 16n), fc.constantFrom(0xffff_ffffn, 0x1_0000_0000n, U64))
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ argument: fc.nat(5), test: fc.constant('equals' as const), value }),
  fc.record({ argument: fc.nat(5), test: fc.constant('at-most' as const), value }),
  fc
    .record({ argument: fc.nat(5), mask: value, value })
    .map(({ argument, mask, value }): Condition => ({ argument, test: 'masked', mask, value: value & mask })),
)
const effect = fc.oneof(
  fc.constant({}),
  fc.record({ refuse: fc.integer({ min: 1, max: 4095 }) }),
  fc.record({ serve: fc.nat(0xffff) }),
)
const arbitraryPolicy: fc.Arbitrary<Policy> = fc.array(
  fc
    .record({
      call: fc.constantFrom(...names),
      when: fc.array(condition, { maxLength: 4 }),
      effect,
      reason: fc.constant(''),
    })
    .map(({ effect, ...rule }): Rule => ({ ...rule, ...effect })),
  { maxLength: 12 },
)

/** Calls that satisfy each rule, and ones that miss it by a little in each condition. */
function* neighbourhood(policy: Policy, noise: Iterable<number>): Generator<CallData> {
  const random = noise[Symbol.iterator]()
  for (const rule of policy) {
    const args = Array.from({ length: 6 }, () => BigInt(random.next().value as number))
    for (const { argument, value } of rule.when) args[argument] = value
    const base = call(SYSTEM_CALLS_X86_64[rule.call], ...args)
    yield base
    yield { ...base, number: base.number | X32 }
    yield { ...base, architecture: AUDIT_ARCH_I386 }
    for (const { argument } of rule.when) {
      for (const change of [1n, -1n, 1n << 32n, -(1n << 32n), 1n << 63n]) {
        const moved = [...args]
        moved[argument] = BigInt.asUintN(64, (moved[argument] as bigint) + change)
        yield { ...base, args: moved }
      }
    }
  }
}
