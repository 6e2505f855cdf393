// What `slipway manifest show` and `check` say about a manifest, as plain data for programs (schema/manifest.schema.json) and as text for
// people. Pure. Everything in it may come from a file that nobody has vouched for.

import { type ConfigError, type ConfigErrorCode, FormatError, type FormatErrorCode } from '../base/errors.ts'
import { escapeControls, quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { VERSION } from '../base/version.ts'
import { readDescriptor, walkNotes } from '../elf/notes.ts'
import { readElf } from '../elf/read.ts'
import { SOLO5_NAME } from './_note.ts'
import { examineArtefact } from './artefact.ts'
import { type Finding, findingOf, type Severity } from './finding.ts'
import {
  type Device,
  examineManifest,
  MANIFEST_NOTE_TYPE,
  manifestIn,
  MAX_MANIFEST_DESCRIPTOR,
  MIN_MANIFEST_DESCRIPTOR,
} from './manifest.ts'
import { examineManifestSource } from './manifest-source.ts'
import type { ReportedDevice } from './report.ts'
import { type ReportStyle, table } from './text-table.ts'
import { wiringFlag } from './wiring-flag.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
export const MANIFEST_SCHEMA_VERSION = 1

/** In an ELF file a part of it and its offset; in a manifest.json line and column, from 1, and the keys that lead there. */
export type ManifestPlace =
  | { readonly field: string; readonly offset: number }
  | { readonly line: number; readonly column: number; readonly path: readonly (string | number)[] }

export interface ManifestFinding {
  readonly severity: Severity
  readonly code: FormatErrorCode | ConfigErrorCode
  readonly place: ManifestPlace
  /** One sentence without the place. */
  readonly message: string
  readonly advice: string | null
}

/** `schema/manifest.schema.json` describes it field by field. */
export interface ManifestReport {
  readonly schema: 'slipway.manifest'
  readonly schemaVersion: typeof MANIFEST_SCHEMA_VERSION
  readonly slipwayVersion: string
  readonly file: string
  /** Where the manifest is: in the note of a unikernel, or in a manifest.json. */
  readonly form: 'elf' | 'json'
  /** Whether nothing is refused of what has been looked at. */
  readonly accepted: boolean
  /** Those that can be told. */
  readonly devices: readonly ReportedDevice[]
  readonly findings: readonly ManifestFinding[]
}

/**
 * The devices of a unikernel, and what is odd about its manifest; nothing else is looked at. Throws FormatError for what has no
 * manifest that can be decoded.
 *
 * @example
 * ```ts
 * showManifest(source, 'shop.spt').devices.map((device) => device.flag) // ['--net service=user']
 * ```
 */
export function showManifest(source: Source, file: string): ManifestReport {
  const elf = readElf(source)
  for (const note of walkNotes(elf, source)) {
    const own = note.nameSize === SOLO5_NAME.length && note.name === SOLO5_NAME && note.type === MANIFEST_NOTE_TYPE
    if (!own) continue
    const descriptor = readDescriptor(source, note, 'manifest', MIN_MANIFEST_DESCRIPTOR, MAX_MANIFEST_DESCRIPTOR)
    const { manifest, findings } = examineManifest(manifestIn(descriptor))
    return report(file, 'elf', manifest.devices, findings.map(inElf))
  }
  throw new FormatError('BAD_MAGIC', 'notes', elf.tableOffset, 'hold no manifest: there is no MFT1 note')
}

/** Everything that a run would refuse or a careful operator would ask about, in the manifest and around it. Throws nothing. */
export function checkArtefact(source: Source, file: string): ManifestReport {
  try {
    const { manifest, findings } = examineArtefact(source)
    return report(file, 'elf', manifest.devices, findings.map(inElf))
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return report(file, 'elf', [], [inElf(findingOf('refused', error))])
  }
}

/** Everything that is wrong with a manifest.json. Throws nothing. */
export function checkManifestSource(text: string, file: string): ManifestReport {
  const { devices, problems } = examineManifestSource(text, file)
  return report(file, 'json', devices, problems.map(inJson))
}

/** A manifest.json that could not even be read as text. */
export function refusedSource(error: ConfigError, file: string): ManifestReport {
  return report(file, 'json', [], [inJson(error)])
}

/** The report as text for people, with a line feed at its end: whether it is accepted, its devices, its findings. */
export function renderManifest(report: ManifestReport, style: ReportStyle = (_, text) => text): string {
  const { devices, findings } = report
  const count = devices.length === 1 ? '1 device' : `${devices.length || 'no'} devices`
  const rows = devices.map(({ handle, type, name, flag }) => [
    `${handle}`,
    type,
    quote(name),
    flag ?? 'cannot be wired',
  ])
  const heading = ['#', 'type', 'name', 'would be wired with']
  return [
    `${style('bold', quote(report.file))}: ${report.accepted ? count : style('red', 'refused')}\n`,
    rows.length === 0 ? '' : table([heading, ...rows], style, true),
    ...findings.map((finding) => renderFinding(finding, style)),
  ].join('')
}

function renderFinding({ severity, place, message, advice }: ManifestFinding, style: ReportStyle): string {
  const mark = severity === 'refused' ? style('red', 'refused') : style('yellow', 'notice ')
  const where =
    'field' in place ? `${place.field} at offset ${place.offset}` : `line ${place.line}, column ${place.column}:`
  const line = `  ${mark}  ${safe(where)} ${safe(message)}\n`
  return advice === null ? line : `${line}           ${safe(advice)}\n`
}

function report(
  file: string,
  form: ManifestReport['form'],
  devices: readonly Device[],
  findings: readonly ManifestFinding[],
): ManifestReport {
  return {
    schema: 'slipway.manifest',
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    slipwayVersion: VERSION,
    file,
    form,
    accepted: !findings.some(({ severity }) => severity === 'refused'),
    devices: devices.map((device) => ({ ...device, flag: wiringFlag(device) })),
    findings,
  }
}

function inElf({ severity, code, field, offset, message }: Finding): ManifestFinding {
  return { severity, code, place: { field, offset }, message, advice: null }
}

function inJson(error: ConfigError): ManifestFinding {
  const { code, line, column, path, message, advice } = error
  // The place is said beside it.
  const rest = message.slice(`${quote(error.file)}:${line}:${column}: `.length)
  return { severity: 'refused', code, place: { line, column, path }, message: rest, advice: advice ?? null }
}

/** Our own words, which may hold quoted ones: their escapes stay as they are. */
function safe(text: string): string {
  return escapeControls(text, '', '\\')
}
