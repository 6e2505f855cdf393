// What a file is: every recogniser is asked in turn, those with the surest sign first. The file is not trusted: it is read through bounded
// windows, and only FormatError comes out of here. Pure.

import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import { type AnyElf, hasElfMagic, readAnyElf } from '../elf/any.ts'
import { type Note, walkNotes } from '../elf/notes.ts'
import { findingOf } from './finding.ts'
import { recogniseProgram } from './families/program.ts'
import { recogniseSolo5 } from './families/solo5.ts'
import { describeUnknown } from './families/unknown.ts'
import type { Identification } from './identification.ts'

/**
 * What a file is, needs and accepts. `unknown` is an answer; FormatError is thrown for a file of a known kind that is damaged so
 * that nothing can be said about it.
 *
 * @example
 * ```ts
 * identify(sourceOf(bytes)).family // 'linux'
 * ```
 */
export function identify(source: Source): Identification {
  return hasElfMagic(source) ? identifyElf(source) : describeUnknown(source)
}

function identifyElf(source: Source): Identification {
  const elf = readAnyElf(source)
  const { notes, problem } = readNotes(elf, source)
  const known = recogniseSolo5(elf, source, notes) ?? recogniseProgram(elf, source)
  if (problem === undefined || known.artefact !== undefined) return known
  return { ...known, findings: [...known.findings, findingOf('notice', problem)] }
}

/** The notes up to the first that cannot be read: for looking at a file, damage in one of them is not the end. */
function readNotes(elf: AnyElf, source: Source): { notes: readonly Note[]; problem?: FormatError } {
  const notes: Note[] = []
  if (!elf.littleEndian) return { notes }
  try {
    for (const note of walkNotes(elf, source)) notes.push(note)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { notes, problem: error }
  }
  return { notes }
}
