// Unikraft images for every platform: sections of its own tell, which stripped images keep.

import { escapeControls, quote } from '../../base/quote.ts'
import { PT_LOAD } from '../../elf/format.ts'
import type { Source } from '../../base/reader.ts'
import { placeOf } from '../../elf/any.ts'
import type { Section } from '../../elf/sections.ts'
import { bootWays } from '../boot-ways.ts'
import { type ElfFile, readElfFile } from '../elf-file.ts'
import { processorOf } from '../elf-facts.ts'
import type { Finding } from '../finding.ts'
import { type Fact, identification, type Identification, type Need, type Parameter } from '../identification.ts'
import { efiNeeds, efiStarters, examinePe } from '../efi.ts'
import { hasPeHeader, readPe } from '../pe.ts'
import { sourceFrom, tryRead } from '../values.ts'
import {
  libinfoOf,
  parameterTables,
  readLibraries,
  readParameters,
  sectionReader,
  type UnikraftInfo,
  type UnikraftParameter,
} from '../unikraft-info.ts'
import { bareMetal, FIRECRACKER } from './kernel.ts'

/** Characters of a parameter's name. */
const MAX_NAME = 128
const MAX_SHOWN = 24 // libraries in the line of them
const OWN_SECTION = /^\.uk_(?:bootinfo|libinfo|libparam|inittab|ctortab)/

export function recogniseUnikraft(file: ElfFile): Identification | undefined {
  const sections = file.sections()
  const marked = sections.some(({ name }) => OWN_SECTION.test(name)) || parameterTables(sections).length > 0
  if (!marked && file.xen()?.texts.get('GUEST_OS') !== 'Unikraft') return undefined
  // Objects of the build have the sections too.
  if (file.elf.programHeaders.length === 0) return undefined
  const { protocols } = bootWays(file)
  const direct = protocols.length === 0
  const { info, parameters, lost } = contentsOf(file)
  return bareMetal(file, {
    family: 'unikraft',
    summary: 'Unikraft unikernel',
    target: targetOf(file, protocols),
    facts: infoFacts(info),
    needs: [...(direct ? [DIRECT] : []), ...needsOf(info)],
    accepts: acceptsOf(parameters),
    starters: direct && processorOf(file.elf).name === 'x86_64' ? [FIRECRACKER] : [],
    findings: [...lostFindings(lost), ...emptySegments(file, protocols)],
  })
}

/** The PE header that the build puts in front of the whole ELF file, with a section of this name for each segment. */
const EFI_SECTION = '\0RDHP_KU'

export function recogniseUnikraftEfi(source: Source): Identification | undefined {
  if (!hasPeHeader(source)) return undefined
  const pe = readPe(source)
  if (!pe.sections.some(({ name }) => name === EFI_SECTION)) return undefined
  const file = tryRead(() => readElfFile(sourceFrom(source, pe.headersSize)))
  const contents = file === undefined ? undefined : contentsOf(file)
  return identification({
    family: 'unikraft',
    summary: 'Unikraft unikernel',
    target: `efi-${pe.machine}`,
    processor: { id: null, name: pe.machine },
    entry: pe.imageBase + BigInt(pe.entry),
    facts: contents === undefined ? [] : infoFacts(contents.info),
    needs: [...efiNeeds(pe), ...(contents === undefined ? [] : needsOf(contents.info))],
    accepts: acceptsOf(contents?.parameters ?? []),
    starters: efiStarters(pe),
    segments: file?.elf.programHeaders ?? [],
    // All sections are writable and executable here: firmware lets nobody else apply relocations.
    findings: examinePe(pe, source).filter(({ field }) => !field.endsWith('Characteristics')),
  })
}

interface Contents {
  readonly info: UnikraftInfo
  readonly parameters: readonly UnikraftParameter[]
  readonly lost: readonly Section[]
}

function contentsOf({ elf, source, sections }: ElfFile): Contents {
  const info = readLibraries(sectionReader(source, libinfoOf(sections())))
  return { info, ...readParameters(elf, source, sections()) }
}

function acceptsOf(parameters: readonly UnikraftParameter[]): Parameter[] {
  return [...(parameters.length === 0 ? [UNKNOWN_PARAMETERS] : parameters.map(describeParameter)), ARGUMENTS]
}

