// Inspection for programs: the report that `slipway inspect --json` prints.

import type { Identification } from '../artefact/identification.ts'
import { identify } from '../artefact/identify.ts'
import { describeFile, type InspectReport, type LookForStarter } from '../artefact/report.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { VERSION } from '../base/version.ts'
import { openFile } from '../host/files.ts'
import { describeLauncher } from '../targets/spt/describe.ts'
import { codecs } from './codecs.ts'
import { starterFinder } from './starters.ts'

/**
 * What a file is, needs and accepts, and what can start it: a path, or its bytes with the name that the report shall give it. A
 * file that nobody knows is of the family `unknown`. Throws FormatError for a damaged file of a known kind, HostError for one that
 * cannot be read.
 *
 * @example
 * ```ts
 * inspect('guests/prebuilt/hello.spt').family // 'solo5'
 * ```
 */
export function inspect(path: string): InspectReport
export function inspect(bytes: Uint8Array, name: string): InspectReport
export function inspect(input: string | Uint8Array, name = ''): InspectReport {
  const look = starterFinder()
  return typeof input === 'string' ? inspectFile(input, look) : report(sourceOf(input), name, look)
}

/** One of many: `look` remembers what it has found on this machine. */
export function inspectFile(path: string, look: LookForStarter): InspectReport {
  const file = openFile(path)
  try {
    return report(file.source, path, look)
  } finally {
    file.close()
  }
}

function report(source: Source, file: string, look: LookForStarter): InspectReport {
  const known = identify(source, codecs)
  const found: Identification = known.family === 'launcher' ? { ...known, launcher: describeLauncher(source) } : known
  return describeFile(found, { file, size: source.size, slipwayVersion: VERSION, look })
}
