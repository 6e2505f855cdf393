// Classic BPF as seccomp uses it: a small assembler with labels, and an interpreter that tests run in the kernel's place.
// Source: Linux, Documentation/networking/filter.rst and include/uapi/linux/{bpf_common,seccomp}.h. Pure.

import { ByteWriter } from '../base/writer.ts'

export const SECCOMP_RET_KILL_PROCESS = 0x80000000
export const SECCOMP_RET_ALLOW = 0x7fff0000
/** The call is not made, and the process gets SIGSYS with the lower 16 bits in si_errno. */
export const SECCOMP_RET_TRAP = 0x00030000
/** The errno stands in the lower 16 bits. */
export const SECCOMP_RET_ERRNO = 0x00050000

export const LD_W_ABS = 0x20
export const ALU_AND_K = 0x54
export const JMP_JA = 0x05
export const JMP_JEQ_K = 0x15
export const JMP_JGT_K = 0x25
export const RET_K = 0x06

export const INSTRUCTION_SIZE = 8
export const MAX_INSTRUCTIONS = 4096 // BPF_MAXINSNS
const MAX_CONDITIONAL_JUMP = 255 // jt and jf are bytes

/** Bytes of struct seccomp_data: the only memory a filter can load from. */
const SECCOMP_DATA_SIZE = 64

export type Instruction = { readonly code: number; readonly jt: number; readonly jf: number; readonly k: number }

type Jump = { readonly yes: string; readonly no: string }
type Source =
  | { readonly code: number; readonly k: number }
  | { readonly code: number; readonly k: number; readonly jump: Jump }
  | { readonly code: typeof JMP_JA; readonly target: string }

/** Instructions with names for places. `next` is the place behind the instruction itself. */
export class BpfAssembler {
  readonly #source: Source[] = []
  readonly #labels = new Map<string, number>()

  label(name: string): this {
    if (this.#labels.has(name)) throw new Error(`the label ${name} stands twice`)
    this.#labels.set(name, this.#source.length)
    return this
  }

  /** Loads 32 bits of struct seccomp_data into the accumulator. */
  load(offset: number): this {
    this.#source.push({ code: LD_W_ABS, k: offset })
    return this
  }

  and(k: number): this {
    this.#source.push({ code: ALU_AND_K, k })
    return this
  }

  ifEqual(k: number, yes: string, no: string): this {
    this.#source.push({ code: JMP_JEQ_K, k, jump: { yes, no } })
    return this
  }

  ifGreater(k: number, yes: string, no: string): this {
    this.#source.push({ code: JMP_JGT_K, k, jump: { yes, no } })
    return this
  }

  /** An unconditional jump: the only one that reaches further than 255 instructions. */
  jump(target: string): this {
    this.#source.push({ code: JMP_JA, target })
    return this
  }

  ret(action: number): this {
    this.#source.push({ code: RET_K, k: action })
    return this
  }

  /** Throws where a jump goes backwards or too far, or a program is too long: bugs of the caller. */
  assemble(): readonly Instruction[] {
    if (this.#source.length > MAX_INSTRUCTIONS)
      throw new RangeError(`${this.#source.length} BPF instructions, at most 4096`)
    return this.#source.map((source, at) => {
      if ('target' in source) return { code: source.code, jt: 0, jf: 0, k: this.#distance(at, source.target) }
      if (!('jump' in source)) return { code: source.code, jt: 0, jf: 0, k: source.k }
      const [jt, jf] = [this.#distance(at, source.jump.yes), this.#distance(at, source.jump.no)]
      if (Math.max(jt, jf) > MAX_CONDITIONAL_JUMP)
        throw new RangeError(`a conditional jump of ${Math.max(jt, jf)} instructions`)
      return { code: source.code, jt, jf, k: source.k }
    })
  }

  #distance(from: number, label: string): number {
    if (label === 'next') return 0
    const to = this.#labels.get(label)
    if (to === undefined || to <= from) throw new Error(`no label ${label} behind instruction ${from}`)
    return to - from - 1
  }
}

/** An array of struct sock_filter. */
export function encodeInstructions(program: readonly Instruction[]): Uint8Array {
  const out = new ByteWriter(program.length * INSTRUCTION_SIZE)
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    const at = i * INSTRUCTION_SIZE
    out
      .u16(at, code)
      .u8(at + 2, jt)
      .u8(at + 3, jf)
      .u32(at + 4, k)
  }
  return out.bytes
}

/**
 * Runs a filter over the bytes of a struct seccomp_data and returns its action, as the kernel would. Throws on anything the
 * kernel's checker would have refused, so that a test cannot pass with a program that could never be installed.
 */
export function simulate(program: readonly Instruction[], data: DataView): number {
  let accumulator = 0
  for (let pc = 0; pc < program.length; pc++) {
    const { code, jt, jf, k } = program[pc] as Instruction
    switch (code) {
      case LD_W_ABS:
        if (k % 4 !== 0 || k > SECCOMP_DATA_SIZE - 4) throw new Error(`instruction ${pc} loads from ${k}`)
        accumulator = data.getUint32(k, true)
        break
      case ALU_AND_K:
        accumulator = (accumulator & k) >>> 0
        break
      case JMP_JA:
        pc += k
        break
      case JMP_JEQ_K:
        pc += accumulator === k ? jt : jf
        break
      case JMP_JGT_K:
        pc += accumulator > k ? jt : jf
        break
      case RET_K:
        return k
      default:
        throw new Error(`instruction ${pc} has the code ${code}, which seccomp filters of ours never use`)
    }
  }
  throw new Error('the filter runs off its end')
}
