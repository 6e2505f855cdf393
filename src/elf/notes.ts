// Walks the notes of an ELF file (ELF specification, "Note Section"): every note of every PT_NOTE, so that those a linker
// has merged into one segment are found too. Solo5's own tools look at the first note of each segment and nowhere else;
// `position` keeps that difference visible. The bytes come out of a file that somebody handed us.

import { roundUp } from '../base/round.ts'
import { FormatError } from '../base/errors.ts'
import type { ByteReader, Source } from '../base/reader.ts'
import { window } from '../base/reader.ts'
import { PT_NOTE } from './format.ts'
import { type Elf, fieldOf, type ProgramHeader } from './read.ts'

/** A unikernel has three or four. */
export const MAX_NOTES = 256

const NOTE_HEADER_SIZE = 12
const DESCRIPTOR_SIZE_AT = 4
const ALIGNMENT = 4
const MAX_NAME = 64 // bytes of a name that are looked at: the ones that matter have six

export interface Note {
  /** The PT_NOTE it lies in, as an index into the table of program headers. */
  readonly programHeader: number
  /** Its number within that segment. Any but 0 is invisible to Solo5's own tools. */
  readonly position: number
  /** Where its header lies in the file. */
  readonly offset: number
  /** A character for each byte, the terminating NUL included; only the first 64 bytes of a longer one. */
  readonly name: string
  /** n_namesz: bytes of the name. */
  readonly nameSize: number
  /** n_type. */
  readonly type: number
  /** Where the descriptor lies in the file, and its bytes. */
  readonly descriptorOffset: number
  readonly descriptorSize: number
}

/**
 * The notes in the order of the table, at most MAX_NOTES, each read when it is asked for: at most 76 bytes of it and no
 * descriptor. Throws FormatError for a PT_NOTE that is too small for a note, does not lie in the file, or is not made of
 * whole notes.
 *
 * @example
 * ```ts
 * for (const note of walkNotes(elf, source)) console.log(note.programHeader, quote(note.name), note.descriptorSize)
 * ```
 */
export function* walkNotes(elf: Elf, source: Source): Generator<Note, void, undefined> {
  let count = 0
  for (const header of elf.programHeaders) {
    if (header.type !== PT_NOTE) continue
    for (const note of walkSegment(header, source)) {
      count++
      if (count > MAX_NOTES) {
        const field = `phdr[${header.index}] note ${note.position}`
        throw new FormatError('LIMIT', field, note.offset, `is one more than ${MAX_NOTES}`)
      }
      yield note
    }
  }
}

/**
 * A reader over the descriptor whose errors name places in the file. Throws FormatError for a descriptor of fewer than
 * `least` (BAD_VALUE) or more than `most` bytes (LIMIT), both about the note's n_descsz.
 */
export function readDescriptor(source: Source, note: Note, field: string, least: number, most: number): ByteReader {
  const refuse = (code: 'BAD_VALUE' | 'LIMIT', problem: string): never => {
    throw new FormatError(code, `${field}.n_descsz`, note.offset + DESCRIPTOR_SIZE_AT, problem)
  }
  const size = note.descriptorSize
  if (size < least) refuse('BAD_VALUE', `is ${size}, at least ${least} bytes are needed`)
  if (size > most) refuse('LIMIT', `is ${size}, at most ${most} bytes are allowed`)
  return window(source, note.descriptorOffset, size, field)
}

function* walkSegment(header: ProgramHeader, source: Source): Generator<Note, void, undefined> {
  const { start, size } = placeInFile(header, source)
  // Segments of 8-byte notes (.note.gnu.property) begin each note at a multiple of 8; in all others it is 4.
  const step = header.align === 8n ? 8 : ALIGNMENT
  let at = 0
  // Less than a header at the end is padding.
  for (let position = 0; size - at >= NOTE_HEADER_SIZE; position++) {
    const note = readNote(header, source, start + at, start + size, position)
    yield note
    at = roundUp(note.descriptorOffset + note.descriptorSize - start, step)
  }
}

function placeInFile(header: ProgramHeader, source: Source): { start: number; size: number } {
  const refuse = (name: 'p_offset' | 'p_filesz', problem: string): never => {
    const { field, offset } = fieldOf(header, name)
    throw new FormatError('TRUNCATED', field, offset, problem)
  }
  const size = BigInt(source.size)
  if (header.filesz < BigInt(NOTE_HEADER_SIZE)) refuse('p_filesz', `is ${header.filesz}, too small for a note`)
  if (header.offset > size) refuse('p_offset', `is ${header.offset}, the file has ${size} bytes`)
  if (header.filesz > size - header.offset) refuse('p_filesz', `is ${header.filesz}, past the end of the file`)
  return { start: Number(header.offset), size: Number(header.filesz) }
}

function readNote(header: ProgramHeader, source: Source, offset: number, end: number, position: number): Note {
  const field = `phdr[${header.index}] note ${position}`
  const bytes: ByteReader = window(source, offset, Math.min(NOTE_HEADER_SIZE + MAX_NAME, end - offset), field)
  const nameSize = bytes.u32(0, `${field}.n_namesz`)
  const descriptorSize = bytes.u32(DESCRIPTOR_SIZE_AT, `${field}.n_descsz`)
  const room = end - offset - NOTE_HEADER_SIZE
  bytes.check(
    nameSize <= room,
    'TRUNCATED',
    0,
    `${field}.n_namesz`,
    `is ${nameSize}, the segment has ${room} bytes left`,
  )

  const descriptorOffset = offset + NOTE_HEADER_SIZE + roundUp(nameSize, ALIGNMENT)
  // A note without a descriptor may end its segment right after the name, without the padding.
  const left = Math.max(0, end - descriptorOffset)
  const problem = `is ${descriptorSize}, the segment has ${left} bytes left`
  bytes.check(descriptorSize <= left, 'TRUNCATED', DESCRIPTOR_SIZE_AT, `${field}.n_descsz`, problem)
  return {
    programHeader: header.index,
    position,
    offset,
    name: String.fromCharCode(...bytes.bytes(NOTE_HEADER_SIZE, Math.min(nameSize, MAX_NAME), `${field}.name`)),
    nameSize,
    type: bytes.u32(8, `${field}.n_type`),
    descriptorOffset,
    descriptorSize,
  }
}
