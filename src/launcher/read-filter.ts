// Reads a seccomp program back into the rules that it enforces: the reverse of filter.ts, for whoever looks at a launcher. The bytes come
// out of a file that nobody has vouched for; a program that is not exactly what those rules compile to is refused. Pure.

import type { ByteReader } from '../base/reader.ts'
import {
  ALU_AND_K,
  INSTRUCTION_SIZE,
  type Instruction,
  JMP_JA,
  JMP_JEQ_K,
  JMP_JGT_K,
  LD_W_ABS,
  MAX_INSTRUCTIONS,
  RET_K,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_TRAP,
} from './bpf.ts'
import { ARCHITECTURE, ARGUMENTS, compileFilter, HIGH, NUMBER } from './filter.ts'
import { AUDIT_ARCH_X86_64, type Condition, type Rule } from './policy.ts'
import { MAX_SERVED } from './handler.ts'
import { SYSTEM_CALL_NAMES, type SystemCallName } from './system-calls.ts'

/** Why a rule is there is nowhere in the program. */
export type ReadRule = Omit<Rule, 'reason'>

/** More than a rule can have whose jumps have to reach its end. */
const MAX_CONDITIONS = 16
const MAX_ERRNO = 4095

/**
 * The rules of a filter, in their order. Throws FormatError: LIMIT for more than 4096 instructions, UNSUPPORTED for a program that
 * `compileFilter` does not make.
 *
 * @example
 * ```ts
 * readFilter(new ByteReader(encodeInstructions(compileFilter(policy)))) // the policy, without reasons
 * ```
 */
export function readFilter(program: ByteReader): readonly ReadRule[] {
  const walk = new Walk(program)
  walk.take(LD_W_ABS, ARCHITECTURE)
  walk.take(JMP_JEQ_K, AUDIT_ARCH_X86_64)
  walk.take(RET_K, SECCOMP_RET_KILL_PROCESS)
  const rules: ReadRule[] = []
  while (walk.isAt(LD_W_ABS, NUMBER)) {
    walk.take(LD_W_ABS)
    const call = readCall(walk)
    walk.take(JMP_JA)
    while (!walk.isAt(RET_K, SECCOMP_RET_KILL_PROCESS)) rules.push(readRule(walk, call))
    walk.take(RET_K)
  }
  walk.take(RET_K, SECCOMP_RET_KILL_PROCESS)
  // Where jumps lead has not been looked at: it has to be where these rules, compiled, have them.
  walk.requireSame(compileFilter(rules.map((rule) => ({ ...rule, reason: '' }))))
  return rules
}

function readCall(walk: Walk): SystemCallName {
  const { k } = walk.take(JMP_JEQ_K)
  const name = SYSTEM_CALL_NAMES.get(k)
  walk.check(name !== undefined, `is about the system call ${k}, which no rule of ours names`)
  return name
}

function readRule(walk: Walk, call: SystemCallName): ReadRule {
  const when: Condition[] = []
  while (walk.isAt(LD_W_ABS)) {
    when.push(readCondition(walk))
    walk.check(when.length <= MAX_CONDITIONS, `is condition ${when.length} of one rule`)
  }
  const { k } = walk.take(RET_K)
  if (k === SECCOMP_RET_ALLOW) return { call, when }
  const serve = k - SECCOMP_RET_TRAP
  if (serve >= 0 && serve < MAX_SERVED) return { call, when, serve }
  const refuse = k - SECCOMP_RET_ERRNO
  walk.check(
    refuse >= 1 && refuse <= MAX_ERRNO,
    `returns 0x${k.toString(16)}, neither to allow nor an errno nor a part`,
  )
  return { call, when, refuse }
}

/** The upper half of an argument comes first; what follows its load tells which test it is. */
function readCondition(walk: Walk): Condition {
  const { k: at } = walk.take(LD_W_ABS)
  const argument = (at - ARGUMENTS - HIGH) / 8
  walk.check(
    Number.isInteger(argument) && argument >= 0 && argument < 6,
    `loads from ${at}, no upper half of an argument`,
  )
  const low = at - HIGH
  const word = (high: number, lower: number): bigint => (BigInt(high) << 32n) | BigInt(lower)
  if (walk.isAt(ALU_AND_K)) {
    const { k: highMask } = walk.take(ALU_AND_K)
    const { k: high } = walk.take(JMP_JEQ_K)
    walk.take(LD_W_ABS, low)
    const { k: lowMask } = walk.take(ALU_AND_K)
    const { k: lower } = walk.take(JMP_JEQ_K)
    return { argument, test: 'masked', mask: word(highMask, lowMask), value: word(high, lower) }
  }
  if (walk.isAt(JMP_JGT_K)) {
    const { k: high } = walk.take(JMP_JGT_K)
    walk.take(JMP_JEQ_K, high)
    walk.take(LD_W_ABS, low)
    return { argument, test: 'at-most', value: word(high, walk.take(JMP_JGT_K).k) }
  }
  const { k: high } = walk.take(JMP_JEQ_K)
  walk.take(LD_W_ABS, low)
  return { argument, test: 'equals', value: word(high, walk.take(JMP_JEQ_K).k) }
}

/** One instruction after the other. */
class Walk {
  readonly #program: ByteReader
  readonly #instructions: readonly Instruction[]
  #next = 0

  constructor(program: ByteReader) {
    const count = program.length / INSTRUCTION_SIZE
    program.check(count <= MAX_INSTRUCTIONS, 'LIMIT', 0, 'filter', `has ${count} instructions`)
    program.check(
      Number.isInteger(count),
      'BAD_VALUE',
      0,
      'filter',
      `has ${program.length} bytes, no whole instructions`,
    )
    this.#program = program
    this.#instructions = Array.from({ length: count }, (_, i) => readInstruction(program, i))
  }

  isAt(code: number, k?: number): boolean {
    const instruction = this.#instructions[this.#next]
    return instruction?.code === code && (k === undefined || instruction.k === k)
  }

  take(code: number, k?: number): Instruction {
    const instruction = this.#instructions[this.#next]
    const found = instruction === undefined ? 'is missing' : `has the code ${instruction.code} with ${instruction.k}`
    this.#require(
      this.#next,
      this.isAt(code, k),
      `${found}, where there should be ${code}${k === undefined ? '' : ` with ${k}`}`,
    )
    this.#next++
    return instruction as Instruction
  }

  /** About the instruction that has been taken last. */
  check(holds: boolean, problem: string): asserts holds {
    this.#require(this.#next - 1, holds, problem)
  }

  requireSame(expected: readonly Instruction[]): void {
    this.#require(expected.length, expected.length === this.#instructions.length, 'is not the last')
    for (const [i, { code, jt, jf, k }] of this.#instructions.entries()) {
      const other = expected[i]
      const same = other?.code === code && other.jt === jt && other.jf === jf && other.k === k
      this.#require(i, same, 'does not lead where its rule says')
    }
  }

  #require(at: number, holds: boolean, problem: string): asserts holds {
    const offset = Math.min(at, this.#instructions.length) * INSTRUCTION_SIZE
    this.#program.check(holds, 'UNSUPPORTED', offset, `filter[${at}]`, `${problem}: no filter as Slipway compiles them`)
  }
}

/** A struct sock_filter. */
function readInstruction(program: ByteReader, index: number): Instruction {
  const r = program.slice(index * INSTRUCTION_SIZE, INSTRUCTION_SIZE, `filter[${index}]`)
  const field = `filter[${index}]`
  return { code: r.u16(0, field), jt: r.u8(2, field), jf: r.u8(3, field), k: r.u32(4, field) }
}
