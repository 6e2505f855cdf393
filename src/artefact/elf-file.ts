// An ELF file with everything that recognisers ask about it, each read once and only when somebody asks. Nothing of it is trusted. Pure.

import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import { type AnyElf, readAnyElf } from '../elf/any.ts'
import { type Note, walkNotes } from '../elf/notes.ts'
import { readSections, type Section } from '../elf/sections.ts'
import { findMultiboot, type Multiboot } from './multiboot-header.ts'
import { readXenNotes, type XenNotes } from './xen-notes.ts'

export interface ElfFile {
  readonly source: Source
  readonly elf: AnyElf
  /** The notes up to the first that cannot be read. */
  readonly notes: readonly Note[]
  readonly sections: () => readonly Section[]
  readonly multiboot: () => Multiboot
  /** undefined where there are none. */
  readonly xen: () => XenNotes | undefined
  /** What could not be read, so far: for looking at a file, damage in its notes or sections is not the end. */
  readonly problems: readonly FormatError[]
}

/** Throws FormatError where the headers cannot be read. */
export function readElfFile(source: Source): ElfFile {
  const elf = readAnyElf(source)
  const problems: FormatError[] = []
  const notes = readNotes(elf, source, problems)
  const sections = once(() => {
    const { sections, problem } = readSections(elf, source)
    if (problem !== undefined) problems.push(problem)
    return sections
  })
  return {
    source,
    elf,
    notes,
    problems,
    sections,
    multiboot: once(() => findMultiboot(source)),
    xen: once(() => readXenNotes(source, notes, sections())),
  }
}

function readNotes(elf: AnyElf, source: Source, problems: FormatError[]): Note[] {
  const notes: Note[] = []
  if (!elf.littleEndian) return notes
  try {
    for (const note of walkNotes(elf, source)) notes.push(note)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    problems.push(error)
  }
  return notes
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
