// What a Solo5 unikernel is and needs, from its file: ELF, ABI1 note, MFT1 note, and everything about them that a run would
// refuse. The file is not trusted: it is read through bounded windows, and only FormatError comes out of here.

import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import { HEADER, PF_EXECUTE, PF_READ, PF_WRITE, PT_LOAD } from '../elf/format.ts'
import { examineLoad, LARGEST_MEMORY, type LoadLayout, type LoadLimits, planLoad, smallestMemory } from '../elf/load.ts'
import { partOf } from '../files/parts.ts'
import { type Note, readDescriptor, walkNotes } from '../elf/notes.ts'
import { type Elf, fieldOf, type Machine, readElf } from '../elf/read.ts'
import { SOLO5_NAME } from './_note.ts'
import {
  ABI_DESCRIPTOR_SIZE,
  ABI_NOTE_TYPE,
  ABI_VERSION_AT,
  type Abi,
  decodeAbi,
  MAX_ABI_DESCRIPTOR,
  type Target,
} from './abi.ts'
import { isBakedNote, readBakedNote } from './baked.ts'
import { examineBaked, undeclaredFindings } from './baked-findings.ts'
import type { Baked, BakedPart } from './baked-format.ts'
import { type Finding, findingOf } from './finding.ts'
import {
  examineManifest,
  MANIFEST_NOTE_TYPE,
  type Manifest,
  manifestIn,
  MAX_MANIFEST_DESCRIPTOR,
  MIN_MANIFEST_DESCRIPTOR,
} from './manifest.ts'

/** The lowest address that Solo5's tenders load anything to, and the pages they protect. */
const LOWEST_ADDRESS = 0x100000
const PAGE_SIZE = 0x1000

/** hvt counts its memory in large pages and rounds down. */
const HVT_MEMORY_UNIT = 2 * 2 ** 20

/** The version of the contract that each target has. Genode's is not known to anybody any more. */
const ABI_VERSIONS: Readonly<Record<Target, number | undefined>> = {
  hvt: 2,
  spt: 2,
  virtio: 1,
  muen: 4,
  genode: undefined,
  xen: 1,
}

export interface Artefact {
  /** Bytes of the file. */
  readonly size: number
  readonly target: Target
  readonly abiVersion: number
  readonly machine: Machine
  readonly elf: Elf
  readonly manifest: Manifest
  /** What else the file carries. */
  readonly baked: Baked | undefined
  /** Where the program begins in the file: 0, or the offset of one of several that are baked in. */
  readonly origin: number
  /** In the order in which a tender would meet them: notes, ABI, manifest, segments. */
  readonly findings: readonly Finding[]
}

/**
 * Decodes a Solo5 unikernel for any processor and target. Throws FormatError where that is not possible: BAD_MAGIC for a file that is
 * no ELF file or no unikernel. What can be decoded but must not be run is among the findings; `requireTrusted` asks for them.
 *
 * @example
 * ```ts
 * const artefact = readArtefact(sourceOf(bytes))
 * artefact.manifest.devices.map((device) => device.name) // ['service']
 * ```
 */
export function readArtefact(source: Source): Artefact {
  const { program, bakedNotes } = readProgram(source, 0)
  return withBaked(program, readBakedNote({ class: 64, ...program.elf }, bakedNotes, source))
}

/** The same for looking at a file: what is wrong with the note about baked parts is among the findings, and nothing is baked in then. */
export function examineArtefact(source: Source): Artefact {
  const { program, bakedNotes } = readProgram(source, 0)
  const { baked, findings } = examineBaked(() => readBakedNote({ class: 64, ...program.elf }, bakedNotes, source))
  return withBaked({ ...program, findings: [...program.findings, ...findings] }, baked)
}

/** The same for one of the programs that are baked into an artefact. Throws FormatError, whose offsets count from the program's beginning. */
export function readBakedProgram(source: Source, baked: Baked, program: BakedPart): Artefact {
  const field = `baked program ${program.name}`
  return { ...readProgram(partOf(source, program.offset, program.length, field), program.offset).program, baked }
}

