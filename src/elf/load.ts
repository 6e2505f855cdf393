// Decides where the segments of a program go in guest memory, with every check that Solo5's loader makes and in its order
// (tenders/common/elf.c), and those it leaves out: segments without file contents are placed and checked like the others.
// Nothing is read here but the program headers, which nobody has vouched for.

import { FormatError, type FormatErrorCode } from '../base/errors.ts'
import { HEADER, PF_EXECUTE, PF_READ, PF_WRITE, type PROGRAM_HEADER, PT_LOAD } from './format.ts'
import { type Elf, fieldOf, type ProgramHeader } from './read.ts'

const MIB = 2 ** 20
const TOP = 2n ** 64n

/** 32 TiB: where composed launchers begin, so no guest can have more. Loading into it means "however much it takes". */
export const LARGEST_MEMORY: number = 2 ** 45

/** Bytes that Solo5's bindings want between the program's end and the top of memory, for heap and stack (mem_init). */
export const SMALLEST_HEAP: number = 512 * 1024

/** What a program is loaded into. All in bytes; memory begins at address 0. */
export interface LoadLimits {
  readonly sourceSize: number
  /** At most LARGEST_MEMORY. */
  readonly memorySize: number
  /** The lowest address a segment may have: 0x100000 for spt and hvt. */
  readonly lowest: number
  /** What the processor can protect separately: 0x1000. */
  readonly pageSize: number
}

export interface LoadSegment {
  /** In the table of program headers. */
  readonly index: number
  readonly address: number
  /** The address aligned down and the end in memory aligned up, as the loader protects them; both multiples of a page. */
  readonly start: number
  readonly end: number
  readonly fileOffset: number
  /** 0 for memory that only has to be zero (bss). */
  readonly fileSize: number
  readonly memorySize: number
  readonly read: boolean
  readonly write: boolean
  readonly execute: boolean
}

export interface LoadLayout {
  readonly entry: number
  /** The highest end of a segment with contents: what Solo5's boot information calls kernel_end. */
  readonly kernelEnd: number
  /** The highest end of all segments, bss included. */
  readonly end: number
  /** In ascending order, none sharing a page with another. */
  readonly segments: readonly LoadSegment[]
}

/**
 * Where each segment goes. Throws the first FormatError a loader would meet; where the program would fit into more memory,
 * the error's advice names the smallest size that does.
 *
 * @example
 * ```ts
 * const layout = planLoad(readElf(source), { sourceSize: source.size, memorySize: 512 * 2 ** 20, lowest: 0x100000, pageSize: 0x1000 })
 * layout.segments[0].start // 0x100000
 * ```
 */
export function planLoad(elf: Elf, limits: LoadLimits): LoadLayout {
  const { layout, problems } = examineLoad(elf, limits)
  const [first] = problems
  if (first === undefined) return layout
  if (first.code !== 'LIMIT') throw first
  const unlimited = examineLoad(elf, { ...limits, memorySize: LARGEST_MEMORY })
  if (unlimited.problems.length > 0) throw first
  const advice = `give it more memory: --mem ${smallestMemory(unlimited.layout) / MIB}M is the least it fits into`
  throw new FormatError(first.code, first.field, first.offset, first.problem, advice)
}

/** All that a loader would object to, in its order, and the layout of what is left: for looking at a file, not for running it. */
export function examineLoad(elf: Elf, limits: LoadLimits): { layout: LoadLayout; problems: readonly FormatError[] } {
  const problems: FormatError[] = []
  const attempt = (check: () => void): void => {
    try {
      check()
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      problems.push(error)
    }
  }

  const loads = elf.programHeaders.filter(putsSomething)
  const segments: LoadSegment[] = []
  attempt(() => requireEntry(elf, limits))
  const entry = problems.length === 0 ? Number(elf.entry) : 0
  for (const header of loads) attempt(() => segments.push(placeSegment(header, segments.at(-1), limits)))
  if (!loads.some((header) => header.filesz > 0n)) {
    problems.push(new FormatError('BAD_VALUE', 'e_phnum', HEADER.phnum, 'counts no segment with contents to load'))
  }
  const kernelEnd = segments.findLast((segment) => segment.fileSize > 0)?.end ?? 0
  return { layout: { entry, kernelEnd, end: segments.at(-1)?.end ?? 0, segments }, problems }
}

/** The smallest whole number of MiB, in bytes, that holds the program and the heap its bindings insist on. */
export function smallestMemory(layout: LoadLayout): number {
  return Math.ceil(Math.max(layout.end + SMALLEST_HEAP, layout.entry + 1) / MIB) * MIB
}

