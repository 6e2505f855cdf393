// Compiles a policy into the seccomp program that enforces it. Anything without a rule ends the process. Pure.

import { ByteWriter } from '../base/writer.ts'
import {
  BpfAssembler,
  type Instruction,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
} from './bpf.ts'
import { AUDIT_ARCH_X86_64, type CallData, type Condition, type Policy, type Rule } from './policy.ts'
import { SYSTEM_CALLS_X86_64, type SystemCallName } from './system-calls.ts'

// struct seccomp_data
export const NUMBER = 0
export const ARCHITECTURE = 4
export const ARGUMENTS = 16
const LOW = 0 // of a 64-bit argument on a little-endian machine
export const HIGH = 4

/**
 * The filter for a policy. Calls are tried in the order of their first rule, so frequent ones belong first. The architecture word is
 * checked before the number, because i386 numbers mean other calls; x32 numbers match nothing and so are refused like any other.
 */
export function compileFilter(policy: Policy): readonly Instruction[] {
  const bpf = new BpfAssembler()
  bpf.load(ARCHITECTURE).ifEqual(AUDIT_ARCH_X86_64, 'known', 'next').ret(SECCOMP_RET_KILL_PROCESS).label('known')
  for (const [call, rules] of groupByCall(policy)) {
    // The jump over a call's rules may be long, and only an unconditional one reaches that far.
    bpf.load(NUMBER).ifEqual(SYSTEM_CALLS_X86_64[call], `${call}:0`, 'next').jump(`${call}:other`)
    for (const [i, rule] of rules.entries()) compileRule(bpf, rule, `${call}:${i}`, `${call}:${i + 1}`)
    bpf.label(`${call}:${rules.length}`).ret(SECCOMP_RET_KILL_PROCESS).label(`${call}:other`)
  }
  return bpf.ret(SECCOMP_RET_KILL_PROCESS).assemble()
}

function compileRule(bpf: BpfAssembler, rule: Rule, name: string, otherwise: string): void {
  bpf.label(name)
  for (const [i, condition] of rule.when.entries()) compileCondition(bpf, condition, `${name}:${i}`, otherwise)
  bpf.ret(actionOf(rule))
}

function actionOf({ refuse, serve }: Rule): number {
  if (serve !== undefined) return SECCOMP_RET_TRAP | serve
  return refuse === undefined ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | refuse
}

function compileCondition(bpf: BpfAssembler, condition: Condition, name: string, otherwise: string): void {
  const at = ARGUMENTS + 8 * condition.argument
  const low = Number(condition.value & 0xffff_ffffn)
  const high = Number(condition.value >> 32n)
  switch (condition.test) {
    case 'equals':
      bpf.load(at + HIGH).ifEqual(high, 'next', otherwise)
      bpf.load(at + LOW).ifEqual(low, 'next', otherwise)
      return
    case 'at-most': {
      const below = `${name}:below`
      bpf
        .load(at + HIGH)
        .ifGreater(high, otherwise, 'next')
        .ifEqual(high, 'next', below)
      bpf.load(at + LOW).ifGreater(low, otherwise, 'next')
      bpf.label(below)
      return
    }
    case 'masked':
      bpf
        .load(at + HIGH)
        .and(Number(condition.mask >> 32n))
        .ifEqual(high, 'next', otherwise)
      bpf
        .load(at + LOW)
        .and(Number(condition.mask & 0xffff_ffffn))
        .ifEqual(low, 'next', otherwise)
  }
}

function groupByCall(policy: Policy): Map<SystemCallName, Rule[]> {
  const calls = new Map<SystemCallName, Rule[]>()
  for (const rule of policy) {
    const rules = calls.get(rule.call)
    if (rules === undefined) calls.set(rule.call, [rule])
    else rules.push(rule)
  }
  return calls
}

/** A struct seccomp_data, for the simulator. */
export function encodeCallData(data: CallData): DataView {
  const out = new ByteWriter(64).u32(NUMBER, data.number).u32(ARCHITECTURE, data.architecture)
  for (const [i, arg] of data.args.entries()) out.u64(ARGUMENTS + 8 * i, arg)
  return new DataView(out.bytes.buffer)
}
