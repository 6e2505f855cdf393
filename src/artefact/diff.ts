// What a new version of a unikernel asks for that the old one did not, and what it gave up: for whoever has to decide whether the new one
// may run where the old one did (docs/guide/manifest.md). Compares what the files declare, not what their code does. Pure.

import { PF_EXECUTE, PF_READ, PF_WRITE, PT_LOAD } from '../elf/format.ts'
import type { Machine } from '../elf/read.ts'
import type { Target } from './abi.ts'
import { type Artefact, minimumMemory } from './artefact.ts'
import { imageFor } from './baked-format.ts'
import type { Finding } from './finding.ts'
import type { PartsDiff } from './diff-parts.ts'
import type { DeviceDeclaration, DeviceType } from './manifest.ts'

/** What runs it: the target that it is linked for, and the version of that target's contract. */
export interface Contract {
  readonly target: Target
  readonly abiVersion: number
}

/** Something that is in one of the files and not in the other. */
export type Ask =
  | { readonly aspect: 'device'; readonly type: DeviceType; readonly name: string }
  /** One more program in the artefact: the least that it starts in, in bytes, null where no amount is enough; and its devices. */
  | {
      readonly aspect: 'program'
      readonly name: string
      readonly memory: number | null
      readonly devices: readonly DeviceDeclaration[]
    }
  /** What some segment in memory may be used for, as `ls` writes it: `r-x`. */
  | { readonly aspect: 'access'; readonly permissions: string }
  /** What a run refuses: asked for by whoever wants it to run all the same. */
  | { readonly aspect: 'finding'; readonly finding: Finding }

/** Something that both have, and differently. */
export type Replacement =
  | { readonly aspect: 'target'; readonly old: Contract; readonly new: Contract }
  | { readonly aspect: 'processor'; readonly old: Machine; readonly new: Machine }
  /** The least that it starts in, in bytes; null where no amount is enough. */
  | { readonly aspect: 'memory'; readonly old: number | null; readonly new: number | null }
  /** What a run gives it where its operator says nothing, in bytes. */
  | { readonly aspect: 'usual memory'; readonly old: number; readonly new: number }

/** `program`: of which one, where it is not the artefact's own. */
export type Change = (Ask | Replacement) & { readonly program?: string }

export interface ArtefactDiff {
  /** Each is a reason to ask somebody before the new one runs. */
  readonly asks: readonly Change[]
  /** What it could do without. */
  readonly gaveUp: readonly Change[]
  /** Notices that come and go: harmless for a run, worth knowing. */
  readonly noticed: { readonly now: readonly Finding[]; readonly before: readonly Finding[] }
  /** What is baked in, where something is: contents, which ask for nothing. */
  readonly baked?: PartsDiff
}

/**
 * Compares two unikernels, of artefacts with several programs the own ones. Another target or processor is something that the new one asks for; so is more memory, a device whose name or type is
 * new, a permission that no segment had, and whatever a run refuses. A device whose files are baked in is not asked for. The order of devices
 * and the sizes of segments change with every build and count for nothing.
 *
 * @example
 * ```ts
 * diffArtefacts(readArtefact(before), readArtefact(after)).asks.length // 0: nothing more than before
 * ```
 */
export function diffArtefacts(before: Artefact, after: Artefact): ArtefactDiff {
  const replaced = replacements(before, after)
  const lessMemory = (change: Replacement): boolean => change.aspect === 'memory' && !isMore(change.new, change.old)
  const notices = (artefact: Artefact): readonly Finding[] =>
    artefact.findings.filter(({ severity }) => severity === 'notice')
  return {
    asks: [...replaced.filter((change) => !lessMemory(change)), ...missing(asksOf(after), asksOf(before), keyOfAsk)],
    gaveUp: [...replaced.filter(lessMemory), ...missing(asksOf(before), asksOf(after), keyOfAsk)],
    noticed: {
      now: missingFindings(notices(after), notices(before)),
      before: missingFindings(notices(before), notices(after)),
    },
  }
}

function replacements(before: Artefact, after: Artefact): Replacement[] {
  const found: Replacement[] = []
  if (before.target !== after.target || before.abiVersion !== after.abiVersion) {
    found.push({ aspect: 'target', old: contractOf(before), new: contractOf(after) })
  }
  if (before.machine.id !== after.machine.id) {
    found.push({ aspect: 'processor', old: before.machine, new: after.machine })
  }
  const [was, is] = [minimumMemory(before), minimumMemory(after)]
  if (was !== is) found.push({ aspect: 'memory', old: was, new: is })
  return found
}

function contractOf({ target, abiVersion }: Artefact): Contract {
  return { target, abiVersion }
}

/** No amount being enough is more than any amount. */
function isMore(a: number | null, b: number | null): boolean {
  return (a ?? Number.POSITIVE_INFINITY) > (b ?? Number.POSITIVE_INFINITY)
}

function asksOf(artefact: Artefact): Ask[] {
  const { baked, manifest } = artefact
  const devices = manifest.devices.flatMap(({ type, name }) => {
    const isBakedIn = type === 'block' && baked !== undefined && imageFor(baked, name) !== undefined
    return isBakedIn ? [] : [{ aspect: 'device', type, name } as const]
  })
  const refused = artefact.findings.filter(({ severity }) => severity === 'refused')
  return [
    ...devices,
    ...permissionsOf(artefact).map((permissions) => ({ aspect: 'access', permissions }) as const),
    ...refused.map((finding) => ({ aspect: 'finding', finding }) as const),
  ]
}

/** Memory without contents is readable and writable whatever its flags are, as elf/load.ts has it. */
function permissionsOf({ elf }: Artefact): string[] {
  const loads = elf.programHeaders.filter(({ type, memsz }) => type === PT_LOAD && memsz > 0n)
  const spelt = loads.map(({ filesz, flags }) => {
    const bit = (mask: number, letter: string): string => ((flags & mask) === 0 ? '-' : letter)
    return filesz === 0n ? 'rw-' : bit(PF_READ, 'r') + bit(PF_WRITE, 'w') + bit(PF_EXECUTE, 'x')
  })
  return [...new Set(spelt)].sort()
}

/** Those of `all` that are not among `others`, each once. */
export function missingFindings(all: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  return missing(all, others, keyOfFinding)
}

/** Those of `all` that are not among `others`, each once. */
function missing<T>(all: readonly T[], others: readonly T[], keyOf: (item: T) => string): T[] {
  const known = new Set(others.map(keyOf))
  return all.filter((item) => {
    const key = keyOf(item)
    return !known.has(key) && known.add(key)
  })
}

function keyOfAsk(ask: Ask): string {
  switch (ask.aspect) {
    case 'device':
      return `device ${ask.type} ${ask.name}`
    case 'program':
      return `program ${ask.name}`
    case 'access':
      return `access ${ask.permissions}`
    case 'finding':
      return `finding ${keyOfFinding(ask.finding)}`
  }
}

/** Its place in the file changes with every build. */
function keyOfFinding({ code, field, message }: Finding): string {
  return `${code} ${field} ${message}`
}