/** Linkers leave empty LOADs behind (Solo5's .tdata at address 0): they put nothing anywhere, so nothing is asked of them. */
function putsSomething(header: ProgramHeader): boolean {
  return header.type === PT_LOAD && (header.filesz !== 0n || header.memsz !== 0n)
}

function requireEntry(elf: Elf, { lowest, memorySize }: LoadLimits): void {
  const refuse = (code: FormatErrorCode, problem: string): never => {
    throw new FormatError(code, 'e_entry', HEADER.entry, problem)
  }
  if (elf.entry < BigInt(lowest)) refuse('BAD_VALUE', `is ${hex(elf.entry)}, below ${hex(lowest)}`)
  if (elf.entry >= BigInt(memorySize)) refuse('LIMIT', `is ${hex(elf.entry)}, guest memory ends at ${hex(memorySize)}`)
}

function placeSegment(header: ProgramHeader, before: LoadSegment | undefined, limits: LoadLimits): LoadSegment {
  const { vaddr, filesz, memsz, align } = header
  const lowest = BigInt(limits.lowest)
  const memory = BigInt(limits.memorySize)
  const page = BigInt(limits.pageSize)
  const check = (holds: boolean, code: FormatErrorCode, name: keyof typeof PROGRAM_HEADER, problem: string): void => {
    if (holds) return
    const { field, offset } = fieldOf(header, name)
    throw new FormatError(code, field, offset, problem)
  }
  const tooLow = `is ${hex(vaddr)}, below ${hex(lowest)}`
  check(vaddr >= lowest, 'BAD_VALUE', 'p_vaddr', tooLow)
  check(vaddr >= BigInt(before?.address ?? 0), 'BAD_VALUE', 'p_vaddr', `is ${hex(vaddr)}, below the segment before it`)

  check(align !== 0n && (align & (align - 1n)) === 0n, 'BAD_VALUE', 'p_align', `is ${align}, not a power of two`)
  const start = vaddr - (vaddr % align)
  check(start >= lowest, 'BAD_VALUE', 'p_align', `is ${hex(align)}, which begins the segment at ${hex(start)}`)
  const overlap = `begins the segment at ${hex(start)}, inside the one that ends at ${hex(before?.end ?? 0)}`
  check(start >= BigInt(before?.end ?? 0), 'BAD_VALUE', 'p_vaddr', overlap)

  const top = `guest memory ends at ${hex(memory)}`
  check(vaddr < memory, 'LIMIT', 'p_vaddr', `is ${hex(vaddr)}, ${top}`)
  check(filesz < TOP - vaddr, 'BAD_VALUE', 'p_filesz', `is ${hex(filesz)}, which wraps around the end of all addresses`)
  check(filesz <= memory - vaddr, 'LIMIT', 'p_filesz', `ends the contents at ${hex(vaddr + filesz)}, ${top}`)

  check(memsz >= filesz, 'BAD_VALUE', 'p_memsz', `is ${hex(memsz)}, less than the ${hex(filesz)} bytes in the file`)
  check(memsz < TOP - vaddr, 'BAD_VALUE', 'p_memsz', `is ${hex(memsz)}, which wraps around the end of all addresses`)
  const end = vaddr + memsz + ((align - ((vaddr + memsz) % align)) % align)
  check(end < TOP, 'BAD_VALUE', 'p_align', `is ${hex(align)}, which wraps around the end of all addresses`)
  check(end <= memory, 'LIMIT', 'p_memsz', `ends the segment at ${hex(end)}, ${top}`)

  if (filesz > 0n) {
    const size = BigInt(limits.sourceSize)
    check(header.offset <= size, 'TRUNCATED', 'p_offset', `is ${header.offset}, the file has ${size} bytes`)
    check(filesz <= size - header.offset, 'TRUNCATED', 'p_filesz', `is ${filesz}, past the end of the file`)
  }
  const aligned = start % page === 0n && end % page === 0n
  check(aligned, 'BAD_VALUE', 'p_align', `is ${align}, which puts an end of the segment inside a page`)
  const writeAndExecute = (header.flags & PF_WRITE) !== 0 && (header.flags & PF_EXECUTE) !== 0
  check(!writeAndExecute, 'BAD_VALUE', 'p_flags', 'asks for memory that is writable and executable at once')

  // Memory without contents keeps the loader's default, whatever its flags: virtio and xen files have flags 0 there.
  const bss = filesz === 0n
  return {
    index: header.index,
    address: Number(vaddr),
    start: Number(start),
    end: Number(end),
    fileOffset: bss ? 0 : Number(header.offset),
    fileSize: Number(filesz),
    memorySize: Number(memsz),
    read: bss || (header.flags & PF_READ) !== 0,
    write: bss || (header.flags & PF_WRITE) !== 0,
    execute: !bss && (header.flags & PF_EXECUTE) !== 0,
  }
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
