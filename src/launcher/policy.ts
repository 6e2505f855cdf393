// What a guest may ask of the kernel, as data: one rule a line, each with its reason. Everything without a rule kills the process.
// `compileFilter` (filter.ts) makes the seccomp program; `decide` says the same in the plainest way, for tests to compare. Pure.

import { SYSTEM_CALLS_X86_64, type SystemCallName } from './system-calls.ts'

/** A demand on one argument (0 to 5); all 64 bits count. */
export type Condition =
  | { readonly argument: number; readonly test: 'equals'; readonly value: bigint }
  | { readonly argument: number; readonly test: 'at-most'; readonly value: bigint }
  /** The bits of `mask` must be those of `value`: alignment, flags. */
  | { readonly argument: number; readonly test: 'masked'; readonly mask: bigint; readonly value: bigint }

/** The first rule of a call all of whose conditions hold says what happens to it. */
export type Rule = {
  readonly call: SystemCallName
  readonly when: readonly Condition[]
  /** The call is not made, and the guest gets this errno (1 to 4095); without it the call is allowed. */
  readonly refuse?: number
  /** The call is not made: the handler beside the executor serves it from the part of this number (0 to 65535). Never together with `refuse`. */
  readonly serve?: number
  readonly reason: string
}

export type Policy = readonly Rule[]

export const AUDIT_ARCH_X86_64 = 0xc000003e

/** What the kernel shows a filter (struct seccomp_data), less the instruction pointer, which rules never look at. */
export type CallData = {
  readonly architecture: number
  readonly number: number
  readonly args: readonly bigint[]
}

/** A number is the errno that the guest gets. */
export type Decision = 'allow' | 'kill' | `serve ${number}` | number

/** What the policy makes of a call: the specification that the compiled filter is tested against. */
export function decide(policy: Policy, data: CallData): Decision {
  if (data.architecture !== AUDIT_ARCH_X86_64) return 'kill'
  const rule = policy.find(
    ({ call, when }) =>
      SYSTEM_CALLS_X86_64[call] === data.number && when.every((c) => holds(c, data.args[c.argument] ?? 0n)),
  )
  if (rule === undefined) return 'kill'
  return rule.serve === undefined ? (rule.refuse ?? 'allow') : `serve ${rule.serve}`
}

function holds(condition: Condition, value: bigint): boolean {
  switch (condition.test) {
    case 'equals':
      return value === condition.value
    case 'at-most':
      return value <= condition.value
    case 'masked':
      return (value & condition.mask) === condition.value
  }
}
