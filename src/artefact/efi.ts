// What all EFI applications need and who starts them, and what is odd about a PE file. Pure.

import type { Source } from '../base/reader.ts'
import { formatSize } from '../base/size.ts'
import { collectFindings, type Finding } from './finding.ts'
import type { Need, Starter } from './identification.ts'
import type { PeFile, PeSection } from './pe.ts'
import { hex } from './values.ts'

/** The file that firmware starts from a removable disk (UEFI Specification, "Removable Media Boot Behavior"). */
const BOOT_FILES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'BOOTX64.EFI'],
  ['i386', 'BOOTIA32.EFI'],
  ['aarch64', 'BOOTAA64.EFI'],
  ['arm', 'BOOTARM.EFI'],
  ['riscv64', 'BOOTRISCV64.EFI'],
])

const WRITABLE = 0x80000000
const EXECUTABLE = 0x20000000

export function efiNeeds({ machine, imageSize }: PeFile): Need[] {
  return [
    { kind: 'firmware', detail: `EFI, for ${machine}` },
    { kind: 'memory', detail: `${formatSize(imageSize)} at least, only to be loaded` },
  ]
}

export function efiStarters({ machine }: PeFile): Starter[] {
  const file = BOOT_FILES.get(machine)
  const how = file === undefined ? 'from its shell, or by a boot entry' : `as EFI/BOOT/${file}, or from its shell`
  const firmware: Starter = { name: 'EFI firmware', how, requires: { elsewhere: true } }
  if (machine !== 'x86_64') return [firmware]
  const qemu = 'qemu-system-x86_64 -bios OVMF.fd, with the file on a FAT disk'
  return [firmware, { name: 'QEMU', how: qemu, requires: { command: 'qemu-system-x86_64' } }]
}

/** Sections outside of the file, writable and executable ones, overlapping ones, an entry outside of code. */
export function examinePe(pe: PeFile, source: Source): Finding[] {
  const { findings, find } = collectFindings()
  for (const section of pe.sections) {
    const { index, at, rawOffset, rawSize, characteristics } = section
    const field = `section[${index}]`
    if (rawSize > 0 && (rawOffset > source.size || rawSize > source.size - rawOffset)) {
      find('refused', 'TRUNCATED', `${field}.SizeOfRawData`, at + 16, `is ${rawSize}, past the end of the file`)
    }
    if ((characteristics & WRITABLE) !== 0 && (characteristics & EXECUTABLE) !== 0) {
      find(
        'notice',
        'BAD_VALUE',
        `${field}.Characteristics`,
        at + 36,
        'asks for memory that is writable and executable at once',
      )
    }
  }
  for (const [section, before] of overlaps(pe.sections)) {
    find(
      'notice',
      'BAD_VALUE',
      `section[${section.index}].VirtualAddress`,
      section.at + 12,
      `begins inside section ${before.index}`,
    )
  }
  const inCode = pe.sections.some((section) => holds(section, pe.entry) && (section.characteristics & EXECUTABLE) !== 0)
  if (!inCode)
    find(
      'notice',
      'BAD_VALUE',
      'AddressOfEntryPoint',
      pe.optionalAt + 16,
      `is ${hex(pe.entry)}, in no executable section`,
    )
  const { certificates } = pe
  if (certificates !== undefined && certificates.offset + certificates.size > source.size) {
    find('notice', 'TRUNCATED', 'Certificates', certificates.at, 'end past the end of the file')
  }
  return findings
}

function holds({ virtualAddress, virtualSize, rawSize }: PeSection, address: number): boolean {
  return address >= virtualAddress && address - virtualAddress < Math.max(virtualSize, rawSize)
}

function overlaps(sections: readonly PeSection[]): [PeSection, PeSection][] {
  const placed = sections.filter(({ virtualSize, rawSize }) => virtualSize > 0 || rawSize > 0)
  const sorted = placed.sort((a, b) => a.virtualAddress - b.virtualAddress)
  return sorted.flatMap((section, i): [PeSection, PeSection][] => {
    const before = sorted[i - 1]
    return before !== undefined && section.virtualAddress - before.virtualAddress < before.virtualSize
      ? [[section, before]]
      : []
  })
}
