// In which ways a bare-metal kernel can be started, from the headers and notes that say so: what the recognisers of several families share. Pure.

import { quote } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import { placeOf } from '../elf/any.ts'
import { PT_LOAD } from '../elf/format.ts'
import type { ElfFile } from './elf-file.ts'
import type { Finding } from './finding.ts'
import type { Fact, Need, Starter } from './identification.ts'
import { examineMultiboot, multibootFacts } from './multiboot-facts.ts'
import { hex } from './values.ts'
import type { XenNotes } from './xen-notes.ts'

export interface BootWays {
  /** `multiboot`, `multiboot2`, `pv`, `pvh`. */
  readonly protocols: readonly string[]
  readonly facts: readonly Fact[]
  readonly needs: readonly Need[]
  readonly starters: readonly Starter[]
  readonly findings: readonly Finding[]
}

export const QEMU: Starter = {
  name: 'QEMU',
  how: "qemu-system-x86_64 -kernel FILE -append 'WORDS'",
  requires: { command: 'qemu-system-x86_64' },
}
const XL_PV: Starter = { name: 'Xen', how: "xl create, with type='pv' and kernel='FILE'", requires: { command: 'xl' } }
const XL_PVH: Starter = {
  name: 'Xen',
  how: "xl create, with type='pvh' and kernel='FILE'",
  requires: { command: 'xl' },
}

/** A memory beyond this is no memory but nonsense in a header. */
const LARGEST_MEMORY = 2n ** 45n

export function bootWays(file: ElfFile): BootWays {
  const { v1, v2 } = file.multiboot()
  const xen = file.xen()
  const pvh = xen?.numbers.has('PHYS32_ENTRY') === true
  const pv = xen !== undefined && isPv(xen)
  const protocols: string[] = []
  const needs: Need[] = []
  const starters: Starter[] = []
  const add = (protocol: string, need: Need, ...ways: Starter[]): void => {
    protocols.push(protocol)
    needs.push(need)
    for (const way of ways) if (!starters.includes(way)) starters.push(way)
  }
  // QEMU takes Multiboot files that are 32-bit or say by themselves where they go, and no others.
  const direct = v1 !== undefined && (file.elf.class === 32 || v1.addresses !== undefined)
  if (v1 !== undefined) add('multiboot', protocol('Multiboot 1'), ...(direct ? [QEMU] : []), GRUB)
  if (v2 !== undefined) add('multiboot2', protocol('Multiboot 2'), GRUB2)
  if (pvh) add('pvh', protocol('Xen PVH'), QEMU, XL_PVH)
  if (pv) add('pv', { kind: 'hypervisor', detail: 'Xen, paravirtualised (PV)' }, XL_PV)
  const memory = memoryOf(file)
  if (memory !== undefined && !(pv && protocols.length === 1)) needs.push(memory)
  return {
    protocols,
    facts: [...multibootFacts(file.multiboot()), ...(xen === undefined ? [] : xenFacts(xen))],
    needs,
    starters,
    findings: [...examineMultiboot(file.multiboot(), file.source), ...compareAddresses(file)],
  }
}

export const GRUB: Starter = { name: 'GRUB', how: 'multiboot FILE WORDS', requires: { elsewhere: true } }
export const GRUB2: Starter = { name: 'GRUB', how: 'multiboot2 FILE WORDS', requires: { elsewhere: true } }

function protocol(detail: string): Need {
  return { kind: 'boot protocol', detail }
}

/** A kernel for PVH alone has no more than that one note; what PV starts from are the others. */
export function isPv({ numbers, texts, form }: XenNotes): boolean {
  return form === '__xen_guest' || numbers.has('HYPERCALL_PAGE') || numbers.has('VIRT_BASE') || texts.has('LOADER')
}

export function xenFacts({ texts, numbers }: XenNotes): Fact[] {
  const shown = ['GUEST_OS', 'GUEST_VERSION', 'XEN_VERSION', 'LOADER', 'FEATURES']
  return [
    ...shown.flatMap((key) => {
      const value = texts.get(key)
      return value === undefined || value === '' ? [] : [{ name: `Xen ${key}`, value: quote(value) }]
    }),
    ...['ENTRY', 'VIRT_BASE', 'HYPERCALL_PAGE', 'PHYS32_ENTRY'].flatMap((key) => {
      const value = numbers.get(key)
      return value === undefined ? [] : [{ name: `Xen ${key}`, value: hex(value) }]
    }),
  ]
}

/** The end of what is loaded to physical addresses: with less memory it cannot even be placed. */
function memoryOf({ elf }: ElfFile): Need | undefined {
  let end = 0n
  for (const { type, paddr, memsz } of elf.programHeaders) {
    if (type === PT_LOAD && memsz > 0n && paddr + memsz > end) end = paddr + memsz
  }
  if (end === 0n || end > LARGEST_MEMORY) return undefined
  return { kind: 'memory', detail: `${formatSize(Number(end))} at least, only to be loaded` }
}

/** Two protocols that put the same file to different places, of which one must be wrong. */
function compareAddresses({ elf, multiboot }: ElfFile): Finding[] {
  const { v1 } = multiboot()
  if (v1?.addresses === undefined) return []
  const offset = BigInt(v1.offset)
  const { header: address } = v1.addresses
  const holder = elf.programHeaders.find(
    (header) => header.type === PT_LOAD && offset >= header.offset && offset - header.offset < header.filesz,
  )
  if (holder === undefined || holder.paddr + offset - holder.offset === BigInt(address)) return []
  const message = `loads to ${hex(holder.paddr + offset - holder.offset)} what the Multiboot header loads to ${hex(address)}`
  return [{ severity: 'notice', code: 'BAD_VALUE', ...placeOf(elf, holder, 'p_paddr'), message }]
}
