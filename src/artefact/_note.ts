// What the two Solo5 notes have in common (Solo5's elf_abi.h). Pure.

import { ByteWriter } from '../base/writer.ts'

/** The note's name with its terminating NUL: six bytes, and no other spelling is a Solo5 note. */
export const SOLO5_NAME = 'Solo5\0'

const NOTE_HEADER_SIZE = 12
const PADDED_NAME_SIZE = 8

/** A whole note: header, padded name, descriptor. */
export function encodeSolo5Note(type: number, descriptor: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = Uint8Array.from(SOLO5_NAME, (char) => char.charCodeAt(0))
  return new ByteWriter(NOTE_HEADER_SIZE + PADDED_NAME_SIZE + descriptor.length)
    .u32(0, name.length)
    .u32(4, descriptor.length)
    .u32(8, type)
    .put(NOTE_HEADER_SIZE, name)
    .put(NOTE_HEADER_SIZE + PADDED_NAME_SIZE, descriptor).bytes
}
