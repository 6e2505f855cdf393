// Finds a note as Solo5's tenders and elftool do (tenders/common/elf.c): the first note of each PT_NOTE and no other, and the same words
// where they give up. For the front ends that stand in for those programs; everything else reads artefact.ts. The file is not trusted.

import { FormatError, type FormatErrorCode } from '../base/errors.ts'
import { ByteReader, type Source, window } from '../base/reader.ts'
import { roundUp } from '../base/round.ts'
import {
  CLASS_64,
  DATA_LITTLE_ENDIAN,
  ELF_HEADER_SIZE,
  ELF_MAGIC,
  ET_EXEC,
  FORMAT_VERSION,
  HEADER,
  PROGRAM_HEADER,
  PROGRAM_HEADER_SIZE,
  PT_NOTE,
} from '../elf/format.ts'
import { SOLO5_NAME } from './_note.ts'

const NOTE_HEADER_SIZE = 12
/** With the name and its padding. */
const SOLO5_HEADER_SIZE = 20
const INVALID = 'invalid executable'
/** Where a file cannot be read: pread(2) takes no offsets from here on, and what it returns then is printed as a number without a sign. */
const NO_OFFSET = 2n ** 63n
const MINUS_ONE = 2n ** 64n - 1n

/** A note to look for. */
export interface NoteKind {
  /** n_type. */
  readonly type: number
  /** To what the contents are aligned, from the note's beginning. */
  readonly align: number
  /** Bytes of the descriptor. The reference takes 1; 16 of an ABI1 note are read, so fewer are refused here. */
  readonly least: number
  readonly most: number
}

/**
 * The contents of the first such note, its padding left out; undefined where there is none. Throws FormatError whose `problem` is what
 * the reference prints behind the file's name. Unlike the reference, files for any processor are read.
 *
 * @example
 * ```ts
 * findReferenceNote(source, { type: ABI_NOTE_TYPE, align: 4, least: 16, most: 32 })?.u32(0, 'target')
 * ```
 */
export function findReferenceNote(source: Source, kind: NoteKind): ByteReader | undefined {
  const table = readTable(source, readHeader(source))
  for (let i = 0; i * PROGRAM_HEADER_SIZE < table.length; i++) {
    const header = table.slice(i * PROGRAM_HEADER_SIZE, PROGRAM_HEADER_SIZE, `phdr[${i}]`)
    if (header.u32(PROGRAM_HEADER.p_type, 'p_type') !== PT_NOTE) continue
    const contents = readNote(source, header, `phdr[${i}]`, kind)
    if (contents !== undefined) return contents
  }
  return undefined
}

function readHeader(source: Source): ByteReader {
  const size = Math.min(source.size, ELF_HEADER_SIZE)
  if (size < ELF_HEADER_SIZE) {
    const problem = `${INVALID}: elf header does not match the expected size (${size} != ${ELF_HEADER_SIZE})`
    throw new FormatError('TRUNCATED', 'ELF header', 0, problem)
  }
  const header = window(source, 0, ELF_HEADER_SIZE, 'ELF header')
  const valid =
    ELF_MAGIC.every((byte, i) => header.u8(i, 'e_ident') === byte) &&
    header.u8(HEADER.class, 'e_ident[4]') === CLASS_64 &&
    header.u8(HEADER.data, 'e_ident[5]') === DATA_LITTLE_ENDIAN &&
    header.u32(HEADER.version, 'e_version') === FORMAT_VERSION &&
    header.u16(HEADER.ehsize, 'e_ehsize') === ELF_HEADER_SIZE &&
    header.u16(HEADER.phnum, 'e_phnum') >= 1 &&
    header.u16(HEADER.phentsize, 'e_phentsize') === PROGRAM_HEADER_SIZE &&
    header.u16(HEADER.type, 'e_type') === ET_EXEC
  if (!valid) {
    const problem = `${INVALID}: invalid or unsupported executable (elf header invalid while loading note)`
    throw new FormatError('UNSUPPORTED', 'ELF header', 0, problem)
  }
  return header
}

