// The numbers of the ELF64 file format that more than one file here needs (ELF specification, "ELF Header", "Program Header").
// Pure.

export const ELF_MAGIC: Uint8Array = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46)
export const ELF_HEADER_SIZE = 64
export const PROGRAM_HEADER_SIZE = 56

export const CLASS_64 = 2
export const DATA_LITTLE_ENDIAN = 1
export const FORMAT_VERSION = 1

/** Values of e_type. */
export const ET_REL = 1
export const ET_EXEC = 2

/** Values of p_type. */
export const PT_LOAD = 1
export const PT_INTERP = 3
export const PT_NOTE = 4
export const PT_TLS = 7
export const PT_GNU_STACK = 0x6474e551

/** Bits of p_flags. */
export const PF_EXECUTE = 1
export const PF_WRITE = 2
export const PF_READ = 4

/** Where the fields of the file header lie. */
export const HEADER = {
  class: 4,
  data: 5,
  identVersion: 6,
  type: 16,
  machine: 18,
  version: 20,
  entry: 24,
  phoff: 32,
  shoff: 40,
  flags: 48,
  ehsize: 52,
  phentsize: 54,
  phnum: 56,
  shentsize: 58,
  shnum: 60,
  shstrndx: 62,
} as const

/** Where the fields of a program header lie. */
export const PROGRAM_HEADER = {
  p_type: 0,
  p_flags: 4,
  p_offset: 8,
  p_vaddr: 16,
  p_paddr: 24,
  p_filesz: 32,
  p_memsz: 40,
  p_align: 48,
} as const

export const SECTION_HEADER_SIZE = 64

/** Values of sh_type. */
export const SHT_PROGBITS = 1
export const SHT_SYMTAB = 2
export const SHT_STRTAB = 3
export const SHT_NOTE = 7

/** Bits of sh_flags: the section is written to, is in memory when the program runs, holds code. */
export const SHF_WRITE = 1
export const SHF_ALLOC = 2
export const SHF_EXECUTE = 4

/** Where the fields of a section header lie. */
export const SECTION_HEADER = {
  sh_name: 0,
  sh_type: 4,
  sh_flags: 8,
  sh_addr: 16,
  sh_offset: 24,
  sh_size: 32,
  sh_link: 40,
  sh_info: 44,
  sh_addralign: 48,
  sh_entsize: 56,
} as const

const SEGMENT_TYPES = new Map([
  [0, 'NULL'],
  [PT_LOAD, 'LOAD'],
  [2, 'DYNAMIC'],
  [PT_INTERP, 'INTERP'],
  [PT_NOTE, 'NOTE'],
  [5, 'SHLIB'],
  [6, 'PHDR'],
  [PT_TLS, 'TLS'],
  [0x6474e550, 'GNU_EH_FRAME'],
  [PT_GNU_STACK, 'GNU_STACK'],
  [0x6474e552, 'GNU_RELRO'],
  [0x6474e553, 'GNU_PROPERTY'],
])

/** The usual name of a p_type without its `PT_`; a number that has none in hexadecimal. */
export function segmentTypeName(type: number): string {
  return SEGMENT_TYPES.get(type) ?? `0x${type.toString(16)}`
}

/** Values of e_machine. */
export const MACHINE_PPC64 = 21
export const MACHINE_X86_64 = 62
export const MACHINE_AARCH64 = 183

const MACHINES = new Map([
  [3, 'i386'],
  [MACHINE_PPC64, 'ppc64'],
  [22, 's390x'],
  [40, 'arm'],
  [MACHINE_X86_64, 'x86_64'],
  [MACHINE_AARCH64, 'aarch64'],
  [243, 'riscv'],
])

/** What an e_machine number is called, as `uname -m` and the Solo5 toolchain spell it; others as `machine N`. */
export function machineName(id: number): string {
  return MACHINES.get(id) ?? `machine ${id}`
}
