// Reads the headers of PE files ("PE Format", Microsoft): what EFI firmware starts. The bytes come out of a file that somebody handed us. Pure.

import { FormatError } from '../base/errors.ts'
import { type Source, window } from '../base/reader.ts'
import { hasBytes, latin1 } from './values.ts'

const OFFSET_AT = 0x3c
const COFF_SIZE = 24 // with the signature in front
const SECTION_SIZE = 40
const MAX_SECTIONS = 96 // what Windows loads; the field would allow 65535
const PE32_PLUS = 0x20b
const PE32 = 0x10b

/** As the files of other formats call the same processors. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [0x014c, 'i386'],
  [0x8664, 'x86_64'],
  [0x01c0, 'arm'],
  [0x01c2, 'arm'],
  [0x01c4, 'arm'],
  [0xaa64, 'aarch64'],
  [0x5032, 'riscv32'],
  [0x5064, 'riscv64'],
  [0x6264, 'loongarch64'],
])

export interface PeSection {
  readonly index: number
  /** At most eight characters, still to be quoted. */
  readonly name: string
  readonly virtualSize: number
  readonly virtualAddress: number
  readonly rawSize: number
  readonly rawOffset: number
  readonly characteristics: number
  /** Where its header lies in the file. */
  readonly at: number
}

export interface PeFile {
  readonly machine: string
  readonly plus: boolean
  readonly entry: number
  readonly imageBase: bigint
  readonly imageSize: number
  /** Bytes of all headers: where the contents begin. */
  readonly headersSize: number
  readonly subsystem: number
  /** The table of signatures, undefined where there is none. */
  readonly certificates: { readonly offset: number; readonly size: number; readonly at: number } | undefined
  readonly sections: readonly PeSection[]
  /** Where the optional header lies in the file. */
  readonly optionalAt: number
}

/** Whether MZ leads to PE. */
export function hasPeHeader(source: Source): boolean {
  if (source.size < OFFSET_AT + 4 || !hasBytes(source, 0, 'MZ')) return false
  return hasBytes(source, window(source, OFFSET_AT, 4, 'e_lfanew').u32(0, 'e_lfanew'), 'PE\0\0')
}

/** Throws FormatError where the headers do not lie in the file or are of no known kind. */
export function readPe(source: Source): PeFile {
  const start = window(source, OFFSET_AT, 4, 'e_lfanew').u32(0, 'e_lfanew')
  const coff = window(source, start, COFF_SIZE, 'COFF header')
  const count = coff.u16(6, 'NumberOfSections')
  if (count > MAX_SECTIONS) {
    throw new FormatError('LIMIT', 'NumberOfSections', start + 6, `is ${count}, at most ${MAX_SECTIONS} are read`)
  }
  const optionalAt = start + COFF_SIZE
  const optionalSize = coff.u16(20, 'SizeOfOptionalHeader')
  const r = window(source, optionalAt, optionalSize, 'optional header')
  const magic = r.u16(0, 'Magic')
  if (magic !== PE32 && magic !== PE32_PLUS) {
    throw new FormatError('UNSUPPORTED', 'Magic', optionalAt, `is 0x${magic.toString(16)}, not that of PE32 or PE32+`)
  }
  const plus = magic === PE32_PLUS
  const machine = coff.u16(4, 'Machine')
  const directories = plus ? 112 : 96
  const certificatesAt = directories + 4 * 8
  const counted = r.u32(directories - 4, 'NumberOfRvaAndSizes') > 4 && optionalSize >= certificatesAt + 8
  const certificates = counted
    ? {
        offset: r.u32(certificatesAt, 'Certificates'),
        size: r.u32(certificatesAt + 4, 'Certificates'),
        at: optionalAt + certificatesAt,
      }
    : undefined
  const table = window(source, optionalAt + optionalSize, count * SECTION_SIZE, 'section headers')
  return {
    machine: MACHINES.get(machine) ?? `machine 0x${machine.toString(16)}`,
    plus,
    entry: r.u32(16, 'AddressOfEntryPoint'),
    imageBase: plus ? r.u64(24, 'ImageBase') : BigInt(r.u32(28, 'ImageBase')),
    imageSize: r.u32(56, 'SizeOfImage'),
    headersSize: r.u32(60, 'SizeOfHeaders'),
    subsystem: r.u16(68, 'Subsystem'),
    certificates: certificates === undefined || certificates.size === 0 ? undefined : certificates,
    optionalAt,
    sections: Array.from({ length: count }, (_, index) => {
      const s = table.slice(index * SECTION_SIZE, SECTION_SIZE, `section[${index}]`)
      return {
        index,
        at: s.origin,
        name: latin1(s.bytes(0, 8, `section[${index}].Name`)).replace(/\0+$/, ''),
        virtualSize: s.u32(8, `section[${index}].VirtualSize`),
        virtualAddress: s.u32(12, `section[${index}].VirtualAddress`),
        rawSize: s.u32(16, `section[${index}].SizeOfRawData`),
        rawOffset: s.u32(20, `section[${index}].PointerToRawData`),
        characteristics: s.u32(36, `section[${index}].Characteristics`),
      }
    }),
  }
}