function readTable(source: Source, header: ByteReader): ByteReader {
  const size = header.u16(HEADER.phnum, 'e_phnum') * PROGRAM_HEADER_SIZE
  const got = readUpTo(source, header.u64(HEADER.phoff, 'e_phoff'), size)
  if (got === undefined) {
    const problem = `pread_in_full for ph_size returned ${MINUS_ONE} < 0 while loading note`
    throw new FormatError('TRUNCATED', 'e_phoff', HEADER.phoff, problem)
  }
  if (got.length !== size) {
    const problem = `${INVALID}: program header does not match the expected size (${got.length} != ${size} while loading note)`
    throw new FormatError('TRUNCATED', 'e_phoff', HEADER.phoff, problem)
  }
  return got
}

function readNote(source: Source, header: ByteReader, field: string, kind: NoteKind): ByteReader | undefined {
  const refuse = (code: FormatErrorCode, problem: string): never => {
    throw new FormatError(code, field, header.origin, problem)
  }
  const filesz = header.u64(PROGRAM_HEADER.p_filesz, field)
  const offset = header.u64(PROGRAM_HEADER.p_offset, field)
  const outOfRange = 'note does not fall within valid size'
  if (filesz < BigInt(NOTE_HEADER_SIZE)) {
    refuse('TRUNCATED', `${INVALID}: ${field}.p_filesz ${outOfRange} (${filesz} < ${NOTE_HEADER_SIZE})`)
  }
  if (filesz < BigInt(SOLO5_HEADER_SIZE)) return undefined
  const note = readUpTo(source, offset, SOLO5_HEADER_SIZE)
  if (note === undefined) return refuse('TRUNCATED', `${field} pread_in_full returned ${MINUS_ONE}`)
  if (note.length !== SOLO5_HEADER_SIZE) {
    refuse('TRUNCATED', `${field} bytes read mismatches note size (${note.length} != ${SOLO5_HEADER_SIZE})`)
  }
  const name = String.fromCharCode(...note.bytes(NOTE_HEADER_SIZE, SOLO5_NAME.length, field))
  const found = note.u32(0, field) === SOLO5_NAME.length && name === SOLO5_NAME && note.u32(8, field) === kind.type
  if (!found) return undefined

  const size = note.u32(4, field)
  if (size < kind.least || size > kind.most) {
    const least = size < 1 || size > kind.most ? 1 : kind.least // its own limit, where that is what is broken
    refuse('LIMIT', `${INVALID}: ${field} ${outOfRange} (${size} < ${least} || ${size} > ${kind.most})`)
  }
  const needed = SOLO5_HEADER_SIZE + size
  if (filesz < BigInt(needed)) refuse('TRUNCATED', `${INVALID}: ${field} ${outOfRange} (${filesz} < ${needed})`)
  const padding = roundUp(SOLO5_HEADER_SIZE, kind.align) - SOLO5_HEADER_SIZE
  const left = size - padding
  if (left <= 0) {
    const wrapped = BigInt.asUintN(64, BigInt(left))
    refuse('BAD_VALUE', `INV_EXE: ${field} ${outOfRange} (${wrapped} <= 0 || ${wrapped} > ${size})`)
  }
  const contents = readUpTo(source, offset + BigInt(SOLO5_HEADER_SIZE + padding), left)
  const got = contents?.length ?? 0
  if (contents === undefined || got !== left) {
    return refuse('TRUNCATED', `${field} bytes read mismatches note size (${got} != ${left})`)
  }
  return contents
}

/** What pread(2) would read: fewer bytes where the file ends, and nothing at all, with an error, for offsets beyond its numbers. */
function readUpTo(source: Source, offset: bigint, length: number): ByteReader | undefined {
  if (offset + BigInt(length) > NO_OFFSET) return undefined
  const size = BigInt(source.size)
  if (offset >= size) return new ByteReader(new Uint8Array())
  const available = size - offset
  return window(source, Number(offset), available < BigInt(length) ? Number(available) : length, 'file')
}
