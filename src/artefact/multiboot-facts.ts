// What Multiboot headers say, in words, and what is odd about them. Pure.

import type { Source } from '../base/reader.ts'
import type { Finding } from './finding.ts'
import type { Fact } from './identification.ts'
import type { Multiboot, Multiboot1, Multiboot1Addresses } from './multiboot-header.ts'
import { hex } from './values.ts'

/** Bits 0 to 15 are demands that a loader must know; these are all that exist. */
const KNOWN_DEMANDS = 0b111

const FLAGS = [
  [0, 'modules on pages'],
  [1, 'memory map'],
  [2, 'video mode'],
] as const

const TAGS: ReadonlyMap<number, string> = new Map([
  [1, 'information request'],
  [2, 'load addresses'],
  [3, 'entry'],
  [4, 'console'],
  [5, 'framebuffer'],
  [6, 'modules on pages'],
  [7, 'EFI boot services'],
  [8, 'EFI i386 entry'],
  [9, 'EFI x86_64 entry'],
  [10, 'relocatable'],
])

export function multibootFacts({ v1, v2 }: Multiboot): Fact[] {
  const facts: Fact[] = []
  if (v1 !== undefined) facts.push({ name: 'Multiboot 1', value: describe1(v1) })
  if (v2 !== undefined) {
    const asked = v2.tags.map((tag) => TAGS.get(tag) ?? `tag ${tag}`)
    const words = asked.length === 0 ? '' : `, with ${[...new Set(asked)].join(', ')}`
    facts.push({ name: 'Multiboot 2', value: `header at ${hex(v2.offset)}${words}` })
  }
  return facts
}

function describe1({ offset, flags, addresses }: Multiboot1): string {
  const asked = FLAGS.filter(([bit]) => (flags & (1 << bit)) !== 0).map(([, name]) => name)
  const wishes = asked.length === 0 ? '' : `, asks for ${asked.join(', ')}`
  const place = addresses === undefined ? '' : `, loads to ${hex(addresses.load)}, entry ${hex(addresses.entry)}`
  return `header at ${hex(offset)}${wishes}${place}`
}

export function examineMultiboot({ v1 }: Multiboot, source: Source): Finding[] {
  if (v1 === undefined) return []
  const findings: Finding[] = []
  const find = (severity: Finding['severity'], field: string, at: number, message: string): void => {
    findings.push({ severity, code: 'BAD_VALUE', field: `multiboot.${field}`, offset: v1.offset + at, message })
  }
  const unknown = v1.flags & 0xffff & ~KNOWN_DEMANDS
  if (unknown !== 0) find('refused', 'flags', 4, `is ${hex(v1.flags)}, which demands what no loader knows`)
  const { addresses } = v1
  if (addresses !== undefined) examineAddresses(addresses, v1.offset, source, find)
  return findings
}

function examineAddresses(
  { header, load, loadEnd, bssEnd, entry }: Multiboot1Addresses,
  offset: number,
  source: Source,
  find: (severity: Finding['severity'], field: string, at: number, message: string) => void,
): void {
  if (load > header) return find('refused', 'load_addr', 16, `is ${hex(load)}, above the header’s ${hex(header)}`)
  const start = offset - (header - load)
  if (start < 0) return find('refused', 'load_addr', 16, `is ${hex(load)}, which begins before the file`)
  const end = loadEnd === 0 ? load + source.size - start : loadEnd
  if (end < load) find('refused', 'load_end_addr', 20, `is ${hex(loadEnd)}, below load_addr`)
  else if (end - load > source.size - start)
    find('refused', 'load_end_addr', 20, `is ${hex(loadEnd)}, past the end of the file`)
  if (bssEnd !== 0 && bssEnd < end) find('notice', 'bss_end_addr', 24, `is ${hex(bssEnd)}, below load_end_addr`)
  if (entry < load || entry >= Math.max(end, bssEnd)) {
    find('notice', 'entry_addr', 28, `is ${hex(entry)}, which is not in what is loaded`)
  }
}
