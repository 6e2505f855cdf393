// PE files: EFI applications and drivers, unified kernel images, Unikraft for EFI, and programs for Windows.

import { quote } from '../../base/quote.ts'
import type { Source } from '../../base/reader.ts'
import { formatSize } from '../../base/size.ts'
import { efiNeeds, efiStarters, examinePe } from '../efi.ts'
import { type Fact, identification, type Identification, type Parameter } from '../identification.ts'
import { hasPeHeader, type PeFile, readPe } from '../pe.ts'
import { peek } from '../values.ts'

const EFI_KINDS: ReadonlyMap<number, string> = new Map([
  [10, 'EFI application'],
  [11, 'EFI boot service driver'],
  [12, 'EFI runtime driver'],
  [13, 'EFI ROM image'],
])

const MAX_TEXT = 512 // bytes of a section of text that are shown
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
    needs: efi === undefined ? [] : efiNeeds(pe),
    accepts: efi === undefined ? [] : [OPTIONS],
    starters: efi === undefined ? [] : efiStarters(pe),
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

function sectionText(pe: PeFile, source: Source, wanted: string): string | undefined {
  const section = pe.sections.find(({ name }) => name === wanted)
  if (section === undefined) return undefined
  const size = Math.min(section.virtualSize, section.rawSize, MAX_TEXT)
  return new TextDecoder().decode(peek(source, section.rawOffset, size)).replaceAll('\0', '')
}