type Program = Omit<Artefact, 'baked'>

function withBaked(program: Program, baked: Baked | undefined): Artefact {
  // Where there are several programs, one of the others may declare what this one does not.
  const alone = baked?.parts.every(({ kind }) => kind !== 'program') === true
  const undeclared = alone ? undeclaredFindings(baked, program.manifest.devices) : []
  return { ...program, baked, findings: [...program.findings, ...undeclared] }
}

function readProgram(source: Source, origin: number): { program: Program; bakedNotes: readonly Note[] } {
  const elf = readElf(source)
  const { abi, manifest, findings, bakedNotes } = readNotes(elf, source)
  const program = {
    size: source.size,
    target: abi.target,
    abiVersion: abi.version,
    machine: elf.machine,
    elf,
    manifest,
    origin,
    findings: [...findings, ...segmentFindings(elf, source.size, abi.target)],
  }
  return { program, bakedNotes }
}

/** Whether a note makes a file a Solo5 unikernel, whatever is in it. */
export function isSolo5Note({ name, type }: Note): boolean {
  return name === SOLO5_NAME && (type === ABI_NOTE_TYPE || type === MANIFEST_NOTE_TYPE)
}

/** Throws the first thing that a run refuses as a FormatError. */
export function requireTrusted(artefact: Artefact): void {
  const refused = artefact.findings.find((finding) => finding.severity === 'refused')
  if (refused !== undefined) throw new FormatError(refused.code, refused.field, refused.offset, refused.message)
}

/**
 * Throws FormatError for files that none of several programs asks for; of one alone this is among the findings. Of a program that is none nobody
 * knows what it asks for.
 */
export function requireWanted({ manifest }: Artefact, baked: Baked, source: Source): void {
  // The others are read where this one leaves something open.
  const [open] = undeclaredFindings(baked, manifest.devices)
  if (open === undefined) return
  const programs = baked.parts.filter(({ kind }) => kind === 'program')
  const devices = [...manifest.devices]
  try {
    for (const part of programs) devices.push(...readBakedProgram(source, baked, part).manifest.devices)
  } catch (error) {
    if (error instanceof FormatError) return
    throw error
  }
  const [refused] = undeclaredFindings(baked, devices)
  if (refused !== undefined) throw new FormatError(refused.code, refused.field, refused.offset, refused.message)
}

/**
 * Where the artefact's segments go in guest memory of this many bytes, and where they lie in its file. Throws FormatError for the first thing
 * that does not fit; its advice names the memory that would do, where more is all it takes.
 */
export function layOut(artefact: Artefact, memorySize: number): LoadLayout {
  const layout = planLoad(artefact.elf, loadLimits(artefact.size, memorySize))
  const { origin } = artefact
  const segments = layout.segments.map((each) => ({ ...each, fileOffset: each.fileOffset + origin }))
  return origin === 0 ? layout : { ...layout, segments }
}

/**
 * The smallest guest memory, in bytes, into which the artefact loads and with which its bindings start: a whole number of MiB, of
 * 2 MiB for hvt. Null where no amount is enough: the findings say why.
 */
export function minimumMemory(artefact: Artefact): number | null {
  const { layout, problems } = examineLoad(artefact.elf, loadLimits(artefact.size, LARGEST_MEMORY))
  if (problems.length > 0) return null
  const unit = artefact.target === 'hvt' ? HVT_MEMORY_UNIT : 1
  return Math.ceil(smallestMemory(layout) / unit) * unit
}

function loadLimits(sourceSize: number, memorySize: number): LoadLimits {
  return { sourceSize, memorySize, lowest: LOWEST_ADDRESS, pageSize: PAGE_SIZE }
}

interface Notes {
  readonly abi: Abi
  readonly manifest: Manifest
  readonly findings: readonly Finding[]
  /** About baked parts: one or none, where all is well. */
  readonly bakedNotes: readonly Note[]
}

