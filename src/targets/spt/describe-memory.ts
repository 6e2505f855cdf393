// A launcher's file as the process will find it: its segments by address, the executor, and the table that it walks. The bytes come from
// somebody who may want to be believed: a file that could behave in another way than its records say is refused. Pure.

import { FormatError } from '../../base/errors.ts'
import { ByteReader, type Source, window } from '../../base/reader.ts'
import { MACHINE_X86_64, PF_EXECUTE, PF_READ, PF_WRITE, PT_GNU_STACK, PT_LOAD, PT_NOTE } from '../../elf/format.ts'
import { type Note, readDescriptor, walkNotes } from '../../elf/notes.ts'
import { type Elf, fieldOf, type ProgramHeader, readElf } from '../../elf/read.ts'
import { LAUNCHER_BASE, PAGE, PARTS, pageUp, STAGED_IMAGE, USER_SPACE_END } from '../../launcher/address-space.ts'
import { EXECUTOR_SIZE, executorFor } from '../../launcher/executor.ts'
import { STATUS_OFFSET, TABLE_OFFSET } from '../../launcher/executor.generated.ts'
import { decodeLauncherNote, LAUNCHER_NOTE_NAME, LAUNCHER_NOTE_SIZE, LAUNCHER_NOTE_TYPE } from '../../launcher/note.ts'
import { decodeRecord, type PlacedRecord, RECORD_SIZE } from '../../launcher/record.ts'
import { PROT_READ } from '../../launcher/system-calls.ts'

/** Bytes of all the texts that records of one launcher point to: a hundred times what 63 devices need. */
const MAX_TEXT = 4 * 1024 * 1024

export type LauncherSegment = {
  readonly start: number
  /** Behind its last byte in the file and in memory. */
  readonly end: number
  /** As mmap counts it: 1 read, 2 write, 4 execute. */
  readonly protection: number
  readonly offset: number
  readonly index: number
}

/** A record together with its place in the file, for errors about it. */
export type FoundRecord = PlacedRecord & { readonly index: number; readonly reader: ByteReader }

export type OpenLauncher = {
  readonly records: readonly FoundRecord[]
  readonly memory: LauncherMemory
  /** The descriptor that hears of failures; undefined where there is none. */
  readonly status: number | undefined
}

/** Whether a note makes a file a launcher, whatever is in it. */
export function isLauncherNote({ name, type }: Note): boolean {
  return name === LAUNCHER_NOTE_NAME && type === LAUNCHER_NOTE_TYPE
}

/** Throws FormatError, and nothing else, whatever the bytes are: BAD_MAGIC for a file that is no launcher. */
export function openLauncher(source: Source): OpenLauncher {
  const elf = readElf(source)
  const [found, second] = [...walkNotes(elf, source)].filter(isLauncherNote)
  if (found === undefined) throw new FormatError('BAD_MAGIC', 'notes', elf.tableOffset, 'are not those of a launcher')
  if (second !== undefined) throw new FormatError('BAD_VALUE', 'notes', second.offset, 'are those of two launchers')
  const note = decodeLauncherNote(readDescriptor(source, found, 'launcher', LAUNCHER_NOTE_SIZE, LAUNCHER_NOTE_SIZE))
  const memory = new LauncherMemory(source, readSegments(elf, source))
  const { table, status } = readExecutor(memory, elf)
  if (table !== note.table) {
    const problem = 'is not the address from which the executor reads its records'
    throw new FormatError('BAD_VALUE', 'launcher.table', found.descriptorOffset + 8, problem)
  }
  return { records: readRecords(memory, table, note.records), memory, status: status < 0 ? undefined : status }
}

/** The bytes of a process before its first instruction, as far as launchers look at them. */
export class LauncherMemory {
  readonly segments: readonly LauncherSegment[]
  readonly #source: Source
  readonly #read = new Map<LauncherSegment, ByteReader>()
  #text = 0

  constructor(source: Source, segments: readonly LauncherSegment[]) {
    this.#source = source
    this.segments = segments
  }

