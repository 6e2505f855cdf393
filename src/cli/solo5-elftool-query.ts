// What elftool query-manifest and query-abi print: the reference's JSON, line for line, but valid and safe to show whatever the file has
// in it. The file is not trusted. Pure.

import { ABI_DESCRIPTOR_SIZE, ABI_NOTE_TYPE, ABI_VERSION_AT, MAX_ABI_DESCRIPTOR, targetOf } from '../artefact/abi.ts'
import {
  deviceTypeOf,
  listEntries,
  MANIFEST_NOTE_TYPE,
  MAX_MANIFEST_DESCRIPTOR,
  RESERVED_FIRST,
} from '../artefact/manifest.ts'
import { sourceTypeName } from '../artefact/manifest-source.ts'
import { findReferenceNote } from '../artefact/reference-note.ts'
import { FormatError } from '../base/errors.ts'
import { writeJson } from '../base/json-text.ts'
import { escapeControls } from '../base/quote.ts'
import type { ByteReader, Source } from '../base/reader.ts'
import { refuse } from './solo5-elftool-refusal.ts'

const MANIFEST = { type: MANIFEST_NOTE_TYPE, align: 8, least: 1, most: MAX_MANIFEST_DESCRIPTOR }
const ABI = { type: ABI_NOTE_TYPE, align: 4, least: ABI_DESCRIPTOR_SIZE, most: MAX_ABI_DESCRIPTOR }

/** The devices of a unikernel. `file` is its name, shown escaped. Throws what `refuse()` throws. */
export function queryManifest(source: Source, file: string): string {
  const note = orRefuse(file, () => findReferenceNote(source, MANIFEST))
  if (note === undefined) return refuse(`${escapeControls(file)}: No Solo5 manifest found in executable`)
  const devices = entriesOf(note, file).filter(({ type }) => type < RESERVED_FIRST)
  const lines = devices.map(({ name, type }, i) => {
    const known = deviceTypeOf(type)
    const typeName = known === undefined ? '<undefined type>' : sourceTypeName(known)
    // writeJson() ends with a line feed, and leaves nothing in the name that a terminal acts on.
    return `    { "name": ${writeJson(name).trimEnd()}, "type": "${typeName}" }${i < devices.length - 1 ? ',' : ''}\n`
  })
  return `{\n  "type": "solo5.manifest",\n  "version": 1,\n  "devices": [\n${lines.join('')}  ]\n}\n`
}

/** The target of a unikernel and the version of its contract. Throws what `refuse()` throws. */
export function queryAbi(source: Source, file: string): string {
  const note = orRefuse(file, () => findReferenceNote(source, ABI))
  if (note === undefined) return refuse(`${escapeControls(file)}: No Solo5 ABI information found in executable`)
  const target = targetOf(note.u32(0, 'abi.target')) ?? 'unknown'
  return `{\n  "type": "solo5.abi",\n  "target": "${target}",\n  "version": ${note.u32(ABI_VERSION_AT, 'abi.version')}\n}\n`
}

function entriesOf(note: ByteReader, file: string): ReturnType<typeof listEntries> {
  try {
    return listEntries(note)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return refuse(`${escapeControls(file)}: Manifest validation failed`)
  }
}

/** The problems of finding a note have the reference's words already. */
function orRefuse<T>(file: string, find: () => T): T {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return refuse(`${escapeControls(file)}: ${error.problem}`)
  }
}
