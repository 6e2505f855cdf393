// What inspection reports about the note of an artefact, beside what it says. Pure.

import { FormatError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import { type Baked, placeInRecord } from './baked-format.ts'
import { type Finding, findingOf } from './finding.ts'
import type { Manifest } from './manifest.ts'

/** What `read` returns; what is wrong with it is a finding, since a damaged note is not the end of looking at a file. */
export function examineBaked(read: () => Baked | undefined): {
  readonly baked: Baked | undefined
  readonly findings: readonly Finding[]
} {
  try {
    return { baked: read(), findings: [] }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { baked: undefined, findings: [findingOf('refused', error)] }
  }
}

/** Images for disks that none of these devices is. */
export function undeclaredFindings(baked: Baked, devices: Manifest['devices']): readonly Finding[] {
  const disks = new Set(devices.filter(({ type }) => type === 'block').map(({ name }) => name))
  return baked.parts.flatMap(({ kind, name }, i): Finding[] => {
    if (kind !== 'files' || disks.has(name)) return []
    const message = `is ${quote(name)}, and no block device of that name is declared`
    const offset = placeInRecord(baked, i, 'name')
    return [{ severity: 'refused', code: 'BAD_VALUE', field: `baked.part[${i}].name`, offset, message }]
  })
}
