// What a recogniser of a family says about a file: the common shape behind every inspect report. Pure; whatever comes out of a file
// is quoted before it becomes a part of the text here.

import type { ProgramHeader } from '../elf/read.ts'
import type { Artefact } from './artefact.ts'
import type { Baked, BakedPart } from './baked-format.ts'
import type { Finding } from './finding.ts'
import type { LauncherReport } from './launcher-report.ts'

/** Every kind of file that inspection knows, and the one that it does not. */
export const FAMILIES = [
  'solo5',
  'launcher',
  'unikraft',
  'rumprun',
  'linux',
  'xen',
  'multiboot',
  'genode',
  'muen',
  'efi',
  'program',
  'disk',
  'archive',
  'unknown',
] as const

export type Family = (typeof FAMILIES)[number]

export interface Processor {
  /** e_machine of an ELF header; null where the file has none. */
  readonly id: number | null
  /** As `uname -m` spells it: `x86_64`, `aarch64`; `i386` for 32-bit x86. */
  readonly name: string
}

/** Something worth knowing that has no key of its own. */
export interface Fact {
  readonly name: string
  readonly value: string
}

export const NEEDS = ['boot protocol', 'memory', 'device', 'processor', 'firmware', 'hypervisor', 'files'] as const

/** What has to be there before the file can do its work. */
export interface Need {
  readonly kind: (typeof NEEDS)[number]
  readonly detail: string
}

/** Something that can be told to it when it starts. */
export interface Parameter {
  /** `vfs.fstab`, or words such as `command line`. */
  readonly name: string
  /** Type and number as the file has them: `charp[16]`; or a limit: `at most 2047 bytes`. */
  readonly form: string
  readonly detail: string
}

/** Something that can start the file. What it takes of a machine is looked up by whoever has one at hand. */
export interface Starter {
  /** `slipway run`, a program, or a kind of firmware. */
  readonly name: string
  /** What to type or to do, with FILE for the file. */
  readonly how: string
  readonly requires: Requirement
}

export interface Requirement {
  /** A program that must be in PATH. */
  readonly command?: string
  /** Write access to /dev/kvm. */
  readonly kvm?: boolean
  /** A Linux of at least this version on this processor (as Node.js names it), where the program is to run by itself. */
  readonly linux?: { readonly machine: string; readonly atLeast: readonly [number, number] }
  /** A machine that nobody can look for from here: its firmware, another hypervisor. */
  readonly elsewhere?: true
}

export interface Identification {
  readonly family: Family
  /** What it is, in a few words: `Linux kernel, bzImage`. */
  readonly summary: string
  /** What it is linked or made for: `spt`, `qemu-x86_64`, `pvh`, `qcow2`; null where there is no such thing. */
  readonly target: string | null
  readonly processor: Processor | null
  readonly entry: bigint | null
  readonly facts: readonly Fact[]
  readonly needs: readonly Need[]
  readonly accepts: readonly Parameter[]
  readonly starters: readonly Starter[]
  readonly segments: readonly ProgramHeader[]
  readonly findings: readonly Finding[]
  /** What is baked into it, of whatever family it is. */
  readonly baked?: Baked
  /** What the parts are that are programs, in the order of the parts. */
  readonly programs?: readonly BakedProgram[]
  /** A Solo5 unikernel, decoded. */
  readonly artefact?: Artefact
  /** What a launcher would do. */
  readonly launcher?: LauncherReport
}

/** A program in an artefact beside its own. */
export interface BakedProgram {
  readonly part: BakedPart
  /** undefined where it is damaged so that nothing can be said about it. */
  readonly found: Identification | undefined
}

/** An identification of which most is not known: `known` says the rest. */
export function identification(
  known: Pick<Identification, 'family' | 'summary'> & Partial<Identification>,
): Identification {
  return {
    target: null,
    processor: null,
    entry: null,
    facts: [],
    needs: [],
    accepts: [],
    starters: [],
    segments: [],
    findings: [],
    ...known,
  }
}
