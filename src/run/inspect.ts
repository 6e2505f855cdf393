// Inspection for programs: the report that `slipway inspect --json` prints.

import { readArtefact } from '../artefact/artefact.ts'
import { describeArtefact, type InspectReport } from '../artefact/report.ts'
import { sourceOf } from '../base/reader.ts'
import { VERSION } from '../base/version.ts'
import { openFile } from '../host/files.ts'

/**
 * What an artefact is and needs: a path, or its bytes with the name that the report shall give it. Throws FormatError for what is no
 * artefact, HostError for a file that cannot be read.
 *
 * @example
 * ```ts
 * inspect('guests/prebuilt/hello.spt').target // 'spt'
 * ```
 */
export function inspect(path: string): InspectReport
export function inspect(bytes: Uint8Array, name: string): InspectReport
export function inspect(input: string | Uint8Array, name = ''): InspectReport {
  if (typeof input !== 'string') return describeArtefact(readArtefact(sourceOf(input)), name, VERSION)
  const file = openFile(input)
  try {
    return describeArtefact(readArtefact(file.source), input, VERSION)
  } finally {
    file.close()
  }
}