const DIRECT: Need = { kind: 'boot protocol', detail: 'Linux, entered in 64-bit mode (lxboot)' }

/** What the build system calls the platform, as far as the file tells. */
function targetOf({ elf }: ElfFile, protocols: readonly string[]): string {
  const { name } = processorOf(elf)
  if (protocols.includes('pv') || protocols.includes('pvh')) return `xen-${name}`
  // The 32-bit file is a wrapper: the code is for x86-64.
  if (protocols.includes('multiboot')) return 'qemu-x86_64'
  return name === 'x86_64' ? 'fc-x86_64' : `qemu-${name}`
}

function infoFacts({ version, codename, compiler, libraries }: UnikraftInfo): Fact[] {
  const facts: Fact[] = []
  if (version !== undefined)
    facts.push({
      name: 'version',
      value: [version, codename ?? '']
        .filter(Boolean)
        .map((text) => quote(text))
        .join(' '),
    })
  if (compiler !== undefined) facts.push({ name: 'compiler', value: quote(compiler) })
  if (libraries.length > 0) {
    const names = libraries.slice(0, MAX_SHOWN).map(({ name }) => quote(name))
    const more = libraries.length > MAX_SHOWN ? ` and ${libraries.length - MAX_SHOWN} more` : ''
    facts.push({ name: 'libraries', value: names.join(' ') + more })
  }
  return facts
}

/** No image states its devices; the drivers in it say which it could use. */
const DRIVERS: readonly (readonly [library: string, device: string])[] = [
  ['libvirtio_net', 'virtio network, if the program uses one'],
  ['libvirtio_blk', 'virtio disk, if the program uses one'],
  ['libvirtio_9p', 'virtio 9p share, if the program uses one'],
  ['libxen_netfront', 'Xen network, if the program uses one'],
  ['libxen_blkfront', 'Xen disk, if the program uses one'],
]

function needsOf({ libraries, version }: UnikraftInfo): Need[] {
  const names = new Set(libraries.map(({ name }) => name))
  const needs: Need[] = DRIVERS.filter(([library]) => names.has(library)).map(([, detail]) => ({
    kind: 'device',
    detail,
  }))
  // 0.17 does not boot without; older ones have another generator, newer ones fall back.
  if (names.has('libukrandom') && version?.startsWith('0.17') === true) {
    needs.push({ kind: 'processor', detail: 'with RDRAND and RDSEED' })
  }
  return needs
}

const ARGUMENTS: Parameter = {
  name: 'arguments',
  form: 'words behind --',
  detail: 'for main; without -- every word is one',
}
const UNKNOWN_PARAMETERS: Parameter = {
  name: 'parameters',
  form: 'not listed in the file',
  detail: 'words in front of --',
}

function describeParameter({ name, type, count, description }: UnikraftParameter): Parameter {
  return {
    name: escapeControls(name.slice(0, MAX_NAME)),
    form: count === 1 ? type : `${type}[${count}]`,
    detail: description === '' ? '' : quote(description),
  }
}

function lostFindings(lost: readonly Section[]): Finding[] {
  const [first] = lost
  if (first === undefined) return []
  const message = `has ${lost.length === 1 ? 'an entry that points' : `${lost.length} entries that point`} outside of the file`
  const field = `shdr[${first.index}] ${quote(first.name)}`
  const offset = first.offset <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(first.offset) : 0
  return [{ severity: 'notice', code: 'BAD_VALUE', field, offset, message }]
}

/** GRUB 2.06 refuses what the linker leaves behind here; QEMU does not mind. */
function emptySegments({ elf }: ElfFile, protocols: readonly string[]): Finding[] {
  if (!protocols.includes('multiboot')) return []
  const empty = elf.programHeaders.find(({ type, memsz, filesz }) => type === PT_LOAD && memsz === 0n && filesz === 0n)
  if (empty === undefined) return []
  const message = 'is 0: GRUB 2.06 refuses a file with an empty segment ("overlap detected")'
  return [{ severity: 'notice', code: 'BAD_VALUE', ...placeOf(elf, empty, 'p_memsz'), message }]
}
