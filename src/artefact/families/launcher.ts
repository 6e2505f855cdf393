// Launchers that `slipway compose` has made (docs/spec/launcher.md, "The note"). What is in one is decoded by whoever composes them.

import { ByteReader } from '../../base/reader.ts'
import type { ElfFile } from '../elf-file.ts'
import { processorOf } from '../elf-facts.ts'
import { identification, type Identification } from '../identification.ts'
import { peek } from '../values.ts'

const NAME = 'Slipway\0'
const TYPE = 0x3148434c // LCH1
const KIND_AT = 4
const KINDS: ReadonlyMap<number, string> = new Map([[1, 'spt']])

export function recogniseLauncher({ elf, notes, source }: ElfFile): Identification | undefined {
  const note = notes.find(({ name, type }) => name === NAME && type === TYPE)
  if (note === undefined) return undefined
  const descriptor = peek(source, note.descriptorOffset, Math.min(note.descriptorSize, KIND_AT + 4))
  const kind = descriptor.length < KIND_AT + 4 ? undefined : new ByteReader(descriptor).u32(KIND_AT, 'launcher.kind')
  return identification({
    family: 'launcher',
    summary: 'launcher, composed by Slipway',
    target: KINDS.get(kind ?? 0) ?? null,
    processor: processorOf(elf),
    entry: elf.entry,
    accepts: [],
    starters: [{ name: 'Linux', how: './FILE', requires: { linux: { machine: 'x64', atLeast: [5, 9] } } }],
    segments: elf.programHeaders,
  })
}
