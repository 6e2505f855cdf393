// Composes static ELF64 programs: a header, a LOAD per segment, a note and a non-executable stack, nothing else (ELF specification,
// "Program Header" and "Note Section"). The same input gives the same bytes. Pure; the input is our own, so a contradiction in it is a RangeError.

import { roundUp } from '../base/round.ts'
import { ByteWriter } from '../base/writer.ts'
import {
  CLASS_64,
  DATA_LITTLE_ENDIAN,
  ELF_HEADER_SIZE,
  ELF_MAGIC,
  ET_EXEC,
  FORMAT_VERSION,
  HEADER,
  PF_EXECUTE,
  PF_READ,
  PF_WRITE,
  PROGRAM_HEADER,
  PROGRAM_HEADER_SIZE,
  PT_GNU_STACK,
  PT_LOAD,
  PT_NOTE,
} from './format.ts'

const PAGE = 0x1000
const STACK_ALIGNMENT = 16
const NOTE_HEADER_SIZE = 12
const NOTE_ALIGNMENT = 4

interface SegmentPlace {
  /** Virtual address; ascending from segment to segment, no page in two of them. */
  readonly address: number
  /** Bytes in memory, those beyond the contents zero; as many as the contents where it is not given. */
  readonly memorySize?: number
  readonly read: boolean
  readonly write: boolean
  readonly execute: boolean
}

/** A segment whose contents are written by somebody else. */
export interface SegmentToPlace extends SegmentPlace {
  /** Bytes in the file. */
  readonly fileSize: number
}

export interface SegmentToCompose extends SegmentPlace {
  readonly bytes: Uint8Array
}

interface Program {
  /** e_machine: 62 for x86_64. */
  readonly machine: number
  readonly entry: number
  /** Adds a PT_GNU_STACK that is not executable, without which Linux makes all readable memory executable. */
  readonly gnuStack: boolean
  /** For whoever looks at the file: it lies behind the headers and in no segment, so the program never sees it. */
  readonly note?: NoteToCompose
}

export interface NoteToCompose {
  /** ASCII, without the NUL that ends it. */
  readonly name: string
  readonly type: number
  readonly descriptor: Uint8Array
}

export interface ElfToLayOut extends Program {
  readonly segments: readonly SegmentToPlace[]
}

export interface ElfToCompose extends Program {
  readonly segments: readonly SegmentToCompose[]
}

export interface ElfLayout {
  /** The file header and the program headers: the file's first bytes. Zeros follow up to the first offset. */
  readonly header: Uint8Array<ArrayBuffer>
  /** Where each segment's contents begin in the file: congruent with its address modulo the page. Gaps are zeros. */
  readonly offsets: readonly number[]
  /** Bytes of the whole file. */
  readonly totalSize: number
}

/**
 * The headers and the place of each segment, so that large contents can be streamed behind them. Throws RangeError for
 * segments that overlap, descend, or do not fit into the numbers.
 *
 * @example
 * ```ts
 * const stack = { read: true, write: true, execute: false }
 * const layout = layOutElf({ machine: 62, entry: 0x1000, gnuStack: true, segments: [{ address: 0x1000, fileSize: 2 ** 30, ...stack }] })
 * layout.offsets // [0x1000]
 * ```
 */
export function layOutElf(program: ElfToLayOut): ElfLayout {
  requireOrder(program.segments)
  const { note, gnuStack } = program
  const count = program.segments.length + (note === undefined ? 0 : 1) + (gnuStack ? 1 : 0)
  const tableEnd = ELF_HEADER_SIZE + count * PROGRAM_HEADER_SIZE
  const noteBytes = note === undefined ? new Uint8Array() : encodeNote(note)
  const headerSize = tableEnd + noteBytes.length
  const writer = new ByteWriter(headerSize)
  writeHeader(writer, program, count)

  let end = headerSize
  const offsets = program.segments.map((segment, index) => {
    const offset = roundUp(end, PAGE) + (segment.address % PAGE)
    writeLoad(writer, ELF_HEADER_SIZE + index * PROGRAM_HEADER_SIZE, segment, offset)
    if (segment.fileSize > 0) end = offset + segment.fileSize
    return offset
  })
  if (note !== undefined) {
    const at = ELF_HEADER_SIZE + program.segments.length * PROGRAM_HEADER_SIZE
    writeNoteHeader(writer, at, tableEnd, noteBytes.length)
    writer.put(tableEnd, noteBytes)
  }
  if (gnuStack) writeStack(writer, tableEnd - PROGRAM_HEADER_SIZE)
  return { header: writer.bytes, offsets, totalSize: end }
}

