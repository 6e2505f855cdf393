// Where everything goes in an artefact that something is baked into, and the note that says so: program, note, parts, each at a page
// (docs/spec/baked.md). The program's bytes stay as they are, but for the place of its program headers. Pure.

import { FormatError } from '../base/errors.ts'
import { type Patch, patchedSource } from '../base/patch-file.ts'
import { ByteReader, type Source } from '../base/reader.ts'
import { roundUp } from '../base/round.ts'
import { ByteWriter } from '../base/writer.ts'
import { hasElfMagic, readAnyElf } from '../elf/any.ts'
import { HEADER, PROGRAM_HEADER_SIZE } from '../elf/format.ts'
import { addNote } from '../elf/move-note.ts'
import { partOf } from '../files/parts.ts'
import { canTell, readBaked } from './baked.ts'
import {
  ascii,
  BAKED_HEADER,
  BAKED_NOTE_LEAD,
  BAKED_RECORD,
  BAKED_VERSION,
  type Baked,
  type BakedContents,
  type BakedPart,
  descriptorSize,
  encodeNoteLead,
  FORMAT_NUMBERS,
  PART_ALIGNMENT,
  PART_KINDS,
  placeInNote,
  TRAILER,
} from './baked-format.ts'
import { requireBounded, requireContents } from './baked-segments.ts'
import { decodeBaked } from './decode-baked.ts'

/** The file before anything is baked into it, and where what is new goes. */
export interface BakingPlan {
  readonly original: Source
  readonly originalTable: BakedContents['originalTable']
  /** Changes to the original, and what lies right behind it. */
  readonly patches: readonly Patch[]
  readonly noteOffset: number
  /** Where the first part begins. */
  readonly partsOffset: number
  /** The file ends with a trailer. */
  readonly trailer: boolean
}

/**
 * Makes room for a note about so many parts in a file that nothing is baked into (`originalOf`). Throws FormatError for an ELF file with
 * contents that it does not have, for a kernel that is loaded to the end of its file, and LIMIT where its table of program headers is full.
 */
export function planBaking(original: Source, parts: number): BakingPlan {
  const size = BAKED_NOTE_LEAD + descriptorSize(parts)
  const elf = hasElfMagic(original) ? readAnyElf(original) : undefined
  if (elf !== undefined) requireContents(elf, original.size)
  requireBounded(original)
  if (elf !== undefined && canTell(elf)) {
    const { offset, patches } = addNote(elf, original, size)
    const originalTable = { offset: elf.tableOffset, count: elf.programHeaderCount }
    const partsOffset = roundUp(offset + size, PART_ALIGNMENT)
    return { original, originalTable, patches, noteOffset: offset, partsOffset, trailer: false }
  }
  const noteOffset = roundUp(original.size, PART_ALIGNMENT)
  const partsOffset = roundUp(noteOffset + size, PART_ALIGNMENT)
  return { original, originalTable: undefined, patches: [], noteOffset, partsOffset, trailer: true }
}

/**
 * The file as it was before anything was baked into it, byte for byte. Program headers that have been changed since stay changed. Throws
 * FormatError where something has been put behind what was baked, which would be lost, and where that is not all that is baked in.
 */
export function originalOf(source: Source, baked: Baked): Source {
  const { size, originalSize, originalTable } = baked
  if (size !== source.size) {
    const problem = `is ${size}, but the file has ${source.size} bytes: something was put behind what was baked, and would be lost`
    const advice = 'do that to the artefact first, and bake it then'
    throw new FormatError('BAD_VALUE', 'baked.end', placeInNote(baked, 'end'), problem, advice)
  }
  const patches = originalTable === undefined ? [] : tableAsItWas(source, originalTable)
  const original = patchedSource(partOf(source, 0, originalSize, 'original'), patches)
  if (readBaked(original) !== undefined) {
    const problem = `is ${originalSize}, and what these bytes are has something baked into it as well`
    throw new FormatError('BAD_VALUE', 'baked.original', placeInNote(baked, 'original'), problem)
  }
  return original
}

/** What is executed is the table as it is: were the old one another, whoever strips a file would get another program. */
function tableAsItWas(source: Source, { offset, count }: NonNullable<Baked['originalTable']>): readonly Patch[] {
  const table = source.readAt(readAnyElf(source).tableOffset, count * PROGRAM_HEADER_SIZE)
  return [
    { at: offset, bytes: table },
    { at: HEADER.phoff, bytes: new ByteWriter(8).u64(0, BigInt(offset)).bytes },
    { at: HEADER.phnum, bytes: new ByteWriter(2).u16(0, count).bytes },
  ]
}

/** The whole note, for its place in the file. What readers would refuse is not written: FormatError. */
export function encodeBakedNote(contents: BakedContents): Uint8Array {
  const { program, originalSize, originalTable, size, parts } = contents
  const descriptor = new ByteWriter(descriptorSize(parts.length))
    .u32(BAKED_HEADER.version, BAKED_VERSION)
    .u32(BAKED_HEADER.count, parts.length)
    .u64(BAKED_HEADER.original, BigInt(originalSize))
    .u64(BAKED_HEADER.phoff, BigInt(originalTable?.offset ?? 0))
    .u32(BAKED_HEADER.phnum, originalTable?.count ?? 0)
    .u64(BAKED_HEADER.end, BigInt(size))
    .put(BAKED_HEADER.name, ascii(program))
  for (const [i, part] of parts.entries()) descriptor.put(descriptorSize(i), encodePart(part))
  const lead = encodeNoteLead(descriptor.bytes.length)
  const note = new ByteWriter(lead.length + descriptor.bytes.length).put(0, lead).put(lead.length, descriptor.bytes)
  const extent = { offset: originalSize, size: note.bytes.length }
  decodeBaked(new ByteReader(descriptor.bytes), { note: extent, size, trailer: originalTable === undefined })
  return note.bytes
}

function encodePart({ kind, name, format, offset, length, digest }: BakedPart): Uint8Array {
  return new ByteWriter(BAKED_RECORD.size)
    .u32(BAKED_RECORD.kind, PART_KINDS.indexOf(kind) + 1)
    .u32(BAKED_RECORD.format, format === null ? 0 : FORMAT_NUMBERS[format])
    .u64(BAKED_RECORD.offset, BigInt(offset))
    .u64(BAKED_RECORD.length, BigInt(length))
    .put(BAKED_RECORD.digest, bytesOf(digest))
    .put(BAKED_RECORD.name, ascii(name)).bytes
}

function bytesOf(digest: string): Uint8Array {
  return Uint8Array.from(digest.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** The end of a file that has no program headers to tell of the note. */
export function encodeTrailer(noteOffset: number, parts: number): Uint8Array {
  return new ByteWriter(TRAILER.size)
    .put(0, ascii(TRAILER.magic))
    .u64(TRAILER.offset, BigInt(noteOffset))
    .u64(TRAILER.length, BigInt(BAKED_NOTE_LEAD + descriptorSize(parts))).bytes
}