  /** From an address between parts and the staged image, which nothing reads; `about` is where the address stands. */
  bytes(address: bigint, length: number, about: ByteReader, field: string): ByteReader {
    const segment = this.segments.find(({ start, end }) => address >= start && address < end)
    const problem = `0x${address.toString(16)} is no address of ${length} bytes in the launcher`
    const readable = segment !== undefined && segment.start >= LAUNCHER_BASE && segment.start < STAGED_IMAGE
    about.check(readable, 'BAD_VALUE', 0, field, problem)
    const at = Number(address) - segment.start
    about.check(length <= segment.end - segment.start - at, 'BAD_VALUE', 0, field, problem)
    return this.#contents(segment).slice(at, length, field)
  }

  /** Text of this many bytes, whatever they are. */
  text(address: bigint, length: number, about: ByteReader, field: string): string {
    this.#text += length
    about.check(this.#text <= MAX_TEXT, 'LIMIT', 0, field, 'is one text too many')
    return new TextDecoder().decode(this.bytes(address, length, about, field).bytes(0, length, field))
  }

  /** Text up to a NUL that comes within so many bytes. */
  string(address: bigint, most: number, about: ByteReader, field: string): string {
    const segment = this.segments.find(({ start, end }) => address >= start && address < end)
    const left = segment === undefined ? 1 : segment.end - Number(address)
    const bytes = this.bytes(address, Math.min(most, left), about, field)
    const length = bytes.bytes(0, bytes.length, field).indexOf(0)
    about.check(length >= 0, 'BAD_VALUE', 0, field, 'points to a text without an end')
    return this.text(address, length, about, field)
  }

  /** All that may be read fits into a little more than 1 MiB, so it is kept. */
  #contents(segment: LauncherSegment): ByteReader {
    const known = this.#read.get(segment)
    if (known !== undefined) return known
    const contents = window(this.#source, segment.offset, segment.end - segment.start, `phdr[${segment.index}]`)
    this.#read.set(segment, contents)
    return contents
  }
}

/** Nothing but segments as the composer writes them: an interpreter, say, would run before the executor. */
function readSegments(elf: Elf, source: Source): LauncherSegment[] {
  if (elf.machine.id !== MACHINE_X86_64) {
    throw new FormatError('UNSUPPORTED', 'e_machine', 18, `is that of ${elf.machine.name}, not of x86_64`)
  }
  const segments: LauncherSegment[] = []
  let end = PARTS
  for (const header of elf.programHeaders) {
    const refuse = refuserOf(header)
    if (header.type === PT_LOAD) {
      const segment = readSegment(header, source)
      if (segment.start < end) refuse('p_vaddr', 'is not behind the segment before')
      if (segment.start < LAUNCHER_BASE) requirePart(segment, refuse)
      end = pageUp(segment.end)
      segments.push(segment)
    } else if (header.type === PT_GNU_STACK) {
      if ((header.flags & PF_EXECUTE) !== 0) refuse('p_flags', 'asks for an executable stack')
    } else if (header.type !== PT_NOTE) refuse('p_type', `is ${header.type}, which no launcher has`)
  }
  return segments
}

function readSegment(header: ProgramHeader, source: Source): LauncherSegment {
  const { vaddr, filesz, memsz, offset, flags } = header
  const refuse = refuserOf(header)
  const size = BigInt(source.size)
  if (vaddr % BigInt(PAGE) !== 0n || vaddr >= USER_SPACE_END) refuse('p_vaddr', 'is no page of a process')
  if (offset > size || filesz > size - offset) refuse('p_filesz', `is ${filesz}, past the end of the file`)
  if (offset % BigInt(PAGE) !== 0n) refuse('p_offset', 'is no page of the file')
  if (filesz === 0n || memsz !== filesz) refuse('p_memsz', 'is not the size in the file')
  if ((flags & PF_WRITE) !== 0 && (flags & PF_EXECUTE) !== 0) refuse('p_flags', 'is for writing and executing at once')
  const start = Number(vaddr)
  const end = start + Number(filesz)
  if (end > USER_SPACE_END) refuse('p_filesz', 'reaches beyond the space of a process')
  const access = (flag: number, bit: number): number => ((flags & flag) === 0 ? 0 : bit)
  const protection = access(PF_READ, 1) | access(PF_WRITE, 2) | access(PF_EXECUTE, 4)
  return { start, end, protection, offset: Number(offset), index: header.index }
}

/** Below the launcher there is nothing but what guests read of their artefact. */
function requirePart({ start, end, protection }: LauncherSegment, refuse: ReturnType<typeof refuserOf>): void {
  if (protection !== PROT_READ) refuse('p_flags', 'is not for reading alone')
  if (start % PAGE !== 0 || end % PAGE !== 0 || end > LAUNCHER_BASE) refuse('p_filesz', 'is no part of an artefact')
}

function refuserOf(header: ProgramHeader) {
  return (name: Parameters<typeof fieldOf>[1], problem: string): never => {
    const { field, offset } = fieldOf(header, name)
    throw new FormatError('BAD_VALUE', field, offset, problem)
  }
}

/** What the records mean is what the executor does with them, so it has to be the one that is known. */
function readExecutor(memory: LauncherMemory, elf: Elf): { table: number; status: number } {
  const header: ByteReader = new ByteReader(new Uint8Array(8), 24) // e_entry, for the place in errors
  const segment = memory.segments.find(({ start, end }) => elf.entry >= start && elf.entry < end)
  header.check(segment?.protection === 5, 'BAD_VALUE', 0, 'e_entry', 'does not lie in code that cannot be written')
  const left = segment.end - Number(elf.entry)
  header.check(left >= EXECUTOR_SIZE, 'UNSUPPORTED', 0, 'executor', UNKNOWN_EXECUTOR, OTHER_SLIPWAY)
  const code: ByteReader = memory.bytes(elf.entry, EXECUTOR_SIZE, header, 'e_entry')
  const table = code.u64(TABLE_OFFSET, 'executor.table')
  const status = code.u32(STATUS_OFFSET, 'executor.status') | 0
  code.check(table < USER_SPACE_END, 'BAD_VALUE', TABLE_OFFSET, 'executor.table', 'is no address of a process')
  const expected = executorFor(Number(table), status)
  const same = code.bytes(0, EXECUTOR_SIZE, 'executor').every((byte, i) => byte === expected[i])
  code.check(same, 'UNSUPPORTED', 0, 'executor', UNKNOWN_EXECUTOR, OTHER_SLIPWAY)
  return { table: Number(table), status }
}

const UNKNOWN_EXECUTOR = 'is not the one of this Slipway, so what it does with the records cannot be told'
export const OTHER_SLIPWAY = 'use the version that composed it, or compose it again'

/** As many as the note says, the last of which enters the guest; the executor goes no further. */
function readRecords(memory: LauncherMemory, table: number, count: number): FoundRecord[] {
  const nowhere: ByteReader = new ByteReader(new Uint8Array(0))
  nowhere.check(count >= 1, 'BAD_VALUE', 0, 'launcher.records', 'is 0')
  const records: FoundRecord[] = []
  for (let index = 0; index < count; index++) {
    const field = `record[${index}]`
    // Each starts in a segment of its own right: setup's records end where last's begin.
    const address = table + index * RECORD_SIZE
    const segment = memory.segments.find(({ start, end }) => address >= start && address < end)
    nowhere.check(
      segment !== undefined && (segment.protection & 2) === 0,
      'BAD_VALUE',
      0,
      field,
      'lies where something could change it',
    )
    const reader: ByteReader = memory.bytes(BigInt(address), RECORD_SIZE, nowhere, field)
    const record = decodeRecord(reader, field)
    reader.check(
      (record.kind === 'enter') === (index === count - 1),
      'BAD_VALUE',
      4,
      field,
      'is not where guests are entered',
    )
    records.push({ ...record, index, reader })
  }
  return records
}
