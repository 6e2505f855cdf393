// What a file is: every recogniser is asked in turn, those with the surest sign first. The file is not trusted: it is read through bounded
// windows, and only FormatError comes out of here. Pure.

import { type Source, sourceOf } from '../base/reader.ts'
import { formatSize } from '../base/size.ts'
import { hasElfMagic } from '../elf/any.ts'
import { readBaked, readBakedElf } from './baked.ts'
import { examineBaked } from './baked-findings.ts'
import type { Baked } from './baked-format.ts'
import { withPrograms } from './baked-programs.ts'
import { type Codecs, NO_CODECS } from './codecs.ts'
import { type ElfFile, readElfFile } from './elf-file.ts'
import { recogniseArchive } from './families/archive.ts'
import { recogniseBzImage } from './families/bzimage.ts'
import { recogniseDisk } from './families/disk.ts'
import { recognisePe } from './families/efi.ts'
import { recogniseGenode, recogniseMuen } from './families/genode.ts'
import { recogniseLauncher } from './families/launcher.ts'
import { recogniseRumprun } from './families/rumprun.ts'
import { recogniseUnikraft, recogniseUnikraftEfi } from './families/unikraft.ts'
import { recogniseFlatMultiboot, recogniseMultiboot, recogniseVmlinux, recogniseXen } from './families/kernel.ts'
import { recogniseLinuxImage } from './families/linux-image.ts'
import { recogniseProgram } from './families/program.ts'
import { recogniseSolo5 } from './families/solo5.ts'
import { describeUnknown } from './families/unknown.ts'
import { findingOf } from './finding.ts'
import type { Identification } from './identification.ts'
import { peek, tryRead } from './values.ts'

const ELF_RECOGNISERS: readonly ((file: ElfFile) => Identification | undefined)[] = [
  recogniseSolo5,
  recogniseLauncher,
  recogniseUnikraft,
  recogniseVmlinux,
  recogniseRumprun,
  recogniseGenode,
  recogniseXen,
  recogniseMultiboot,
  recogniseProgram,
]

/** A kernel may be a PE file at the same time, so PE comes behind them. */
const RECOGNISERS: readonly ((source: Source, codecs: Codecs) => Identification | undefined)[] = [
  recogniseBzImage,
  recogniseLinuxImage,
  recogniseUnikraftEfi,
  recognisePe,
  recogniseMuen,
  recogniseFlatMultiboot,
  recogniseDisk,
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
  const found = identifyAlone(source, codecs)
  return found.baked === undefined
    ? found
    : withPrograms(found, found.baked, source, (program) => identifyAlone(program, codecs))
}

/** Without a look into what is baked in. */
function identifyAlone(source: Source, codecs: Codecs): Identification {
  return hasElfMagic(source) ? identifyElf(source) : withBaked(identifyOther(source, codecs), () => readBaked(source))
}

function identifyOther(source: Source, codecs: Codecs): Identification {
  for (const recognise of RECOGNISERS) {
    const known = recognise(source, codecs)
    if (known !== undefined) return known
  }
  const archive = recogniseArchive(source)
  return archive === undefined ? describeUnknown(source) : lookInside(archive, source, codecs)
}

/** Compressed bytes that are unpacked to see what they are, and what may come out of them. */
const MAX_PACKED = 64 * 1024
const MAX_UNPACKED = 16 * 2 ** 20

/** What a compressed file begins with. Nothing that was packed inside it is unpacked once more. */
function lookInside(archive: Identification, source: Source, codecs: Codecs): Identification {
  const unpack = Object.entries(codecs).find(([compression]) => compression === archive.target)?.[1]
  if (unpack === undefined) return archive
  const bytes = unpack(peek(source, 0, MAX_PACKED), MAX_UNPACKED)
  // A codec that works in blocks may have none of them whole.
  const inside = bytes === undefined || bytes.length === 0 ? undefined : tryRead(() => identify(sourceOf(bytes)))
  const value =
    inside?.summary ??
    `not looked into: damaged, or more than ${formatSize(MAX_UNPACKED)} from its first ${formatSize(MAX_PACKED)}`
  return { ...archive, facts: [...archive.facts, { name: 'holds', value }] }
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
  const problems = file.problems.map((problem) => findingOf('notice', problem))
  return withBaked({ ...known, findings: [...known.findings, ...problems] }, () =>
    readBakedElf(file.elf, file.notes, source),
  )
}

function withBaked(known: Identification, read: () => Baked | undefined): Identification {
  const { baked, findings } = examineBaked(read)
  if (findings.length > 0) return { ...known, findings: [...known.findings, ...findings] }
  return baked === undefined ? known : { ...known, baked }
}
