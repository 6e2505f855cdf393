// What program headers and baked parts have to do with each other: nothing (docs/spec/baked.md). A loader brings the program into memory and
// none of what was baked, whatever is in the table. Pure.

import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import { type Headers, placeOf, placeOfTable } from '../elf/any.ts'
import { PT_LOAD } from '../elf/format.ts'
import { overlap } from '../elf/move-note.ts'
import type { Note } from '../elf/notes.ts'
import type { ProgramHeader } from '../elf/read.ts'
import { type Baked, placeInNote } from './baked-format.ts'
import { findMultiboot } from './multiboot-header.ts'

const PT_NULL = 0
/** Where the field lies in a Multiboot header. */
const LOAD_END_AT = 20

/** The note has a segment of its own, which is the one that was added to those of the program. */
export function requireOwnSegment(elf: Headers, { programHeader }: Note, baked: Baked): void {
  const { note, originalTable } = baked
  const header = elf.programHeaders[programHeader] as ProgramHeader
  const refuse = (name: 'p_offset' | 'p_filesz', problem: string): never => {
    const { field, offset } = placeOf(elf, header, name)
    throw new FormatError('BAD_VALUE', field, offset, problem)
  }
  if (header.offset !== BigInt(note.offset)) refuse('p_offset', 'has something before the BAK1 note')
  if (header.filesz !== BigInt(note.size))
    refuse('p_filesz', `is ${header.filesz}, the BAK1 note has ${note.size} bytes`)
  if (originalTable?.count === header.index) return
  const problem = `is ${originalTable?.count ?? 0}, and the note’s own program header has the number ${header.index}`
  throw new FormatError('BAD_VALUE', 'baked.phnum', placeInNote(baked, 'phnum'), problem)
}

/** No contents of a segment lie where something has been baked, and none of a segment in memory behind the program. */
export function requireApart(elf: Headers, baked: Baked, own?: ProgramHeader): void {
  const { originalSize, size, note } = baked
  const table = placeOfTable(elf)
  const parts = { offset: note.offset, size: size - note.offset }
  if (table.size > 0 && overlap({ offset: elf.tableOffset, size: table.size }, parts)) {
    const problem = `is ${elf.tableOffset}, where something is baked, from ${note.offset} on`
    throw new FormatError('BAD_VALUE', table.field, table.offset, problem)
  }
  for (const header of elf.programHeaders) {
    if (header === own || header.type === PT_NULL || header.filesz === 0n) continue
    const behind = header.type !== PT_LOAD && header.offset >= BigInt(size)
    if (behind || header.offset + header.filesz <= BigInt(originalSize)) continue
    const { field, offset } = placeOf(elf, header, 'p_offset')
    const problem = `is ${header.offset}, and the segment reaches into what is baked, from ${originalSize} on`
    throw new FormatError('BAD_VALUE', field, offset, problem)
  }
}

/** Before something is put behind a program, all that it has is in it. */
export function requireContents(elf: Headers, fileSize: number): void {
  for (const header of elf.programHeaders) {
    if (header.type === PT_NULL || header.filesz === 0n) continue
    if (header.offset + header.filesz <= BigInt(fileSize)) continue
    const { field, offset } = placeOf(elf, header, 'p_filesz')
    throw new FormatError('TRUNCATED', field, offset, `is ${header.filesz}, past the end of the file`)
  }
}

/** A Multiboot header may ask for the whole file, whatever is put behind the program. */
export function requireBounded(source: Source): void {
  const { v1 } = findMultiboot(source)
  if (v1?.addresses?.loadEnd !== 0) return
  const problem = 'is 0: the whole file is loaded, and what is baked in with it'
  const advice = 'link the kernel with the address at which its data end'
  throw new FormatError('UNSUPPORTED', 'multiboot.load_end_addr', v1.offset + LOAD_END_AT, problem, advice)
}
