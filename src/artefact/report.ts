// What `slipway inspect` says about a file, as plain data for programs (schema/inspect.schema.json). Pure. Everything in it may come from a
// file that nobody has vouched for.

import { VERSION } from '../base/version.ts'
import { PF_EXECUTE, PF_READ, PF_WRITE, segmentTypeName } from '../elf/format.ts'
import type { Machine, ProgramHeader } from '../elf/read.ts'
import type { Target } from './abi.ts'
import { minimumMemory } from './artefact.ts'
import { describeBaked, type ReportedBaked } from './baked-report.ts'
import type { Finding } from './finding.ts'
import type { LauncherReport } from './launcher-report.ts'
import type { Fact, Family, Identification, Need, Parameter, Processor, Starter } from './identification.ts'
import type { DeviceType } from './manifest.ts'
import { wiringFlag } from './wiring-flag.ts'

/**
 * Grows when a reader of the old documents would misunderstand the new ones. 2: every family, where 1 had Solo5 unikernels only.
 */
export const INSPECT_SCHEMA_VERSION = 2

/** Addresses and sizes that a file may claim to be anything up to 2^64 - 1 are strings of the form `0x100000`. */
export interface ReportedSegment {
  /** In the table of program headers. */
  readonly index: number
  /** `LOAD`, `NOTE`, `TLS`, …; the number in hexadecimal where it has no name. */
  readonly type: string
  /** As `ls` writes them: `r-x`. */
  readonly permissions: string
  readonly address: string
  readonly memorySize: string
  readonly fileSize: string
}

export interface ReportedDevice {
  readonly name: string
  readonly type: DeviceType
  readonly handle: number
  /** The flag that wires it; null where its name cannot be wired. */
  readonly flag: string | null
}

export const HERE = ['yes', 'no', 'unknown'] as const

export interface ReportedStarter {
  /** `slipway run`, a program, or a kind of firmware. */
  readonly name: string
  /** What to type or to do, with FILE for the file. */
  readonly how: string
  /** Whether this machine can; unknown where that cannot be seen from here, or nobody has looked. */
  readonly here: (typeof HERE)[number]
  /** What is missing here, where something is. */
  readonly missing: string | null
}

interface CommonReport {
  readonly schema: 'slipway.inspect'
  readonly schemaVersion: typeof INSPECT_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** What it is, in a few words. */
  readonly summary: string
  /** Bytes; null where no amount of memory is enough, and where that is not known. */
  readonly minimumMemory: number | null
  readonly facts: readonly Fact[]
  readonly needs: readonly Need[]
  readonly accepts: readonly Parameter[]
  readonly startedBy: readonly ReportedStarter[]
  readonly segments: readonly ReportedSegment[]
  readonly devices: readonly ReportedDevice[]
  readonly findings: readonly Finding[]
  /** Where something is baked into it. */
  readonly baked?: ReportedBaked
}

export interface Solo5Report extends CommonReport {
  readonly family: 'solo5'
  readonly target: Target
  readonly abiVersion: number
  readonly processor: Machine
  readonly entry: string
}

/** What is not known, or is not there in such a file, is null. */
export interface OtherReport extends CommonReport {
  readonly family: Exclude<Family, 'solo5'>
  readonly target: string | null
  readonly abiVersion: null
  readonly processor: Processor | null
  readonly entry: string | null
  /** Of a launcher, where somebody has looked into it. */
  readonly launcher?: LauncherReport
}

/** `schema/inspect.schema.json` describes it field by field. */
export type InspectReport = Solo5Report | OtherReport

/** Whether this machine has what a starter requires, and what is missing. */
export type LookForStarter = (starter: Starter) => Pick<ReportedStarter, 'here' | 'missing'>

/** For where there is no machine to look at. */
const NOT_LOOKED: LookForStarter = () => ({ here: 'unknown', missing: null })

/** What describes an identification besides itself. */
export interface ReportContext {
  /** The name to show. */
  readonly file: string
  /** Bytes of the file. */
  readonly size: number
  readonly slipwayVersion?: string
  readonly look?: LookForStarter
}

/**
 * The report as data that JSON can hold.
 *
 * @example
 * ```ts
 * describeFile(identify(source), { file: 'vmlinuz', size: source.size }).family // 'linux'
 * ```
 */
export function describeFile(found: Identification, context: ReportContext): InspectReport {
  const { look = NOT_LOOKED } = context
  const head = {
    schema: 'slipway.inspect',
    schemaVersion: INSPECT_SCHEMA_VERSION,
    slipwayVersion: context.slipwayVersion ?? VERSION,
    file: context.file,
    size: context.size,
  } as const
  const { artefact } = found
  const body = {
    minimumMemory: artefact === undefined ? null : minimumMemory(artefact),
    facts: found.facts,
    needs: found.needs,
    accepts: found.accepts,
    startedBy: found.starters.map((starter) => ({ name: starter.name, how: starter.how, ...look(starter) })),
    segments: found.segments.map(describeSegment),
    devices: (artefact?.manifest.devices ?? []).map((device) => ({
      ...device,
      flag: wiringFlag(device, artefact?.baked),
    })),
    findings: found.findings,
    ...(found.baked === undefined ? {} : { baked: describeBaked(found.baked, found.programs ?? []) }),
  }
  const { summary, family } = found
  if (artefact !== undefined) {
    const { target, abiVersion, machine, elf } = artefact
    return { ...head, family: 'solo5', summary, target, abiVersion, processor: machine, entry: hex(elf.entry), ...body }
  }
  if (family === 'solo5') throw new Error('a Solo5 unikernel without its artefact')
  const entry = found.entry === null ? null : hex(found.entry)
  return {
    ...head,
    family,
    summary,
    target: found.target,
    abiVersion: null,
    processor: found.processor,
    entry,
    ...body,
    ...(found.launcher === undefined ? {} : { launcher: found.launcher }),
  }
}

function describeSegment(header: ProgramHeader): ReportedSegment {
  const bit = (mask: number, letter: string): string => ((header.flags & mask) === 0 ? '-' : letter)
  return {
    index: header.index,
    type: segmentTypeName(header.type),
    permissions: bit(PF_READ, 'r') + bit(PF_WRITE, 'w') + bit(PF_EXECUTE, 'x'),
    address: hex(header.vaddr),
    memorySize: hex(header.memsz),
    fileSize: hex(header.filesz),
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}
