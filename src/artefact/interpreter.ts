// The program that an ELF file asks to be started by (PT_INTERP). Pure.

import { type Source, window } from '../base/reader.ts'
import type { AnyElf } from '../elf/any.ts'
import { PT_INTERP } from '../elf/format.ts'
import { textOf } from './values.ts'

const MAX_INTERPRETER = 256 // bytes: PATH_MAX is longer, but no dynamic linker's path is

/** As the file has it, still to be quoted; undefined where there is none in the file. */
export function interpreterOf(elf: AnyElf, source: Source): string | undefined {
  const header = elf.programHeaders.find(({ type }) => type === PT_INTERP)
  const size = BigInt(source.size)
  if (header === undefined || header.filesz === 0n) return undefined
  if (header.offset > size || header.filesz > size - header.offset) return undefined
  const length = Math.min(Number(header.filesz), MAX_INTERPRETER)
  return textOf(window(source, Number(header.offset), length, 'interpreter').bytes(0, length, 'interpreter'))
}
