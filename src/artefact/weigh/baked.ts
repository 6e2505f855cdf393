// The bytes of what is baked into a file: the note that tells of it, and the parts. Pure.

import { type Source, window } from '../../base/reader.ts'
import { canTell, readBaked } from '../baked.ts'
import { type Baked, type BakedPart, TRAILER } from '../baked-format.ts'
import { hasElfMagic, headerSizes, readAnyElf } from '../../elf/any.ts'
import type { Claim } from './ranges.ts'
import type { Use, Weight } from './weight.ts'

/** What a part is made of; nothing where that is not known. */
export type LookInto = (part: BakedPart) => readonly Weight[]

export interface BakedClaims {
  /** Bytes of the file before anything was baked into it, or all of them. */
  readonly originalSize: number
  readonly outer: readonly Claim[]
  readonly inner: readonly Claim[]
  readonly innermost: readonly Claim[]
}

/** Throws FormatError for a note that does not fit the file. */
export function claimBaked(source: Source, lookInto: LookInto): BakedClaims {
  const baked = readBaked(source)
  if (baked === undefined) return { originalSize: source.size, outer: [], inner: [], innermost: [] }
  const { originalSize, size, parts } = baked
  const all: Claim = { kind: 'baked', name: 'baked in', use: 'mixed', start: originalSize, end: size }
  return {
    originalSize,
    outer: [all],
    inner: [...parts.map((part) => claimPart(part, lookInto)), ...oldTable(source, baked)],
    innermost: trailer(source),
  }
}

const USES: Readonly<Record<BakedPart['kind'], Use>> = {
  files: 'files',
  config: 'settings',
  rumpconfig: 'settings',
  program: 'code',
}

function claimPart(part: BakedPart, lookInto: LookInto): Claim {
  const { kind, name, offset, length } = part
  const title = name === '' ? kind : `${kind} ${name}`
  return {
    kind: 'part',
    name: title,
    use: USES[kind],
    start: offset,
    end: offset + length,
    inside: () => lookInto(part),
  }
}

/** Where program headers were, before there had to be one more of them. */
function oldTable(source: Source, { originalTable, originalSize }: Baked): Claim[] {
  if (originalTable === undefined) return []
  const start = Math.min(originalTable.offset, originalSize)
  const size = originalTable.count * headerSizes({ class: 64 }).program
  const end = Math.min(originalSize, start + size)
  return readAnyElf(source).tableOffset === start
    ? []
    : [{ kind: 'headers', name: 'program headers as they were', use: 'headers', start, end }]
}

/** In a file whose program headers cannot tell of the note, its last bytes do. They have been read before, and fit. */
function trailer(source: Source): Claim[] {
  if (hasElfMagic(source) && canTell(readAnyElf(source))) return []
  const end = source.size
  const r = window(source, end - TRAILER.size, TRAILER.size, 'trailer')
  const start = Number(r.u64(TRAILER.offset, 'trailer.offset'))
  const length = Number(r.u64(TRAILER.length, 'trailer.length'))
  return [
    { kind: 'note', name: 'Slipway BAK1', use: 'headers', start, end: start + length },
    { kind: 'headers', name: 'trailer', use: 'headers', start: end - TRAILER.size, end },
  ]
}
