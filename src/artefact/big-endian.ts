// Numbers of formats that are big-endian whatever the machine: qcow2, VHD. Bounds-checked as all reads are. Pure.

import { type Source, window } from '../base/reader.ts'
import { EndianReader } from '../elf/endian.ts'

/** Throws FormatError where the bytes do not lie in the file. */
export function bigEndian(source: Source, offset: number, length: number, field: string): EndianReader {
  return new EndianReader(window(source, offset, length, field), false)
}
