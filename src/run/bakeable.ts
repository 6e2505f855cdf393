// What something can be baked into: unikernels, alone or several in one artefact, and the disks that they ask for.

import { readArtefact, requireTrusted } from '../artefact/artefact.ts'
import { isProgramName } from '../artefact/decode-baked.ts'
import { identify } from '../artefact/identify.ts'
import type { Family } from '../artefact/identification.ts'
import { isDeviceName } from '../artefact/manifest.ts'
import { UsageError, WiringError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'

export type BakeableProgram = {
  readonly family: Family
  /** What it is linked for and its processor, in words to compare. */
  readonly kind: string
  /** The block devices that it declares; undefined for families that declare none anywhere. */
  readonly disks: readonly string[] | undefined
}

const KERNELS: readonly Family[] = ['unikraft', 'rumprun', 'linux', 'xen', 'multiboot', 'genode', 'muen', 'efi']

/** Throws FormatError for a unikernel that no run would start, UsageError for what is none. */
export function examineProgram(source: Source, path: string): BakeableProgram {
  const known = identify(source)
  if (known.family === 'solo5') {
    const artefact = readArtefact(source)
    requireTrusted(artefact)
    const disks = artefact.manifest.devices.filter(({ type }) => type === 'block').map(({ name }) => name)
    return { family: 'solo5', kind: `${artefact.target} on ${artefact.machine.name}`, disks }
  }
  if (KERNELS.includes(known.family)) return { family: known.family, kind: known.summary, disks: undefined }
  const advice =
    known.family === 'launcher' ? 'bake the artefact, and compose its launcher then' : 'slipway inspect says what it is'
  throw new UsageError('BAD_ARGUMENT', `${quote(path)} is no unikernel: ${known.summary}`, advice)
}

/** Several programs share what is baked with them, so they are for one tender. Throws UsageError. */
export function requireAlike(own: BakeableProgram, other: BakeableProgram, path: string): void {
  if (own.family !== 'solo5') {
    const problem = `a ${own.family} artefact has one program: ${quote(path)} cannot be added`
    throw new UsageError('BAD_ARGUMENT', problem, 'several programs in one artefact are possible for Solo5 unikernels')
  }
  if (own.kind === other.kind) return
  const problem = `${quote(path)} is for ${other.kind}, the artefact for ${own.kind}`
  throw new UsageError('BAD_ARGUMENT', problem, 'link all programs of an artefact for the same target')
}

/** Throws WiringError NOT_DECLARED for a disk that no program asks for, UsageError where it is not clear which is meant. */
export function chooseDisk(programs: readonly BakeableProgram[], wanted: string | undefined): string {
  const disks = disksOf(programs)
  if (wanted !== undefined) {
    if (!isDeviceName(wanted)) {
      throw new UsageError('BAD_ARGUMENT', `--device is ${quote(wanted)}, no device name: 1 to 67 letters and digits`)
    }
    requireDeclared(disks, wanted)
    return wanted
  }
  if (disks === undefined) return USUAL_DISK
  const [only, second] = disks
  if (only !== undefined && second === undefined) return only
  if (only === undefined) {
    const advice = 'slipway manifest embed adds one, where the program uses it'
    throw new WiringError('NOT_DECLARED', 'the artefact declares no block device that files could be for', advice)
  }
  const problem = `the artefact declares ${disks.length} block devices: ${disks.map((name) => quote(name)).join(', ')}`
  throw new UsageError('MISSING_ARGUMENT', problem, `say which the files are for: --device ${only}`)
}

/** What a disk of files is called for kernels that declare none. */
const USUAL_DISK = 'rootfs'

export function requireDeclared(disks: readonly string[] | undefined, name: string): void {
  if (disks === undefined || disks.includes(name)) return
  const near = nearest(name, disks)
  const there = disks.length === 0 ? 'it declares none' : `it declares ${disks.map((disk) => quote(disk)).join(', ')}`
  const advice = near === undefined ? there : `did you mean ${near}?`
  throw new WiringError('NOT_DECLARED', `the artefact declares no block device ${quote(name)}`, advice)
}

/** Of all programs; undefined where they declare none anywhere. */
export function disksOf(programs: readonly BakeableProgram[]): readonly string[] | undefined {
  if (programs.some(({ disks }) => disks === undefined)) return undefined
  return [...new Set(programs.flatMap(({ disks }) => disks ?? []))]
}

/** Throws UsageError for what cannot be the name of a program in an artefact. */
export function requireProgramName(name: string, what: string): string {
  if (isProgramName(name)) return name
  const advice = 'use up to 67 letters, digits, `_`, `.` and `-`, a letter or digit first'
  throw new UsageError('BAD_ARGUMENT', `${what} ${quote(name)} cannot be the name of a program`, advice)
}
