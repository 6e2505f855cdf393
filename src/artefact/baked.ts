// What has been baked into an artefact: images of files, configuration, more programs, each a range of the file behind the program, all
// of them told by one note (docs/spec/baked.md). The file is not trusted: only FormatError comes out. Pure.

import { FormatError } from '../base/errors.ts'
import { type ByteReader, type Source, window } from '../base/reader.ts'
import { type AnyElf, hasElfMagic, placeOf, readAnyElf } from '../elf/any.ts'
import { PT_LOAD } from '../elf/format.ts'
import { type Note, readDescriptor, walkNotes } from '../elf/notes.ts'
import {
  BAKED_NOTE_LEAD,
  BAKED_NOTE_NAME,
  BAKED_NOTE_TYPE,
  type Baked,
  MAX_BAKED_DESCRIPTOR,
  MIN_BAKED_DESCRIPTOR,
  TRAILER,
} from './baked-format.ts'
import { decodeBaked, readCount } from './decode-baked.ts'

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
  const elf = hasElfMagic(source) ? readAnyElf(source) : undefined
  if (elf === undefined || !canTell(elf)) return readTrailer(source)
  const note = findNote(elf, source)
  if (note === undefined) return undefined
  const descriptor = readDescriptor(source, note, 'baked', MIN_BAKED_DESCRIPTOR, MAX_BAKED_DESCRIPTOR)
  const end = note.descriptorOffset + note.descriptorSize
  const baked = decodeBaked(descriptor, { offset: note.offset, end }, source.size)
  requireUnloaded(elf, baked)
  return baked
}

/** Whether a file's program headers can tell of the note; any other file has a trailer. */
export function canTell(elf: AnyElf): boolean {
  return elf.class === 64 && elf.littleEndian && elf.programHeaderCount > 0
}

function findNote(elf: AnyElf, source: Source): Note | undefined {
  let found: Note | undefined
  for (const note of walkNotes(elf, source)) {
    if (note.name !== BAKED_NOTE_NAME || note.type !== BAKED_NOTE_TYPE) continue
    if (found !== undefined) {
      const field = `phdr[${note.programHeader}] note ${note.position}`
      const problem = 'is a second BAK1 note: readers may disagree about which one counts'
      throw new FormatError('BAD_VALUE', field, note.offset, problem)
    }
    found = note
  }
  return found
}

/** The note lies where the last bytes of the file say. */
function readTrailer(source: Source): Baked | undefined {
  if (source.size < TRAILER.size) return undefined
  const start = source.size - TRAILER.size
  const r: ByteReader = window(source, start, TRAILER.size, 'trailer')
  if (textOf(r, 0, TRAILER.magic.length, 'trailer.magic') !== TRAILER.magic) return undefined
  const offset = readCount(r, TRAILER.offset, 'trailer.offset')
  const length = readCount(r, TRAILER.length, 'trailer.length')
  const possible = length >= BAKED_NOTE_LEAD + MIN_BAKED_DESCRIPTOR && length <= BAKED_NOTE_LEAD + MAX_BAKED_DESCRIPTOR
  r.check(possible, 'LIMIT', TRAILER.length, 'trailer.length', `is ${length}, which no note has`)
  const outside = `is ${offset}, and ${length} bytes from there are no note in this file`
  r.check(length <= start && offset <= start - length, 'TRUNCATED', TRAILER.offset, 'trailer.offset', outside)
  const note: ByteReader = window(source, offset, length, 'baked')
  const head = [note.u32(0, 'baked.n_namesz'), note.u32(4, 'baked.n_descsz'), note.u32(8, 'baked.n_type')]
  const name = textOf(note, BAKED_NOTE_LEAD - BAKED_NOTE_NAME.length, BAKED_NOTE_NAME.length, 'baked.name')
  const meant = [BAKED_NOTE_NAME.length, length - BAKED_NOTE_LEAD, BAKED_NOTE_TYPE]
  const isOurs = name === BAKED_NOTE_NAME && head.join() === meant.join()
  note.check(isOurs, 'BAD_VALUE', 0, 'baked', 'is not the BAK1 note that the trailer speaks of')
  const descriptor = note.slice(BAKED_NOTE_LEAD, length - BAKED_NOTE_LEAD, 'baked')
  return decodeBaked(descriptor, { offset, end: offset + length }, source.size)
}

/** A character for each byte. */
function textOf(r: ByteReader, at: number, length: number, field: string): string {
  return String.fromCharCode(...r.bytes(at, length, field))
}

/** What the loader brings into memory is the program, and nothing of what was baked. */
function requireUnloaded(elf: AnyElf, { originalSize }: Baked): void {
  for (const header of elf.programHeaders) {
    if (header.type !== PT_LOAD || header.filesz === 0n) continue
    if (header.offset + header.filesz <= BigInt(originalSize)) continue
    const { field, offset } = placeOf(elf, header, 'p_offset')
    const problem = `is ${header.offset}, and the segment reaches into what is baked, from ${originalSize} on`
    throw new FormatError('BAD_VALUE', field, offset, problem)
  }
}
