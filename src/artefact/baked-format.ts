// What the note about baked parts is made of, and what it says (docs/spec/baked.md). Pure.

import type { FormatName } from '../files/detect.ts'

/** n_type: "BAK1" in ASCII. */
export const BAKED_NOTE_TYPE = 0x314b4142
/** As notes are read: a character for each byte, the NUL included. */
export const BAKED_NOTE_NAME = 'Slipway\0'
export const BAKED_VERSION = 1

export const BAKED_HEADER = { size: 112, version: 0, count: 4, original: 8, phoff: 16, phnum: 24, end: 32, name: 40 }
export const BAKED_RECORD = { size: 128, kind: 0, format: 4, offset: 8, length: 16, digest: 24, name: 56 }
export const BAKED_NAME_SIZE = 68
export const DIGEST_SIZE = 32 // SHA-256

/** A trailer says where the note is, in files that have no program headers to say it. */
export const TRAILER = { size: 32, magic: 'SLIPWAY-BAKED\0\0\0', offset: 16, length: 24 }

/** Of more parts none is read: a manifest has at most 63 devices. */
export const MAX_PARTS = 128
/** Bytes of a note before its descriptor: header and name. */
export const BAKED_NOTE_LEAD = 12 + BAKED_NOTE_NAME.length
export const MIN_BAKED_DESCRIPTOR = BAKED_HEADER.size + BAKED_RECORD.size
export const MAX_BAKED_DESCRIPTOR = BAKED_HEADER.size + MAX_PARTS * BAKED_RECORD.size
/** Parts begin at such multiples, so that they can be mapped. Bytes. */
export const PART_ALIGNMENT = 4096

/** `files`: an image, for the device of its name. `config`: a document. `rumpconfig`: the `/rumpconfig.json` of a device's image. */
export const PART_KINDS = ['files', 'config', 'program', 'rumpconfig'] as const
export type PartKind = (typeof PART_KINDS)[number]

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

export interface Baked {
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

/** Bytes of a document, as config/ reads them (MAX_CONFIG_DOCUMENT). */
export const MAX_BAKED_DOCUMENT = 1024 * 1024

/** The image that is baked in for a device. */
export function imageFor({ parts }: Baked, device: string): BakedPart | undefined {
  return parts.find(({ kind, name }) => kind === 'files' && name === device)
}