/**
 * The whole program in memory. Throws RangeError as `layOutElf` does.
 *
 * @example
 * ```ts
 * const code = Uint8Array.of(0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05) // exit(0)
 * const segment = { address: 0x10000, bytes: code, read: true, write: false, execute: true }
 * const file = composeElf({ machine: 62, entry: 0x10000, segments: [segment], gnuStack: true })
 * ```
 */
export function composeElf(program: ElfToCompose): Uint8Array<ArrayBuffer> {
  const segments = program.segments.map((segment) => ({ ...segment, fileSize: segment.bytes.length }))
  const layout = layOutElf({ ...program, segments })
  const file = new Uint8Array(layout.totalSize)
  file.set(layout.header)
  program.segments.forEach((segment, index) => {
    if (segment.bytes.length > 0) file.set(segment.bytes, layout.offsets[index])
  })
  return file
}

function requireOrder(segments: readonly SegmentToPlace[]): void {
  let end = 0
  segments.forEach((segment, index) => {
    const { address, fileSize } = segment
    const memory = segment.memorySize ?? fileSize
    const counts = [address, fileSize, memory, address + memory].every((n) => Number.isSafeInteger(n) && n >= 0)
    if (!counts) throw new RangeError(`segment ${index} does not fit into addresses below 2^53`)
    if (memory < fileSize) throw new RangeError(`segment ${index} has more contents than memory`)
    if (address - (address % PAGE) < end)
      throw new RangeError(`segment ${index} begins before the end of the one before`)
    end = roundUp(address + memory, PAGE)
  })
}

function writeHeader(writer: ByteWriter, program: Program, count: number): void {
  writer
    .put(0, ELF_MAGIC)
    .u8(HEADER.class, CLASS_64)
    .u8(HEADER.data, DATA_LITTLE_ENDIAN)
    .u8(HEADER.identVersion, FORMAT_VERSION)
    .u16(HEADER.type, ET_EXEC)
    .u16(HEADER.machine, program.machine)
    .u32(HEADER.version, FORMAT_VERSION)
    .u64(HEADER.entry, BigInt(program.entry))
    .u64(HEADER.phoff, BigInt(ELF_HEADER_SIZE))
    .u16(HEADER.ehsize, ELF_HEADER_SIZE)
    .u16(HEADER.phentsize, PROGRAM_HEADER_SIZE)
    .u16(HEADER.phnum, count)
}

function writeLoad(writer: ByteWriter, at: number, segment: SegmentToPlace, offset: number): void {
  const flags = (segment.read ? PF_READ : 0) | (segment.write ? PF_WRITE : 0) | (segment.execute ? PF_EXECUTE : 0)
  writer
    .u32(at + PROGRAM_HEADER.p_type, PT_LOAD)
    .u32(at + PROGRAM_HEADER.p_flags, flags)
    .u64(at + PROGRAM_HEADER.p_offset, BigInt(offset))
    .u64(at + PROGRAM_HEADER.p_vaddr, BigInt(segment.address))
    .u64(at + PROGRAM_HEADER.p_paddr, BigInt(segment.address))
    .u64(at + PROGRAM_HEADER.p_filesz, BigInt(segment.fileSize))
    .u64(at + PROGRAM_HEADER.p_memsz, BigInt(segment.memorySize ?? segment.fileSize))
    .u64(at + PROGRAM_HEADER.p_align, BigInt(PAGE))
}

/** Header, name and descriptor, the latter two padded to four bytes each. */
function encodeNote({ name, type, descriptor }: NoteToCompose): Uint8Array {
  const nameSize = name.length + 1
  const descriptorAt = NOTE_HEADER_SIZE + roundUp(nameSize, NOTE_ALIGNMENT)
  return new ByteWriter(roundUp(descriptorAt + descriptor.length, NOTE_ALIGNMENT))
    .u32(0, nameSize)
    .u32(4, descriptor.length)
    .u32(8, type)
    .put(NOTE_HEADER_SIZE, new TextEncoder().encode(name))
    .put(descriptorAt, descriptor).bytes
}

function writeNoteHeader(writer: ByteWriter, at: number, offset: number, size: number): void {
  writer
    .u32(at + PROGRAM_HEADER.p_type, PT_NOTE)
    .u32(at + PROGRAM_HEADER.p_flags, PF_READ)
    .u64(at + PROGRAM_HEADER.p_offset, BigInt(offset))
    .u64(at + PROGRAM_HEADER.p_filesz, BigInt(size))
    .u64(at + PROGRAM_HEADER.p_align, BigInt(NOTE_ALIGNMENT))
}

function writeStack(writer: ByteWriter, at: number): void {
  writer
    .u32(at + PROGRAM_HEADER.p_type, PT_GNU_STACK)
    .u32(at + PROGRAM_HEADER.p_flags, PF_READ | PF_WRITE)
    .u64(at + PROGRAM_HEADER.p_align, BigInt(STACK_ALIGNMENT))
}
