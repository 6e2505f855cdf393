// PE files: EFI applications and drivers, unified kernel images, Unikraft for EFI, and programs for Windows.

import { quote } from '../../base/quote.ts'
import type { Source } from '../../base/reader.ts'
import { formatSize } from '../../base/size.ts'
import type { Finding } from '../finding.ts'
import {
  type Fact,
  identification,
  type Identification,
  type Need,
  type Parameter,
  type Starter,
} from '../identification.ts'
import { hasPeHeader, type PeFile, type PeSection, readPe } from '../pe.ts'
import { hex, peek } from '../values.ts'

const EFI_KINDS: ReadonlyMap<number, string> = new Map([
  [10, 'EFI application'],
  [11, 'EFI boot service driver'],
  [12, 'EFI runtime driver'],
  [13, 'EFI ROM image'],
])

/** The file that firmware starts from a removable disk (UEFI Specification, "Removable Media Boot Behavior"). */
const BOOT_FILES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'BOOTX64.EFI'],
  ['i386', 'BOOTIA32.EFI'],
  ['aarch64', 'BOOTAA64.EFI'],
  ['arm', 'BOOTARM.EFI'],
  ['riscv64', 'BOOTRISCV64.EFI'],
])

const MAX_TEXT = 512 // bytes of a section of text that are shown
const WRITABLE = 0x80000000
const EXECUTABLE = 0x20000000

export function recognisePe(source: Source): Identification | undefined {
  if (!hasPeHeader(source)) return undefined
  const pe = readPe(source)
  const efi = EFI_KINDS.get(pe.subsystem)
  const text = (name: string): string | undefined => sectionText(pe, source, name)
  const unified = pe.sections.some(({ name }) => name === '.linux')
  return identification({
    family: efi === undefined ? 'program' : 'efi',
    summary: unified
      ? 'EFI application, a Linux kernel with its initrd and command line'
      : (efi ?? 'program for Windows, no unikernel'),
    target: efi === undefined ? null : 'efi',
    processor: { id: null, name: pe.machine },
    entry: pe.imageBase + BigInt(pe.entry),
    facts: [...factsOf(pe), ...textFacts(text)],
    needs: efi === undefined ? [] : needsOf(pe),
    accepts: efi === undefined ? [] : [OPTIONS],
    starters: efi === undefined ? [] : startersOf(pe),
    findings: examinePe(pe, source),
  })
}

const OPTIONS: Parameter = { name: 'load options', form: 'UTF-16', detail: 'of the boot entry, or words in the shell' }

function factsOf(pe: PeFile): Fact[] {
  const names = pe.sections.map(({ name }) => quote(name))
  return [
    { name: 'format', value: pe.plus ? 'PE32+' : 'PE32' },
    { name: 'sections', value: names.join(' ') },
    {
      name: 'signature',
      value: pe.certificates === undefined ? 'none' : `${formatSize(pe.certificates.size)}, not checked`,
    },
  ]
}

/** Sections of text that boot loaders and unified kernels have. */
function textFacts(text: (name: string) => string | undefined): Fact[] {
  const loader = /LoaderInfo: ([^#]*) ####/.exec(text('.sdmagic') ?? '')?.[1]
  const shown: [name: string, value: string | undefined][] = [
    ['loader', loader],
    ['kernel', text('.uname')],
    ['command line', text('.cmdline')],
    ['system', /^PRETTY_NAME="?([^"\n]*)/m.exec(text('.osrel') ?? '')?.[1]],
    ['SBAT', text('.sbat')?.split('\n')[1]],
  ]
  return shown.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [{ name, value: quote(value.trimEnd()) }],
  )
}

function needsOf({ machine, imageSize }: PeFile): Need[] {
  return [
    { kind: 'firmware', detail: `EFI, for ${machine}` },
    { kind: 'memory', detail: `${formatSize(imageSize)} at least, only to be loaded` },
  ]
}

function startersOf({ machine }: PeFile): Starter[] {
  const file = BOOT_FILES.get(machine)
  const how = file === undefined ? 'from its shell, or by a boot entry' : `as EFI/BOOT/${file}, or from its shell`
  const firmware: Starter = { name: 'EFI firmware', how, requires: { elsewhere: true } }
  if (machine !== 'x86_64') return [firmware]
  const qemu = 'qemu-system-x86_64 -bios OVMF.fd, with the file on a FAT disk'
  return [firmware, { name: 'QEMU', how: qemu, requires: { command: 'qemu-system-x86_64' } }]
}

function sectionText(pe: PeFile, source: Source, wanted: string): string | undefined {
  const section = pe.sections.find(({ name }) => name === wanted)
  if (section === undefined) return undefined
  const size = Math.min(section.virtualSize, section.rawSize, MAX_TEXT)
  return new TextDecoder().decode(peek(source, section.rawOffset, size)).replaceAll('\0', '')
}

function examinePe(pe: PeFile, source: Source): Finding[] {
  const findings: Finding[] = []
  const find = (
    severity: Finding['severity'],
    code: Finding['code'],
    field: string,
    offset: number,
    message: string,
  ): void => {
    findings.push({ severity, code, field, offset, message })
  }
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
