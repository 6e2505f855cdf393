// What has been baked into an artefact: images of files, configuration, more programs, each a range of the file behind the program, all
// of them told by one note (docs/spec/baked.md). The file is not trusted: only FormatError comes out. Pure.

import { FormatError } from '../base/errors.ts'
import { type ByteReader, type Source, window } from '../base/reader.ts'
import { type AnyElf, hasElfMagic, type Headers, readAnyElf } from '../elf/any.ts'
import { HEADER } from '../elf/format.ts'
import { type Note, readDescriptor, walkNotes } from '../elf/notes.ts'
import {
  BAKED_NOTE_LEAD,
  BAKED_NOTE_NAME,
  BAKED_NOTE_TYPE,
  type Baked,
  encodeNoteLead,
  MAX_BAKED_DESCRIPTOR,
  MIN_BAKED_DESCRIPTOR,
  TRAILER,
} from './baked-format.ts'
import { requireApart, requireOwnSegment } from './baked-segments.ts'
import { decodeBaked, readCount } from './decode-baked.ts'
import { hasBytes } from './values.ts'

/**
 * What is baked into a file of any kind, undefined where nothing is. Reads headers and the note; digests are for whoever uses a part.
 * Throws FormatError for a note that does not fit the file.
 *
 * @example
 * ```ts
 * readBaked(source)?.parts.map(({ kind, name }) => `${kind} ${name}`) // ['files storage', 'config ']
 * ```
 */
export function readBaked(source: Source): Baked | undefined {
  if (!hasElfMagic(source)) return readTrailer(undefined, source)
  const elf = readAnyElf(source)
  return readBakedElf(elf, walkNotes(elf, source), source)
}

/** The same for whoever has read the headers of an ELF file and its notes already. */
export function readBakedElf(elf: AnyElf, notes: Iterable<Note>, source: Source): Baked | undefined {
  if (!canTell(elf)) return readTrailer(elf, source)
  const baked = readBakedNote(elf, [...notes].filter(isBakedNote), source)
  const read = elf.programHeaders.length
  if (baked === undefined || elf.programHeaderCount === read) return baked
  const problem = `is ${elf.programHeaderCount}, beside baked parts at most ${read} are read`
  throw new FormatError('LIMIT', 'e_phnum', HEADER.phnum, problem)
}

/** Whether a file's program headers can tell of the note; any other file has a trailer. */
export function canTell(elf: AnyElf): boolean {
  return elf.class === 64 && elf.littleEndian && elf.programHeaderCount > 0
}

export function isBakedNote({ name, type }: Note): boolean {
  return name === BAKED_NOTE_NAME && type === BAKED_NOTE_TYPE
}

/** The same for a file with these headers, and all such notes of it. */
export function readBakedNote(elf: Headers, notes: readonly Note[], source: Source): Baked | undefined {
  const [note, second] = notes
  if (note === undefined) return undefined
  if (second !== undefined) {
    const field = `phdr[${second.programHeader}] note ${second.position}`
    const problem = 'is a second BAK1 note: readers may disagree about which one counts'
    throw new FormatError('BAD_VALUE', field, second.offset, problem)
  }
  const descriptor = readDescriptor(source, note, 'baked', MIN_BAKED_DESCRIPTOR, MAX_BAKED_DESCRIPTOR)
  const extent = { offset: note.offset, size: note.descriptorOffset + note.descriptorSize - note.offset }
  const baked = decodeBaked(descriptor, { note: extent, size: source.size, trailer: false })
  requireOwnSegment(elf, note, baked)
  requireApart(elf, baked, elf.programHeaders[note.programHeader])
  return baked
}

/** The note lies where the last bytes of the file say. */
function readTrailer(elf: Headers | undefined, source: Source): Baked | undefined {
  const start = source.size - TRAILER.size
  if (!hasBytes(source, start, TRAILER.magic)) return undefined
  const r: ByteReader = window(source, start, TRAILER.size, 'trailer')
  const offset = readCount(r, TRAILER.offset, 'trailer.offset')
  const size = readCount(r, TRAILER.length, 'trailer.length')
  const least = BAKED_NOTE_LEAD + MIN_BAKED_DESCRIPTOR
  const most = BAKED_NOTE_LEAD + MAX_BAKED_DESCRIPTOR
  r.check(size >= least, 'BAD_VALUE', TRAILER.length, 'trailer.length', `is ${size}, at least ${least} are needed`)
  r.check(size <= most, 'LIMIT', TRAILER.length, 'trailer.length', `is ${size}, at most ${most} are allowed`)
  const outside = `is ${offset}, and there are no ${size} bytes between there and the trailer`
  r.check(size <= start && offset <= start - size, 'TRUNCATED', TRAILER.offset, 'trailer.offset', outside)
  const note: ByteReader = window(source, offset, size, 'baked')
  const descriptor = size - BAKED_NOTE_LEAD
  const lead = note.bytes(0, BAKED_NOTE_LEAD, 'baked')
  const isOurs = encodeNoteLead(descriptor).every((byte, i) => byte === lead[i])
  note.check(isOurs, 'BAD_VALUE', 0, 'baked', `is no BAK1 note of ${size} bytes, as the trailer says`)
  const file = { note: { offset, size }, size: source.size, trailer: true }
  const baked = decodeBaked(note.slice(BAKED_NOTE_LEAD, descriptor, 'baked'), file)
  if (elf !== undefined) requireApart(elf, baked)
  return baked
}
