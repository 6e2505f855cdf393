// A Solo5 unikernel with all that is in its file: its programs, and what the documents in it ask for. For comparing versions; a run looks only at
// the program that it starts. The file is not trusted: only FormatError comes out. Pure.

import { ConfigError, FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import { effectiveConfig } from '../config/effective.ts'
import { parseConfigBytes } from '../config/layer.ts'
import { type Artefact, readArtefact, readBakedProgram } from './artefact.ts'
import type { BakedPart } from './baked-format.ts'
import { type Finding, findingOf } from './finding.ts'

export interface WholeArtefact {
  /** The artefact as its own program. */
  readonly own: Artefact
  /** The other programs by their names. */
  readonly programs: ReadonlyMap<string, Artefact>
  /** Bytes that a run gives it where its operator says nothing. */
  readonly usualMemory: number
  /** What cannot be read of all this: a run of it would be refused. */
  readonly problems: readonly Finding[]
}

/**
 * Reads headers and notes of every program, and the documents; no digest is verified, since a run does that. `usualMemory` is what a guest gets
 * that no document speaks of. Throws FormatError as `readArtefact` does.
 *
 * @example
 * ```ts
 * readWholeArtefact(source, 512 * 2 ** 20).programs.get('worker')?.manifest.devices
 * ```
 */
export function readWholeArtefact(source: Source, usualMemory: number): WholeArtefact {
  const own = readArtefact(source)
  const problems: Finding[] = []
  const parts = own.baked?.parts ?? []
  const programs = new Map<string, Artefact>()
  for (const [i, part] of parts.entries()) {
    if (part.kind !== 'program' || own.baked === undefined) continue
    try {
      programs.set(part.name, readBakedProgram(source, own.baked, part))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      problems.push(inPart(i, part, findingOf('refused', error)))
    }
  }
  const memory = memoryAskedFor(source, parts, problems)
  return { own, programs, usualMemory: memory ?? usualMemory, problems }
}

function inPart(index: number, part: BakedPart, finding: Finding): Finding {
  const offset = Math.min(part.offset + finding.offset, Number.MAX_SAFE_INTEGER)
  return { ...finding, field: `baked.part[${index}] ${finding.field}`, offset }
}

/** The documents of images first, which the artefact's own wins over. */
function memoryAskedFor(source: Source, parts: readonly BakedPart[], problems: Finding[]): number | undefined {
  const documents = ['rumpconfig', 'config'].flatMap((kind) => parts.filter((part) => part.kind === kind))
  try {
    const layers = documents.map((part) =>
      parseConfigBytes(source.readAt(part.offset, part.length), `${part.kind} ${part.name}`.trim(), 'baked'),
    )
    return layers.length === 0 ? undefined : effectiveConfig(layers).document.memory
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const offset = documents[0]?.offset ?? 0
    problems.push({
      severity: 'refused',
      code: 'BAD_VALUE',
      field: 'baked configuration',
      offset,
      message: error.message,
    })
    return undefined
  }
}
