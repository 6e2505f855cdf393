// What is to be baked into an artefact, read and checked before a byte is written: each part knows how to write itself.

import type { BakedPart, PartKind } from '../artefact/baked-format.ts'
import type { Source } from '../base/reader.ts'
import type { FormatName } from '../files/detect.ts'
import { copySource } from '../files/output.ts'
import { partOf } from '../files/parts.ts'
import type { Directory } from '../files/tree.ts'
import { FileOutput } from '../host/trees/file-output.ts'
import { type ImageOptions, writeImageAt } from './create-image.ts'
import { requireDigest } from './verify-part.ts'

/** A part that has no place yet. */
export type Ingredient = Pick<BakedPart, 'kind' | 'name' | 'format'> & {
  /** Its bytes, where they are there already. */
  readonly source?: Source | undefined
  /** Writes it into a file from `offset` on; its length in bytes. */
  readonly write: (descriptor: number, offset: number) => Promise<number>
  /** Throws FormatError where what has been written has not the SHA-256 that it should have. */
  readonly check?: ((digest: string) => void) | undefined
}

/** What is small and wanted first lies first. */
const ORDER: Readonly<Record<PartKind, number>> = { config: 0, rumpconfig: 1, program: 2, files: 3 }

/** In an order that says nothing about when each was baked. What is new takes the place of what has the same kind and name. */
export function inOrder(kept: readonly Ingredient[], added: readonly Ingredient[]): readonly Ingredient[] {
  const keyOf = ({ kind, name }: Ingredient): string => `${kind} ${name}`
  const images = new Set(added.filter(({ kind }) => kind === 'files').map(({ name }) => name))
  // The document of an image goes with it.
  const left = kept.filter(({ kind, name }) => kind !== 'rumpconfig' || !images.has(name))
  const all = new Map([...left, ...added].map((each) => [keyOf(each), each]))
  return [...all.values()].toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind] || (a.name < b.name ? -1 : 1))
}

/** A part that an artefact has already, and that must be what its digest says. */
export function keptPart(source: Source, part: BakedPart): Ingredient {
  const { kind, name, format, offset, length } = part
  const own = partOf(source, offset, length, `${kind} ${name}`)
  return { ...copiedPart(kind, name, own, format), check: (digest) => requireDigest(part, digest) }
}

/** The image of a tree, for a disk. */
export function treePart(
  root: Directory,
  disk: string,
  options: ImageOptions & { readonly format: FormatName },
): Ingredient {
  const write = async (descriptor: number, at: number): Promise<number> =>
    await writeImageAt(root, descriptor, at, options)
  return { kind: 'files', name: disk, format: options.format, write }
}

/** What is taken as it is: an image, a document, a program. */
export function copiedPart(kind: PartKind, name: string, source: Source, format: FormatName | null = null): Ingredient {
  return { kind, name, format, source, write: async (descriptor, at) => writeCopy(descriptor, at, source) }
}

/** All of a source into a file from `offset` on, which ends there; its length in bytes. */
export function writeCopy(descriptor: number, offset: number, source: Source): number {
  const output = new FileOutput(descriptor, offset)
  copySource(source, output)
  output.finish()
  return source.size
}