/** Every note is checked as soon as it is met, so that a bad length is reported before what it makes of the bytes behind it. */
function readNotes(elf: Elf, source: Source): Notes {
  const findings: Finding[] = []
  const bakedNotes: Note[] = []
  let abi: Abi | undefined
  let examined: ReturnType<typeof examineManifest> | undefined
  for (const note of walkNotes(elf, source)) {
    if (isBakedNote(note)) bakedNotes.push(note)
    if (note.nameSize !== SOLO5_NAME.length || note.name !== SOLO5_NAME) continue
    if (note.type === ABI_NOTE_TYPE) {
      findings.push(...placeFindings(note, 'ABI1', abi !== undefined))
      // Only the first one is read: a file full of them must not cost more than a file with one.
      if (abi !== undefined) continue
      abi = decodeAbi(readDescriptor(source, note, 'abi', ABI_DESCRIPTOR_SIZE, MAX_ABI_DESCRIPTOR))
      findings.push(...abiFindings(note, abi))
    } else if (note.type === MANIFEST_NOTE_TYPE) {
      findings.push(...placeFindings(note, 'MFT1', examined !== undefined))
      if (examined !== undefined) continue
      const descriptor = readDescriptor(source, note, 'manifest', MIN_MANIFEST_DESCRIPTOR, MAX_MANIFEST_DESCRIPTOR)
      examined = examineManifest(manifestIn(descriptor))
      findings.push(...examined.findings)
    }
  }
  if (abi === undefined) {
    const what = examined === undefined ? 'is an ELF program for the host, not a Solo5 unikernel' : 'is for no target'
    throw new FormatError('BAD_MAGIC', 'notes', elf.tableOffset, `${what}: there is no ABI1 note`)
  }
  if (examined === undefined) {
    throw new FormatError('BAD_VALUE', 'notes', elf.tableOffset, 'hold no manifest: there is an ABI1 note but no MFT1')
  }
  return { abi, manifest: examined.manifest, findings, bakedNotes }
}

function placeFindings(note: Note, name: string, repeated: boolean): Finding[] {
  const field = `phdr[${note.programHeader}] note ${note.position}`
  const findings: Finding[] = []
  const find = (severity: Finding['severity'], message: string): void => {
    findings.push({ severity, code: 'BAD_VALUE', field, offset: note.offset, message })
  }
  if (repeated) find('refused', `is a second ${name} note: readers may disagree about which one counts`)
  if (note.position > 0) find('notice', `is the ${name} note behind another one: Solo5's own tenders do not find it`)
  return findings
}

function abiFindings(note: Note, abi: Abi): Finding[] {
  const known = ABI_VERSIONS[abi.target]
  if (abi.version === known) return []
  const message = `is ${abi.version}, which ${known === undefined ? 'is not known' : `is not ${known}`} for ${abi.target}`
  const offset = note.descriptorOffset + ABI_VERSION_AT
  return [{ severity: 'refused', code: 'UNSUPPORTED', field: 'abi.version', offset, message }]
}

function segmentFindings(elf: Elf, sourceSize: number, target: Target): Finding[] {
  const { layout, problems } = examineLoad(elf, loadLimits(sourceSize, LARGEST_MEMORY))
  const findings = problems.map((problem) => findingOf('refused', problem))
  for (const header of elf.programHeaders) {
    if (header.type !== PT_LOAD || header.filesz === 0n || (header.flags & (PF_READ | PF_WRITE | PF_EXECUTE)) !== 0)
      continue
    const message = 'gives no access at all: the guest dies when it touches this segment'
    findings.push({ severity: 'notice', code: 'BAD_VALUE', ...fieldOf(header, 'p_flags'), message })
  }
  const { entry } = layout
  const inCode = layout.segments.some(({ execute, start, end }) => execute && start <= entry && entry < end)
  // Xen starts its guests at the address in another note; elsewhere an entry outside of code is legal and never works.
  if (problems.length === 0 && !inCode && target !== 'xen') {
    const message = 'does not lie in an executable segment'
    findings.push({ severity: 'notice', code: 'BAD_VALUE', field: 'e_entry', offset: HEADER.entry, message })
  }
  return findings
}
