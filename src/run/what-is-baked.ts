// What an artefact brings along for a run besides files: the documents that it is told, and the programs that it has.

import { type Artefact, readBakedProgram } from '../artefact/artefact.ts'
import { readBaked } from '../artefact/baked.ts'
import { type Baked, type BakedPart, imageFor } from '../artefact/baked-format.ts'
import { type OpenFile, openFile } from '../host/files.ts'
import type { BakedDocument } from './guest-config.ts'
import { requireVerified } from './verify-part.ts'

/** The documents in an artefact in the order in which later ones win: those of images, then its own. */
export function documentsIn({ parts }: Baked): readonly BakedPart[] {
  const ofKind = (kind: BakedPart['kind']): readonly BakedPart[] => parts.filter((part) => part.kind === kind)
  return [...ofKind('rumpconfig'), ...ofKind('config')]
}

/** Whether a file brings along what its guest is told. Throws FormatError and HostError. */
export function bringsDocuments(path: string): boolean {
  const file = openFile(path)
  try {
    const baked = readBaked(file.source)
    return baked !== undefined && documentsIn(baked).length > 0
  } finally {
    file.close()
  }
}

/** Of a run's options what says what the guest is told. */
type Said = {
  readonly config?: unknown
  readonly commandLine?: string | undefined
  readonly withoutBaked?: boolean | undefined
}

/** Whether an artefact brings along what it is told, and nobody says anything else: a guest without that needs none of the code. */
export function needsOwnConfig(path: string, { config, commandLine, withoutBaked = false }: Said): boolean {
  return config === undefined && commandLine === undefined && !withoutBaked && bringsDocuments(path)
}

/** With the names of their places, as `slipway fs cat` takes them. Throws FormatError for a damaged one. */
export function readDocuments(file: OpenFile, path: string, baked: Baked): readonly BakedDocument[] {
  return documentsIn(baked).map((part) => {
    requireVerified(file, part)
    const bytes = file.source.readAt(part.offset, part.length)
    return { bytes, file: part.kind === 'config' ? `${path}!config` : `${path}!${part.name}:/rumpconfig.json` }
  })
}

/** The artefact's own program first; undefined where it has one, and no name for it. */
export function programsIn({ program, parts }: Baked): readonly string[] | undefined {
  const others = parts.filter(({ kind }) => kind === 'program').map(({ name }) => name)
  return program === '' ? undefined : [program, ...others]
}

/** One of the programs in an artefact. Throws FormatError for a damaged one. */
export function takeProgram(file: OpenFile, own: Artefact, baked: Baked, program: string): Artefact {
  const part = baked.parts.find(({ kind, name }) => kind === 'program' && name === program)
  if (part === undefined) return own
  requireVerified(file, part)
  return readBakedProgram(file.source, baked, part)
}

/** What the devices of these names will be served from, or copied from. Throws FormatError for what is damaged. */
export function verifyImages(file: OpenFile, baked: Baked | undefined, devices: readonly string[]): void {
  if (baked === undefined) return
  for (const device of devices) {
    const image = imageFor(baked, device)
    if (image !== undefined) requireVerified(file, image)
  }
}
