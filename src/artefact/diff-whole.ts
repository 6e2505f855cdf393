// What a new version of an artefact asks for with all that is in it: each of its programs, and the memory that its document wants. Images and
// documents are contents, as code is, and ask for nothing: whatever the one holds and the other says, resources come from the operator, and a
// document can only choose among programs that are compared here. Pure.

import { type Artefact, minimumMemory } from './artefact.ts'
import { type ArtefactDiff, type Change, diffArtefacts, missingFindings } from './diff.ts'
import { diffParts } from './diff-parts.ts'
import type { WholeArtefact } from './whole-artefact.ts'

/**
 * As `diffArtefacts` of the artefacts' own programs, with what the others ask for; those of one name are compared with each other.
 *
 * @example
 * ```ts
 * diffWhole(readWholeArtefact(before, 2 ** 29), readWholeArtefact(after, 2 ** 29)).asks
 * ```
 */
export function diffWhole(before: WholeArtefact, after: WholeArtefact): ArtefactDiff {
  const own = diffArtefacts(before.own, after.own)
  const there = diffPrograms(before, after)
  const back = diffPrograms(after, before)
  const memory = diffMemory(before, after)
  return {
    asks: [...own.asks, ...memory.asks, ...there.added, ...there.asks, ...problems(after, before)],
    gaveUp: [...own.gaveUp, ...memory.gaveUp, ...back.added, ...there.gaveUp, ...problems(before, after)],
    noticed: own.noticed,
    ...withParts(before, after),
  }
}

function withParts({ own: before }: WholeArtefact, { own: after }: WholeArtefact): Pick<ArtefactDiff, 'baked'> {
  const baked = diffParts(before.baked, after.baked)
  return baked === undefined ? {} : { baked }
}

/** Those of the second that the first does not have, and what the others ask for that they did not. */
function diffPrograms(
  before: WholeArtefact,
  after: WholeArtefact,
): { readonly added: readonly Change[]; readonly asks: readonly Change[]; readonly gaveUp: readonly Change[] } {
  const known = allPrograms(before)
  const added: Change[] = []
  const asks: Change[] = []
  const gaveUp: Change[] = []
  for (const [program, artefact] of after.programs) {
    const was = known.get(program)
    if (was === undefined) {
      added.push(describeProgram(program, artefact))
      continue
    }
    const diff = diffArtefacts(was, artefact)
    asks.push(...diff.asks.map((change) => ({ ...change, program })))
    gaveUp.push(...diff.gaveUp.map((change) => ({ ...change, program })))
  }
  return { added, asks, gaveUp }
}

/** The artefact's own as well, if it has a name. */
function allPrograms({ own, programs }: WholeArtefact): ReadonlyMap<string, Artefact> {
  const name = own.baked?.program ?? ''
  return name === '' ? programs : new Map([[name, own], ...programs])
}

function describeProgram(name: string, artefact: Artefact): Change {
  const devices = artefact.manifest.devices.map(({ name, type }) => ({ name, type }))
  return { aspect: 'program', name, memory: minimumMemory(artefact), devices }
}

function diffMemory(before: WholeArtefact, after: WholeArtefact): Pick<ArtefactDiff, 'asks' | 'gaveUp'> {
  const [was, is] = [before.usualMemory, after.usualMemory]
  const change: Change = { aspect: 'usual memory', old: was, new: is }
  return { asks: is > was ? [change] : [], gaveUp: is < was ? [change] : [] }
}

function problems(all: WholeArtefact, others: WholeArtefact): readonly Change[] {
  return missingFindings(all.problems, others.problems).map((finding) => ({ aspect: 'finding', finding }))
}
