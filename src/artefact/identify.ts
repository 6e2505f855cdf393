// What a file is: every recogniser is asked in turn, those with the surest sign first. The file is not trusted: it is read through bounded
// windows, and only FormatError comes out of here. Pure.

import type { Source } from '../base/reader.ts'
import { hasElfMagic } from '../elf/any.ts'
import { type Codecs, NO_CODECS } from './codecs.ts'
import { type ElfFile, readElfFile } from './elf-file.ts'
import { recogniseBzImage } from './families/bzimage.ts'
import { recognisePe } from './families/efi.ts'
import { recogniseMultiboot, recogniseVmlinux, recogniseXen } from './families/kernel.ts'
import { recogniseLinuxImage } from './families/linux-image.ts'
import { recogniseProgram } from './families/program.ts'
import { recogniseSolo5 } from './families/solo5.ts'
import { describeUnknown } from './families/unknown.ts'
import { findingOf } from './finding.ts'
import type { Identification } from './identification.ts'

const ELF_RECOGNISERS: readonly ((file: ElfFile) => Identification | undefined)[] = [
  recogniseSolo5,
  recogniseVmlinux,
  recogniseXen,
  recogniseMultiboot,
  recogniseProgram,
]

/** A kernel may be a PE file at the same time, so PE comes behind them. */
const RECOGNISERS: readonly ((source: Source, codecs: Codecs) => Identification | undefined)[] = [
  recogniseBzImage,
  recogniseLinuxImage,
  recognisePe,
]

/**
 * What a file is, needs and accepts. `unknown` is an answer; FormatError is thrown for a file of a known kind that is damaged so
 * that nothing can be said about it. `codecs` unpack what is packed; without them it stays unknown.
 *
 * @example
 * ```ts
 * identify(sourceOf(bytes)).family // 'linux'
 * ```
 */
export function identify(source: Source, codecs: Codecs = NO_CODECS): Identification {
  if (hasElfMagic(source)) return identifyElf(source)
  for (const recognise of RECOGNISERS) {
    const known = recognise(source, codecs)
    if (known !== undefined) return known
  }
  return describeUnknown(source)
}

function identifyElf(source: Source): Identification {
  const file = readElfFile(source)
  const known = ELF_RECOGNISERS.reduce<Identification | undefined>(
    (found, recognise) => found ?? recognise(file),
    undefined,
  )
  if (known === undefined) return describeUnknown(source)
  // A Solo5 unikernel has been judged as a whole.
  if (known.artefact !== undefined) return known
  return { ...known, findings: [...known.findings, ...file.problems.map((problem) => findingOf('notice', problem))] }
}
