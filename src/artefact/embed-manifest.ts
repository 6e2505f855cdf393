// Puts a manifest into a unikernel that is linked already, or replaces the one it has: what an artefact declares can be changed without
// its objects (docs/spec/manifest.md, "Embedding"). All other bytes stay as they are. The file is not trusted.

import { FormatError } from '../base/errors.ts'
import { type FileParts, joinParts } from '../base/file-parts.ts'
import { collide, type Patch, patchFile } from '../base/patch-file.ts'
import { type Source, sourceOf } from '../base/reader.ts'
import { HEADER } from '../elf/format.ts'
import {
  addNote,
  type Extent,
  headerExtents,
  isLoaded,
  moveNote,
  type NotePlace,
  overlap,
  resizeNote,
} from '../elf/move-note.ts'
import { type Note, readDescriptor, walkNotes } from '../elf/notes.ts'
import { type Elf, type ProgramHeader, readElf } from '../elf/read.ts'
import { SOLO5_NAME } from './_note.ts'
import { ABI_DESCRIPTOR_SIZE, ABI_NOTE_TYPE, decodeAbi, MAX_ABI_DESCRIPTOR, type Target } from './abi.ts'
import { type DeviceDeclaration, encodeManifestNote, MANIFEST_NOTE_TYPE, MAX_MANIFEST_DESCRIPTOR } from './manifest.ts'

/** Targets whose tender hands the manifest over. The bindings of the others look for it where the linker has put it. */
const HANDED_OVER: readonly Target[] = ['hvt', 'spt']

const RELINK = 'link the unikernel again, with the object that slipway manifest new makes'

export interface Embedding {
  /** The new file: what is copied from the old one, and what is not. */
  readonly file: FileParts
  /** Where the note is now: in the place of the old one, or behind everything else. */
  readonly place: 'in place' | 'appended'
}

/**
 * Decides how a unikernel gets a manifest with these devices. Throws UsageError as `encodeManifestNote` does, and FormatError for what is no
 * unikernel, has two manifests, or was linked for a target whose manifest cannot move (UNSUPPORTED).
 */
export function planEmbedding(source: Source, devices: readonly DeviceDeclaration[]): Embedding {
  const bytes = encodeManifestNote(devices)
  const elf = readElf(source)
  const { notes, manifest, target } = readNotes(elf, source)
  if (manifest === undefined) {
    requireMovable(target, elf.tableOffset, 'is missing')
    return append(source, addNote(elf, source, bytes.length), bytes)
  }
  const old = extentOf(manifest)
  requireApart(old, [...headerExtents(elf), ...notes.filter((note) => note !== manifest).map(extentOf)])
  const alone = notes.filter((note) => note.programHeader === manifest.programHeader).length === 1
  const movable = HANDED_OVER.includes(target)
  const header = elf.programHeaders[manifest.programHeader] as ProgramHeader
  const tail = isTail(elf, source, old)
  if (alone && (bytes.length <= old.size || tail)) {
    const place = resizeNote(source, header, old, bytes.length)
    // What is left of the old one must not be found by anybody.
    const rest = { at: place.offset, bytes: padTo(bytes, tail ? bytes.length : old.size) }
    return finish(tail ? old.offset : source.size, [...place.patches, rest], 'in place')
  }
  // Behind another note, Solo5's tenders would not find it, where it stands for targets that have one.
  if (!alone && bytes.length === old.size && (manifest.position === 0 || !movable)) {
    return finish(source.size, [{ at: old.offset, bytes }], 'in place')
  }
  requireMovable(target, manifest.offset, `has ${old.size} bytes, ${bytes.length} are needed`)
  if (alone) return append(source, moveNote(source, header, old, bytes.length), bytes)
  const place = addNote(elf, source, bytes.length)
  return append(source, { ...place, patches: [...place.patches, ...erase(manifest)] }, bytes)
}

/**
 * The unikernel with a manifest of these devices instead of its own, or of none. Throws as `planEmbedding` does.
 *
 * @example
 * ```ts
 * readArtefact(sourceOf(embedManifest(bytes, [{ name: 'service', type: 'net' }]))).manifest.devices.length // 1
 * ```
 */
export function embedManifest(bytes: Uint8Array, devices: readonly DeviceDeclaration[]): Uint8Array<ArrayBuffer> {
  const source = sourceOf(bytes)
  return joinParts(planEmbedding(source, devices).file, source)
}

function readNotes(elf: Elf, source: Source): { notes: readonly Note[]; manifest: Note | undefined; target: Target } {
  const notes = [...walkNotes(elf, source)]
  const own = notes.filter(({ name, nameSize }) => nameSize === SOLO5_NAME.length && name === SOLO5_NAME)
  const abi = own.find(({ type }) => type === ABI_NOTE_TYPE)
  if (abi === undefined) {
    throw new FormatError('BAD_MAGIC', 'notes', elf.tableOffset, 'hold no ABI1 note: this is no Solo5 unikernel')
  }
  const { target } = decodeAbi(readDescriptor(source, abi, 'abi', ABI_DESCRIPTOR_SIZE, MAX_ABI_DESCRIPTOR))
  const [manifest, second] = own.filter(({ type }) => type === MANIFEST_NOTE_TYPE)
  if (second !== undefined) {
    const field = `phdr[${second.programHeader}] note ${second.position}`
    const problem = 'is a second MFT1 note: readers may disagree about which one counts'
    throw new FormatError('BAD_VALUE', field, second.offset, problem, RELINK)
  }
  // However broken it is, it can be replaced; but nobody shall make us erase gigabytes.
  if (manifest !== undefined) readDescriptor(source, manifest, 'manifest', 0, MAX_MANIFEST_DESCRIPTOR)
  return { notes, manifest, target }
}

function append(source: Source, { offset, patches }: NotePlace, bytes: Uint8Array): Embedding {
  return finish(source.size, [...patches, { at: offset, bytes }], 'appended')
}

function finish(kept: number, patches: readonly Patch[], place: Embedding['place']): Embedding {
  if (collide(patches))
    throw new FormatError('BAD_VALUE', 'e_shoff', HEADER.shoff, 'puts section headers where others are')
  return { file: patchFile(kept, patches), place }
}

/** The note ends the file and is not loaded, as this module appends it: nothing is in its way. */
function isTail(elf: Elf, source: Source, note: Extent): boolean {
  return note.offset + note.size === source.size && !isLoaded(elf, note)
}

/** Turns a note into one that means nothing, without moving its neighbours. */
function erase(note: Note): Patch[] {
  return [
    { at: note.offset + 8, bytes: new Uint8Array(4) }, // n_type
    { at: note.descriptorOffset, bytes: new Uint8Array(note.descriptorSize) },
  ]
}

function requireMovable(target: Target, offset: number, problem: string): void {
  if (HANDED_OVER.includes(target)) return
  const why = `${problem}, and a program for ${target} looks for it where the linker has put it`
  throw new FormatError('UNSUPPORTED', 'manifest', offset, why, RELINK)
}

function requireApart(note: Extent, others: readonly Extent[]): void {
  if (!others.some((other) => overlap(note, other))) return
  throw new FormatError('BAD_VALUE', 'manifest', note.offset, 'shares bytes with headers or with another note')
}

function extentOf(note: Note): Extent {
  return { offset: note.offset, size: note.descriptorOffset + note.descriptorSize - note.offset }
}

function padTo(bytes: Uint8Array, size: number): Uint8Array {
  const padded = new Uint8Array(Math.max(bytes.length, size))
  padded.set(bytes)
  return padded
}
