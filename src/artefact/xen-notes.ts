// What a kernel tells Xen about itself: notes of the name "Xen" (xen/include/public/elfnote.h), or in older kernels a section of
// ASCII pairs, `__xen_guest`. The bytes come out of a file that somebody handed us. Pure.

import { ByteReader, type Source } from '../base/reader.ts'
import type { Note } from '../elf/notes.ts'
import { contentsOf, type Section } from '../elf/sections.ts'
import { peek, textOf } from './values.ts'

const XEN_NAME = 'Xen\0'
const MAX_TEXT = 1024 // bytes of one descriptor, or of the whole section

/** The notes that hold a text; all others hold a number. */
const TEXTS: ReadonlyMap<number, string> = new Map([
  [0, 'INFO'],
  [5, 'XEN_VERSION'],
  [6, 'GUEST_OS'],
  [7, 'GUEST_VERSION'],
  [8, 'LOADER'],
  [9, 'PAE_MODE'],
  [10, 'FEATURES'],
  [11, 'BSD_SYMTAB'],
])

const NUMBERS: ReadonlyMap<number, string> = new Map([
  [1, 'ENTRY'],
  [2, 'HYPERCALL_PAGE'],
  [3, 'VIRT_BASE'],
  [4, 'PADDR_OFFSET'],
  [12, 'HV_START_LOW'],
  [14, 'SUSPEND_CANCEL'],
  [15, 'INIT_P2M'],
  [16, 'MOD_START_PFN'],
  [17, 'SUPPORTED_FEATURES'],
  [18, 'PHYS32_ENTRY'],
])

export interface XenNotes {
  /** By the names of Xen's header, without their prefix. Texts are as the file has them: quote them. */
  readonly texts: ReadonlyMap<string, string>
  readonly numbers: ReadonlyMap<string, bigint>
  /** As notes, or as the section of older kernels. */
  readonly form: 'notes' | '__xen_guest'
}

/** undefined where there is nothing of the kind. */
export function readXenNotes(
  source: Source,
  notes: readonly Note[],
  sections: readonly Section[],
): XenNotes | undefined {
  const own = notes.filter(({ name }) => name === XEN_NAME)
  return own.length > 0 ? readNotes(source, own) : readSection(source, sections)
}

function readNotes(source: Source, notes: readonly Note[]): XenNotes {
  const texts = new Map<string, string>()
  const numbers = new Map<string, bigint>()
  for (const note of notes) {
    const bytes = peek(source, note.descriptorOffset, Math.min(note.descriptorSize, MAX_TEXT))
    const text = TEXTS.get(note.type)
    const number = NUMBERS.get(note.type)
    if (text !== undefined && !texts.has(text)) texts.set(text, textOf(bytes))
    if (number !== undefined && !numbers.has(number)) {
      const value = numberIn(bytes)
      if (value !== undefined) numbers.set(number, value)
    }
  }
  return { texts, numbers, form: 'notes' }
}

function numberIn(bytes: Uint8Array): bigint | undefined {
  const r = new ByteReader(bytes)
  if (bytes.length >= 8) return r.u64(0, 'note')
  return bytes.length >= 4 ? BigInt(r.u32(0, 'note')) : undefined
}

/** `GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0`. */
function readSection(source: Source, sections: readonly Section[]): XenNotes | undefined {
  const section = sections.find(({ name }) => name === '__xen_guest')
  const place = section === undefined ? undefined : contentsOf(section, source)
  if (place === undefined) return undefined
  const texts = new Map<string, string>()
  const numbers = new Map<string, bigint>()
  for (const pair of textOf(peek(source, place.offset, Math.min(place.size, MAX_TEXT))).split(',')) {
    const [, key, value = ''] = /^([A-Z0-9_]{1,32})(?:=(.*))?$/s.exec(pair) ?? []
    if (key === undefined) continue
    if (/^0x[0-9a-f]{1,16}$/i.test(value)) numbers.set(key, BigInt(value))
    else texts.set(key === 'XEN_VER' ? 'XEN_VERSION' : key, value)
  }
  return { texts, numbers, form: '__xen_guest' }
}
