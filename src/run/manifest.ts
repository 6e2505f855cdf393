// Manifests as files: made, looked at, and put into unikernels.

import {
  checkArtefact,
  checkManifestSource,
  type ManifestReport,
  refusedSource,
  showManifest,
} from '../artefact/manifest-report.ts'
import {
  type ObjectMachine,
  writeManifestAssembler,
  writeManifestC,
  writeManifestObject,
} from '../artefact/manifest-object.ts'
import { planEmbedding } from '../artefact/embed-manifest.ts'
import type { DeviceDeclaration } from '../artefact/manifest.ts'
import { parseManifestSource } from '../artefact/manifest-source.ts'
import { ConfigError } from '../base/errors.ts'
import { MAX_JSON_LENGTH } from '../base/json.ts'
import { type Source, window } from '../base/reader.ts'
import { ELF_MAGIC } from '../elf/format.ts'
import { openFile } from '../host/files.ts'
import { requireOtherFile } from '../host/other-file.ts'
import { writeParts } from '../host/launcher-file.ts'
import { readInput } from '../host/read-input.ts'
import { replaceFile } from '../host/replace-file.ts'

const MAX_SOURCE: number = 4 * MAX_JSON_LENGTH // bytes, of which a character of UTF-8 has up to four
const EXECUTABLE = 0o755

export const FORMATS = ['object', 'assembler', 'c'] as const

export interface NoteOptions {
  readonly format: (typeof FORMATS)[number]
  /** For which processor an object file is. */
  readonly machine: ObjectMachine
}

/** Turns a manifest.json into what a linker or a compiler takes. `-` is standard input. Throws ConfigError and HostError. */
export function makeManifestNote(source: string, { format, machine }: NoteOptions): Uint8Array {
  const devices = readSource(source)
  if (format === 'object') return writeManifestObject(devices, machine)
  return new TextEncoder().encode(format === 'c' ? writeManifestC(devices) : writeManifestAssembler(devices))
}

/** The devices that a unikernel declares. Throws FormatError where there is no manifest, HostError for a file that cannot be read. */
export function showManifestOf(path: string): ManifestReport {
  return withFile(path, (source) => showManifest(source, path))
}

/** Everything that is wrong with a unikernel or a manifest.json; the file says itself which it is. Throws HostError. */
export function checkManifestOf(path: string): ManifestReport {
  if (path === '-') return checkText(path)
  const report = withFile(path, (source) => (isElf(source) ? checkArtefact(source, path) : undefined))
  return report ?? checkText(path)
}

/**
 * Writes a copy of a unikernel with the devices of a manifest.json; the unikernel itself stays as it is. An existing output is replaced in one step.
 * Throws FormatError, ConfigError, UsageError and HostError.
 */
export function embedManifestInto(path: string, source: string, output: string): void {
  const devices = readSource(source)
  const file = openFile(path)
  try {
    requireOtherFile(output, [path, source])
    const { file: parts } = planEmbedding(file.source, devices)
    replaceFile(output, EXECUTABLE, (descriptor) => writeParts(descriptor, parts, file.source))
  } finally {
    file.close()
  }
}

function readSource(path: string): readonly DeviceDeclaration[] {
  return parseManifestSource(readDocument(path), path)
}

function checkText(path: string): ManifestReport {
  try {
    return checkManifestSource(readDocument(path), path)
  } catch (error) {
    if (error instanceof ConfigError) return refusedSource(error, path)
    throw error
  }
}

function readDocument(path: string): string {
  const bytes = readInput(path, MAX_SOURCE)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ConfigError('SYNTAX', { file: path, line: 1, column: 1 }, 'is not valid UTF-8')
  }
}

function withFile<T>(path: string, use: (source: Source) => T): T {
  const file = openFile(path)
  try {
    return use(file.source)
  } finally {
    file.close()
  }
}

function isElf(source: Source): boolean {
  if (source.size < ELF_MAGIC.length) return false
  const start = window(source, 0, ELF_MAGIC.length, 'e_ident')
  return ELF_MAGIC.every((byte, i) => start.u8(i, 'e_ident') === byte)
}
