// What an inspect report says about what is baked into a file, as plain data. Pure.

import type { Baked, BakedPart, PartKind } from './baked-format.ts'
import type { BakedProgram, Family, Identification } from './identification.ts'
import type { DeviceDeclaration } from './manifest.ts'

export interface ReportedBaked {
  /** What the artefact's own program is called beside others; null where it has no name. */
  readonly program: string | null
  /** Bytes of the file before anything was baked into it. */
  readonly originalSize: number
  /** In ascending order of their places. */
  readonly parts: readonly ReportedPart[]
}

export type ReportedPart = Omit<BakedPart, 'kind' | 'name'> & {
  /** The device that an image is for, or a program's name; null for a document. */
  readonly name: string | null
} & (
    | { readonly kind: Exclude<PartKind, 'program'> }
    /** What it is; null where it is damaged so that nothing can be said about it. */
    | { readonly kind: 'program'; readonly contents: ReportedProgram | null }
  )

export interface ReportedProgram {
  readonly family: Family
  readonly summary: string
  readonly target: string | null
  /** The processor's name. */
  readonly processor: string | null
  readonly devices: readonly DeviceDeclaration[]
}

export function describeBaked(baked: Baked, programs: readonly BakedProgram[]): ReportedBaked {
  const { program, originalSize, parts } = baked
  return {
    program: program === '' ? null : program,
    originalSize,
    parts: parts.map((part): ReportedPart => {
      const { kind, name, ...place } = part
      if (kind !== 'program') return { kind, name: name === '' ? null : name, ...place }
      const found = programs.find((program) => program.part === part)?.found
      return { kind, name, ...place, contents: found === undefined ? null : describeProgram(found) }
    }),
  }
}

function describeProgram({ family, summary, target, processor, artefact }: Identification): ReportedProgram {
  const devices = artefact?.manifest.devices ?? []
  return {
    family,
    summary,
    target,
    processor: processor?.name ?? null,
    devices: devices.map(({ name, type }) => ({ name, type })),
  }
}
