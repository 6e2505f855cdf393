// ELF files that a boot loader or a hypervisor starts: Linux as vmlinux, Xen guests, Multiboot kernels. What makes one are its headers
// and notes, so these come after the families that have signs of their own.

import { quote } from '../../base/quote.ts'
import { elfFacts, processorOf } from '../elf-facts.ts'
import type { Source } from '../../base/reader.ts'
import { bootWays, GRUB, GRUB2, QEMU } from '../boot-ways.ts'
import type { ElfFile } from '../elf-file.ts'
import { identification, type Identification, type Parameter, type Starter } from '../identification.ts'
import { examineMultiboot, multibootFacts } from '../multiboot-facts.ts'
import { findMultiboot } from '../multiboot-header.ts'
import { linuxVersion } from '../linux-version.ts'
import { examineSegments } from '../segments.ts'

const LINUX_NOTE = 'Linux\0'

/** vmlinux: a kernel before it is packed, which the small machine monitors want. */
export function recogniseVmlinux(file: ElfFile): Identification | undefined {
  const { elf, notes, source } = file
  const noted = notes.some(({ name }) => name === LINUX_NOTE) || file.xen()?.texts.get('GUEST_OS') === 'linux'
  // Modules and the vdso have the note too.
  if (!noted || elf.type === 1 || elf.programHeaders.length === 0 || hasDynamicSection(file)) return undefined
  const ways = bootWays(file)
  return identification({
    family: 'linux',
    summary: 'Linux kernel, vmlinux',
    target: 'vmlinux',
    processor: processorOf(elf),
    entry: elf.entry,
    facts: [...linuxVersion(source, { from: 0, to: source.size }), ...elfFacts(elf), ...ways.facts],
    needs: [{ kind: 'boot protocol', detail: `Linux/${processorOf(elf).name}, entered in 64-bit mode` }, ...ways.needs],
    accepts: [
      { name: 'command line', form: 'kernel parameters', detail: 'behind -- words for init' },
      { name: 'initrd', form: 'a file', detail: 'cpio archives, compressed or not, one behind the other' },
    ],
    starters: [FIRECRACKER, ...ways.starters],
    segments: elf.programHeaders,
    findings: [...examineSegments(elf, source, { loaded: true, entry: 'physical' }), ...ways.findings],
  })
}

export const FIRECRACKER: Starter = {
  name: 'Firecracker',
  how: 'firecracker, with FILE as kernel_image_path',
  requires: { command: 'firecracker', kvm: true },
}

/** A program or library of Linux, and its vdso. */
function hasDynamicSection({ elf }: ElfFile): boolean {
  return elf.programHeaders.some(({ type }) => type === 2)
}

/** Guests of Xen that are no Linux. */
export function recogniseXen(file: ElfFile): Identification | undefined {
  const xen = file.xen()
  if (xen === undefined) return undefined
  const system = xen.texts.get('GUEST_OS')
  return bareMetal(file, {
    family: 'xen',
    summary: system === undefined ? 'guest of Xen' : `guest of Xen, ${quote(system)}`,
  })
}

export function recogniseMultiboot(file: ElfFile): Identification | undefined {
  const { v1, v2 } = file.multiboot()
  if (v1 === undefined && v2 === undefined) return undefined
  const versions = [...(v1 === undefined ? [] : ['1']), ...(v2 === undefined ? [] : ['2'])]
  return bareMetal(file, { family: 'multiboot', summary: `Multiboot ${versions.join(' and ')} kernel` })
}

/** A file that is no ELF file but says itself where it goes, or wants to be loaded as a module would. */
export function recogniseFlatMultiboot(source: Source): Identification | undefined {
  const multiboot = findMultiboot(source)
  const { v1, v2 } = multiboot
  // Without addresses a loader needs an ELF file, so the magic number stands there for another reason: code that looks for one.
  const starts1 = v1?.addresses !== undefined
  const starts2 = v2?.tags.includes(TAG_ADDRESSES) === true
  if (!starts1 && !starts2) return undefined
  const versions = [...(starts1 ? ['1'] : []), ...(starts2 ? ['2'] : [])]
  return identification({
    family: 'multiboot',
    summary: `Multiboot ${versions.join(' and ')} kernel, no ELF file`,
    target: versions.map((version) => (version === '1' ? 'multiboot' : 'multiboot2')).join(' and '),
    processor: { id: null, name: 'i386' },
    entry: starts1 ? BigInt(v1.addresses.entry) : null,
    facts: multibootFacts(multiboot),
    needs: versions.map((version) => ({ kind: 'boot protocol', detail: `Multiboot ${version}` })),
    accepts: [COMMAND_LINE],
    starters: [...(starts1 ? [QEMU, GRUB] : []), ...(starts2 ? [GRUB2] : [])],
    findings: examineMultiboot(multiboot, source),
  })
}

const TAG_ADDRESSES = 2
const COMMAND_LINE: Parameter = { name: 'command line', form: 'one string', detail: 'as the loader passes it on' }

/** What all kernels have that are started by one of the common ways. */
export function bareMetal(
  file: ElfFile,
  known: Pick<Identification, 'family' | 'summary'> & Partial<Identification>,
): Identification {
  const { elf, source } = file
  const ways = bootWays(file)
  return identification({
    processor: processorOf(elf),
    target: ways.protocols.join(' and '),
    entry: elf.entry,
    segments: elf.programHeaders,
    accepts: [COMMAND_LINE],
    ...known,
    facts: [...(known.facts ?? []), ...elfFacts(elf), ...ways.facts],
    needs: [...(known.needs ?? []), ...ways.needs],
    starters: [...(known.starters ?? []), ...ways.starters],
    findings: [
      ...(known.findings ?? []),
      ...examineSegments(elf, source, { loaded: true, entry: 'physical' }),
      ...ways.findings,
    ],
  })
}
