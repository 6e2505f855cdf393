// What the note about baked parts is made of, and what it says (docs/spec/baked.md). Pure.

import { ByteWriter } from '../base/writer.ts'
import type { Extent } from '../elf/move-note.ts'
import type { FormatName } from '../files/detect.ts'

/** n_type: "BAK1" in ASCII. */
export const BAKED_NOTE_TYPE = 0x314b4142
/** As notes are read: a character for each byte, the NUL included. */
export const BAKED_NOTE_NAME = 'Slipway\0'
export const BAKED_VERSION = 1

/** Where the fields of the descriptor's header lie, those of a part's record, and how many bytes each has. */
export const BAKED_HEADER = {
  size: 112,
  version: 0,
  count: 4,
  original: 8,
  phoff: 16,
  phnum: 24,
  reserved: 28,
  end: 32,
  name: 40,
  reserved2: 108,
} as const
export const BAKED_RECORD = {
  size: 128,
  kind: 0,
  format: 4,
  offset: 8,
  length: 16,
  digest: 24,
  name: 56,
  reserved: 124,
} as const
export const BAKED_NAME_SIZE = 68
export const DIGEST_SIZE = 32 // SHA-256

/** A trailer says where the note is, in files that have no program headers to say it. */
export const TRAILER = { size: 32, magic: 'SLIPWAY-BAKED\0\0\0', offset: 16, length: 24 } as const

/** Of more parts none is read: a manifest has at most 63 devices, each with an image and a document. */
export const MAX_PARTS = 128
/** Bytes of a note before its descriptor: header and name. */
export const BAKED_NOTE_LEAD: number = 12 + BAKED_NOTE_NAME.length
export const MIN_BAKED_DESCRIPTOR: number = descriptorSize(1)
export const MAX_BAKED_DESCRIPTOR: number = descriptorSize(MAX_PARTS)
/** Parts begin at such multiples, so that they can be mapped. Bytes. */
export const PART_ALIGNMENT = 4096
/** Bytes of a document, as config/ reads them (MAX_CONFIG_DOCUMENT). */
export const MAX_BAKED_DOCUMENT: number = 1024 * 1024

/**
 * In the order of their numbers in files, which begin at 1. `files`: an image, for the device of its name. `config`: a document.
 * `program`: another program. `rumpconfig`: the `/rumpconfig.json` of a device's image.
 */
export const PART_KINDS = ['files', 'config', 'program', 'rumpconfig'] as const
export type PartKind = (typeof PART_KINDS)[number]

/** What formats are called in files, whatever the order in which they are looked for; 0 is none that is known. */
export const FORMAT_NUMBERS: Readonly<Record<FormatName, number>> = {
  tar: 1,
  cpio: 2,
  squashfs: 3,
  iso9660: 4,
  ext2: 5,
  fat: 6,
}

export interface BakedPart {
  readonly kind: PartKind
  /** The device's, or the program's; empty for a document. */
  readonly name: string
  /** Of an image of files; null where it is none that is known. */
  readonly format: FormatName | null
  /** Where it lies in the file; a multiple of PART_ALIGNMENT. */
  readonly offset: number
  /** Bytes; of an image a multiple of PART_ALIGNMENT, since it is a disk. */
  readonly length: number
  /** SHA-256 of these bytes, in hexadecimal. */
  readonly digest: string
}

/** What the note says. */
export interface BakedContents {
  /** What the artefact's own program is called beside others; empty where it has no name. */
  readonly program: string
  /** Bytes of the file before anything was baked into it. */
  readonly originalSize: number
  /** Where its table of program headers was, and how many there were; undefined for a file with a trailer. */
  readonly originalTable: { readonly offset: number; readonly count: number } | undefined
  /** Bytes of the file as it was baked. */
  readonly size: number
  /** In ascending order of their places. */
  readonly parts: readonly BakedPart[]
}

export interface Baked extends BakedContents {
  /** Where the note itself lies in the file. */
  readonly note: Extent
}

/** The image that is baked in for a device. */
export function imageFor({ parts }: Baked, device: string): BakedPart | undefined {
  return parts.find(({ kind, name }) => kind === 'files' && name === device)
}

/** Bytes of a note's descriptor. */
export function descriptorSize(parts: number): number {
  return BAKED_HEADER.size + parts * BAKED_RECORD.size
}

/** A note up to its descriptor, of which this is the size. */
export function encodeNoteLead(descriptor: number): Uint8Array {
  return new ByteWriter(BAKED_NOTE_LEAD)
    .u32(0, BAKED_NOTE_NAME.length)
    .u32(4, descriptor)
    .u32(8, BAKED_NOTE_TYPE)
    .put(BAKED_NOTE_LEAD - BAKED_NOTE_NAME.length, ascii(BAKED_NOTE_NAME)).bytes
}

/** Where a field of the note lies in the file, for a complaint that is made after it was read. */
export function placeInNote({ note }: Baked, field: keyof typeof BAKED_HEADER): number {
  return note.offset + BAKED_NOTE_LEAD + BAKED_HEADER[field]
}

/** The same of a part's record. */
export function placeInRecord({ note }: Baked, part: number, field: keyof typeof BAKED_RECORD): number {
  return note.offset + BAKED_NOTE_LEAD + descriptorSize(part) + BAKED_RECORD[field]
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}
