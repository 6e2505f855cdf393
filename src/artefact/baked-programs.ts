// The programs in an artefact beside its own: what each is, and what is odd about it. Each is a file of its own, as little trusted. Pure.

import { FormatError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { partOf } from '../files/parts.ts'
import { undeclaredFindings } from './baked-findings.ts'
import { type Baked, type BakedPart, placeInRecord } from './baked-format.ts'
import { type Finding, findingOf } from './finding.ts'
import type { BakedProgram, Identification } from './identification.ts'

/** Findings about one program that are told one by one. */
const MAX_TOLD = 8

/** The same with what is in the parts that are programs. `identify` looks at each as at a file. */
export function withPrograms(
  known: Identification,
  baked: Baked,
  source: Source,
  identify: (program: Source) => Identification,
): Identification {
  const looked = baked.parts.flatMap((part, i) =>
    part.kind === 'program' ? [look(part, i, baked, source, identify)] : [],
  )
  const [first] = looked
  if (first === undefined) return known
  const findings = looked.flatMap((program) => program.findings)
  const programs = looked.map(({ part, found }) => ({ part, found }))
  const devices = declaredBy([known, ...programs.map(({ found }) => found)])
  const undeclared = devices === undefined ? [] : undeclaredFindings(baked, devices)
  return { ...known, programs, findings: [...known.findings, ...undeclared, ...findings] }
}

type Looked = BakedProgram & { readonly findings: readonly Finding[] }

function look(
  part: BakedPart,
  index: number,
  baked: Baked,
  source: Source,
  identify: (program: Source) => Identification,
): Looked {
  const field = `baked.part[${index}]`
  const inFile = (finding: Finding): Finding => ({
    ...finding,
    field: `${field} ${finding.field}`,
    offset: Math.min(part.offset + finding.offset, Number.MAX_SAFE_INTEGER),
  })
  try {
    const found = identify(partOf(source, part.offset, part.length, field))
    const nested = found.baked === undefined ? [] : [nestedFinding(field, part)]
    const told = found.findings.slice(0, MAX_TOLD).map(inFile)
    const rest = found.findings.slice(MAX_TOLD)
    const more = rest.length === 0 ? [] : [moreFinding(field, placeInRecord(baked, index, 'name'), rest)]
    return { part, found, findings: [...nested, ...told, ...more] }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { part, found: undefined, findings: [inFile(findingOf('refused', error))] }
  }
}

function nestedFinding(field: string, { name, offset }: BakedPart): Finding {
  const message = `is ${quote(name)}, which has something baked into it itself: nobody looks there`
  return { severity: 'notice', code: 'UNSUPPORTED', field, offset, message }
}

function moreFinding(field: string, offset: number, rest: readonly Finding[]): Finding {
  const severity = rest.some(({ severity }) => severity === 'refused') ? 'refused' : 'notice'
  return { severity, code: 'LIMIT', field, offset, message: `has ${rest.length} more findings` }
}

/** The devices of all of them; undefined where one is not known, or is of a family that declares none anywhere. */
function declaredBy(programs: readonly (Identification | undefined)[]) {
  const manifests = programs.map((found) => found?.artefact?.manifest)
  if (manifests.includes(undefined)) return undefined
  return manifests.flatMap((manifest) => manifest?.devices ?? [])
}
