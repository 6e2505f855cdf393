// What Solo5's loader refuses about a program, in its order and with its words (tenders/common/elf.c). For the front ends that stand in for
// its tenders; load.ts decides where segments go, and is stricter. Nothing is read but the program headers, which nobody has vouched for.

import { FormatError } from '../base/errors.ts'
import { HEADER, PF_EXECUTE, PF_WRITE, type PROGRAM_HEADER, PT_LOAD } from './format.ts'
import type { LoadLimits } from './load.ts'
import { type Elf, fieldOf, type ProgramHeader } from './read.ts'

const INVALID = 'invalid executable'
const TOP = 2n ** 64n
/** From here on pread(2) takes no offsets; what it returns then is printed as a number without a sign. */
const NO_OFFSET = 2n ** 63n

/**
 * Throws the first FormatError that the reference would give up with; its `problem` is what the reference prints behind the file's name.
 * Segments without contents are not looked at.
 *
 * @example
 * ```ts
 * requireReferenceLoad(readElf(source), { sourceSize: source.size, memorySize: 2 ** 29, lowest: 0x100000, pageSize: 0x1000 })
 * ```
 */
export function requireReferenceLoad(elf: Elf, limits: LoadLimits): void {
  const { entry } = elf
  const [least, memory] = [BigInt(limits.lowest), BigInt(limits.memorySize)]
  if (entry < least || entry >= memory) {
    const range = `(${entry} < ${least} || ${entry} >= ${memory})`
    const problem = `${INVALID}: e_entry does not fall within the memory allocation range ${range}`
    throw new FormatError('BAD_VALUE', 'e_entry', HEADER.entry, problem)
  }
  let before = { address: 0n, end: 0n }
  for (const header of elf.programHeaders) {
    if (header.type === PT_LOAD && header.filesz !== 0n) before = requireSegment(header, before, limits)
  }
}

type Place = { readonly address: bigint; readonly end: bigint }

function requireSegment(header: ProgramHeader, before: Place, limits: LoadLimits): Place {
  const { vaddr, filesz, memsz, align, flags } = header
  const [least, memory] = [BigInt(limits.lowest), BigInt(limits.memorySize)]
  const phdr = `phdr[${header.index}]`
  const check = (holds: boolean, name: keyof typeof PROGRAM_HEADER, problem: string): void => {
    if (holds) return
    const { field, offset } = fieldOf(header, name)
    throw new FormatError('BAD_VALUE', field, offset, problem)
  }
  const valid = (holds: boolean, name: keyof typeof PROGRAM_HEADER, problem: string): void =>
    check(holds, name, `${INVALID}: ${phdr}${problem}`)

  valid(vaddr >= least, 'p_vaddr', `.p_vaddr outside of valid memory range (${vaddr} < ${least})`)
  valid(vaddr >= before.address, 'p_vaddr', `.p_vaddr is not in ascending order (${vaddr} < ${before.address})`)

  const outside = 'is outside of memory range'
  const power = align !== 0n && (align & (align - 1n)) === 0n
  valid(power, 'p_align', `.p_vaddr ${outside} (align_down with ${vaddr} (p_vaddr) and ${align} (p_align) failed)`)
  const start = vaddr & ~(align - 1n)
  valid(start >= least, 'p_vaddr', `.p_vaddr_start ${outside} (${start} < ${least} (p_min_loadaddr))`)
  valid(start >= before.end, 'p_vaddr', `.p_vaddr_start ${outside} (${start} < ${before.end} (e_end))`)

  const fileRange = ' program file segment falls outside of valid range'
  const contentsEnd = vaddr + filesz
  valid(vaddr < memory, 'p_vaddr', `${fileRange} (${vaddr} >= ${memory} (mem_size))`)
  valid(contentsEnd < TOP, 'p_filesz', `${fileRange} (${vaddr} (p_vaddr) + ${filesz} (p_filesz) overflow)`)
  const contents = `${contentsEnd} (p_vaddr + p_filesz)`
  valid(contentsEnd <= memory, 'p_filesz', `${fileRange} (${contents} > ${memory} (mem_size))`)

  const memoryRange = ' program memory segment falls outside of valid range'
  valid(memsz >= filesz, 'p_memsz', `${memoryRange} (${memsz} (p_memsz) < ${filesz} (p_filesz))`)
  valid(vaddr + memsz < TOP, 'p_memsz', `${memoryRange} (${vaddr} (p_vaddr) + ${memsz} (p_memsz) overflow)`)
  const end = (vaddr + memsz + align - 1n) & ~(align - 1n)
  const alignUp = `align_up with ${vaddr + memsz} (p_vaddr_end) and ${align} (p_align)`
  valid(end < TOP, 'p_memsz', `${memoryRange} (${alignUp} failed)`)
  valid(end <= memory, 'p_memsz', `${memoryRange} (${end} (p_vaddr + p_memsz) > ${memory} (mem_size))`)

  const readable = header.offset + filesz <= NO_OFFSET
  check(readable, 'p_offset', `${phdr} pread_in_full returned ${TOP - 1n}`)
  const got = clamp(BigInt(limits.sourceSize) - header.offset, filesz)
  const mismatch = `(pread_in_full returned ${got} != ${filesz} (p_filesz))`
  check(got === filesz, 'p_filesz', `${phdr} host file segment mismatched ${mismatch}`)

  const page = BigInt(limits.pageSize)
  const unaligned = 'not aligned with architectural page size'
  valid(start % page === 0n, 'p_align', ` p_vaddr_start ${unaligned} (${start} & (${page - 1n} - 1))`)
  valid(end % page === 0n, 'p_align', ` p_vaddr_end ${unaligned} (${end} & (${page - 1n} - 1))`)
  const both = (flags & PF_WRITE) !== 0 && (flags & PF_EXECUTE) !== 0
  valid(!both, 'p_flags', ' requests WRITE and EXEC permissions')
  return { address: vaddr, end }
}

function clamp(value: bigint, most: bigint): bigint {
  if (value < 0n) return 0n
  return value < most ? value : most
}
