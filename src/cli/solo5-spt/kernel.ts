// The kernel's file, with the reference's checks of what it is for and what it declares, and then ours. Nobody has vouched for it.

import { ABI_DESCRIPTOR_SIZE, ABI_NOTE_TYPE, ABI_VERSION_AT, MAX_ABI_DESCRIPTOR } from '../../artefact/abi.ts'
import { type Artefact, readArtefact } from '../../artefact/artefact.ts'
import { examineManifest, MANIFEST_NOTE_TYPE, MAX_MANIFEST_DESCRIPTOR } from '../../artefact/manifest.ts'
import { findReferenceNote } from '../../artefact/reference-note.ts'
import { FormatError, HostError } from '../../base/errors.ts'
import { escapeControls } from '../../base/quote.ts'
import { type Source, window } from '../../base/reader.ts'
import { HEADER, MACHINE_X86_64 } from '../../elf/format.ts'
import { requireReferenceLoad } from '../../elf/reference-load.ts'
import { type OpenFile, openFile } from '../../host/files.ts'
import { MAX_MEMORY } from '../../wiring/plan.ts'
import { refuse } from './refusal.ts'
import { strerror } from '../strerror.ts'

const ABI = { type: ABI_NOTE_TYPE, align: 4, least: ABI_DESCRIPTOR_SIZE, most: MAX_ABI_DESCRIPTOR }
const MANIFEST = { type: MANIFEST_NOTE_TYPE, align: 8, least: 1, most: MAX_MANIFEST_DESCRIPTOR }
const SPT = 2 // the target's number
export const ABI_VERSION = 2
const LOWEST_ADDRESS = 0x100000
const PAGE_SIZE = 0x1000

/** Opens it; the caller closes it. Throws TenderError. */
export function openKernel(path: string): OpenFile {
  try {
    return openFile(path)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
    const problem = code === undefined ? 'invalid executable: not a file' : `Could not open: ${strerror(code)}`
    return refuse(`${escapeControls(path)}: ${problem}`)
  }
}

/** What the kernel declares. Throws TenderError for what is not for this tender, and for a manifest that cannot be trusted. */
export function readKernel(source: Source, path: string): Artefact {
  const fail = (problem: string): never => refuse(`${escapeControls(path)}: ${problem}`)
  const abi = orRefuse(path, () => findReferenceNote(source, ABI))
  requireMachine(source, fail)
  if (abi === undefined) return fail('No Solo5 ABI information found in executable')
  if (abi.u32(0, 'abi.target') !== SPT) fail('Executable is not for the solo5-spt target')
  const version = abi.u32(ABI_VERSION_AT, 'abi.version')
  if (version !== ABI_VERSION) fail(`Executable requests unsupported ABI version ${version}`)

  const manifest = orRefuse(path, () => findReferenceNote(source, MANIFEST))
  if (manifest === undefined) return fail('No Solo5 manifest found in executable')
  try {
    const refused = examineManifest(manifest).findings.find(({ severity }) => severity === 'refused')
    if (refused !== undefined) fail(`Solo5 manifest is invalid: ${refused.field} ${refused.message}`)
  } catch (error) {
    if (error instanceof FormatError) fail('Solo5 manifest is invalid')
    throw error
  }
  try {
    return readArtefact(source)
  } catch (error) {
    if (error instanceof FormatError) return refuseKernel(path, error)
    throw error
  }
}

function requireMachine(source: Source, fail: (problem: string) => never): void {
  const machine = window(source, HEADER.machine, 2, 'e_machine').u16(0, 'e_machine')
  if (machine === MACHINE_X86_64) return
  fail('invalid executable: invalid or unsupported executable (elf header invalid while loading note)')
}

/** Whether the kernel's segments go into this much memory, in bytes. Throws TenderError. */
export function requireMemory({ elf, size }: Artefact, memory: bigint, path: string): void {
  if (memory > BigInt(MAX_MEMORY)) {
    refuse(`Maximum guest memory size (${MAX_MEMORY / 2 ** 20} MB) exceeded.`)
  }
  const limits = { sourceSize: size, memorySize: Number(memory), lowest: LOWEST_ADDRESS, pageSize: PAGE_SIZE }
  orRefuse(path, () => requireReferenceLoad(elf, limits))
}

/** Where the problem is told in the reference's words already. */
function orRefuse<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return refuse(`${escapeControls(path)}: ${error.problem}`)
  }
}

/** What we refuse in a kernel and the reference does not. */
export function refuseKernel(path: string, error: FormatError): never {
  return refuse(`${escapeControls(path)}: invalid executable: ${error.message}`)
}
