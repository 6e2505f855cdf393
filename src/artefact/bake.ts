// Where everything goes in an artefact that something is baked into, and the note that says so: program, note, parts, each at a page
// (docs/spec/baked.md). The program's bytes stay as they are, but for the place of its program headers. Pure.

import { FormatError } from '../base/errors.ts'
import type { Patch } from '../base/patch-file.ts'
import type { Source } from '../base/reader.ts'
import { roundUp } from '../base/round.ts'
import { ByteWriter } from '../base/writer.ts'
import { hasElfMagic, readAnyElf } from '../elf/any.ts'
import { HEADER } from '../elf/format.ts'
import { addNote } from '../elf/move-note.ts'
import { FORMAT_NAMES } from '../files/detect.ts'
import { canTell } from './baked.ts'
import {
  BAKED_HEADER,
  BAKED_NOTE_LEAD,
  BAKED_NOTE_NAME,
  BAKED_NOTE_TYPE,
  BAKED_RECORD,
  BAKED_VERSION,
  type Baked,
  type BakedPart,
  PART_ALIGNMENT,
  PART_KINDS,
  TRAILER,
} from './baked-format.ts'

/** The file before anything is baked into it, and where what is new goes. */
export interface BakingPlan {
  readonly original: Source
  readonly originalTable: Baked['originalTable']
  /** Changes to the original, and what lies right behind it. */
  readonly patches: readonly Patch[]
  readonly noteOffset: number
  /** Where the first part begins. */
  readonly partsOffset: number
  /** The file ends with a trailer. */
  readonly trailer: boolean
}

/**
 * Makes room for a note about so many parts. Throws FormatError where a file that has something baked into it has grown since, and LIMIT
 * where its table of program headers is full.
 */
export function planBaking(source: Source, baked: Baked | undefined, parts: number): BakingPlan {
  const original = baked === undefined ? source : originalOf(source, baked)
  const size = BAKED_NOTE_LEAD + BAKED_HEADER.size + parts * BAKED_RECORD.size
  const elf = hasElfMagic(original) ? readAnyElf(original) : undefined
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
 * The file as it was before anything was baked into it, byte for byte. Throws FormatError where something has been put behind what was
 * baked, which would be lost.
 */
export function originalOf(source: Source, { size, originalSize, originalTable }: Baked): Source {
  if (size !== source.size) {
    const problem = `is ${size}, but the file has ${source.size} bytes: something was put behind what was baked, and would be lost`
    throw new FormatError('BAD_VALUE', 'baked.end', 0, problem, 'do that to the artefact first, and bake it then')
  }
  if (originalTable === undefined) return cut(source, originalSize, [])
  const count = new ByteWriter(2).u16(0, originalTable.count).bytes
  const table = new ByteWriter(8).u64(0, BigInt(originalTable.offset)).bytes
  return cut(source, originalSize, [
    { at: HEADER.phoff, bytes: table },
    { at: HEADER.phnum, bytes: count },
  ])
}

/** The first `size` bytes of a source, some of them others. */
function cut(source: Source, size: number, patches: readonly Patch[]): Source {
  return {
    size,
    readAt: (offset, length) => {
      if (length > size - offset)
        throw new FormatError('TRUNCATED', 'input', offset, `needs ${length} bytes, of ${size}`)
      const read = source.readAt(offset, length)
      if (!patches.some(({ at, bytes }) => at < offset + length && offset < at + bytes.length)) return read
      const changed = Uint8Array.from(read)
      for (const { at, bytes } of patches) {
        for (const [i, byte] of bytes.entries()) {
          const place = at + i - offset
          if (place >= 0 && place < length) changed[place] = byte
        }
      }
      return changed
    },
  }
}

/** The whole note, for its place in the file. */
export function encodeBakedNote({ program, originalSize, originalTable, size, parts }: Baked): Uint8Array {
  const descriptor = BAKED_HEADER.size + parts.length * BAKED_RECORD.size
  const out = new ByteWriter(BAKED_NOTE_LEAD + descriptor)
  out.u32(0, BAKED_NOTE_NAME.length).u32(4, descriptor).u32(8, BAKED_NOTE_TYPE)
  out.put(BAKED_NOTE_LEAD - BAKED_NOTE_NAME.length, ascii(BAKED_NOTE_NAME))
  out
    .u32(BAKED_NOTE_LEAD + BAKED_HEADER.version, BAKED_VERSION)
    .u32(BAKED_NOTE_LEAD + BAKED_HEADER.count, parts.length)
    .u64(BAKED_NOTE_LEAD + BAKED_HEADER.original, BigInt(originalSize))
    .u64(BAKED_NOTE_LEAD + BAKED_HEADER.phoff, BigInt(originalTable?.offset ?? 0))
    .u32(BAKED_NOTE_LEAD + BAKED_HEADER.phnum, originalTable?.count ?? 0)
    .u64(BAKED_NOTE_LEAD + BAKED_HEADER.end, BigInt(size))
    .put(BAKED_NOTE_LEAD + BAKED_HEADER.name, ascii(program))
  for (const [i, part] of parts.entries()) {
    out.put(BAKED_NOTE_LEAD + BAKED_HEADER.size + i * BAKED_RECORD.size, encodePart(part))
  }
  return out.bytes
}

function encodePart({ kind, name, format, offset, length, digest }: BakedPart): Uint8Array {
  return new ByteWriter(BAKED_RECORD.size)
    .u32(BAKED_RECORD.kind, PART_KINDS.indexOf(kind) + 1)
    .u32(BAKED_RECORD.format, format === null ? 0 : FORMAT_NAMES.indexOf(format) + 1)
    .u64(BAKED_RECORD.offset, BigInt(offset))
    .u64(BAKED_RECORD.length, BigInt(length))
    .put(
      BAKED_RECORD.digest,
      Uint8Array.from(digest.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    )
    .put(BAKED_RECORD.name, ascii(name)).bytes
}

/** The end of a file that has no program headers to tell of the note. */
export function encodeTrailer(noteOffset: number, parts: number): Uint8Array {
  const length = BAKED_NOTE_LEAD + BAKED_HEADER.size + parts * BAKED_RECORD.size
  return new ByteWriter(TRAILER.size)
    .put(0, ascii(TRAILER.magic))
    .u64(TRAILER.offset, BigInt(noteOffset))
    .u64(TRAILER.length, BigInt(length)).bytes
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}
