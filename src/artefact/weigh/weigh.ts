// Where the bytes of a file are: what its headers say, what is baked into it, and the files in images. Every byte has its place in one leaf.
// The file is not trusted: only FormatError comes out. Pure.

import { FormatError } from '../../base/errors.ts'
import type { Source } from '../../base/reader.ts'
import { hasElfMagic } from '../../elf/any.ts'
import { detectFormat, type FormatName } from '../../files/detect.ts'
import { isZero, partOf } from '../../files/parts.ts'
import type { Directory } from '../../files/tree.ts'
import type { BakedPart } from '../baked-format.ts'
import { claimBaked } from './baked.ts'
import type { Claims } from './claims.ts'
import { claimElf } from './elf.ts'
import { type WeighedBy, weighImage } from './image.ts'
import { claimKernel } from './kernel.ts'
import { type Claim, divide, type Range } from './ranges.ts'
import { branch, type Weight } from './weight.ts'

/** The files in an image. Throws FormatError for what is none of that format. */
export type ReadImage = (source: Source, format: FormatName) => Directory

/** An image of files that was looked into. */
export interface LookedInto {
  /** The part's, or what the file is called. */
  readonly name: string
  readonly format: FormatName
  readonly weighedBy: WeighedBy
  readonly files: number
}

export interface Weighed {
  readonly tree: Weight
  readonly images: readonly LookedInto[]
  /** What could not be looked at, and why: a line each, in which what comes out of the file is quoted. */
  readonly remarks: readonly string[]
  /** Bytes of memory that begin as zeros, which the file does not have; undefined where that is not known. */
  readonly memoryOnly: number | undefined
}

export interface WeighOptions {
  /** What the file is called. */
  readonly name: string
  /** What it is, for what can only be shown as one block. */
  readonly what: string
  readonly readImage: ReadImage
}

/** Zeros are looked for in so many bytes, and not beyond: what is there counts as bytes that nothing speaks of. */
const MAX_SCANNED = 64 * 2 ** 20
const SCAN_STEP = 64 * 1024

/**
 * Throws FormatError where the file's own headers, or the note about what is baked in, cannot be read. Of anything else that cannot be,
 * `remarks` tell.
 *
 * @example
 * ```ts
 * weighSource(source, { name: 'shop.spt', what: 'Solo5 unikernel', readImage }).tree.children.map(({ name }) => name)
 * ```
 */
export function weighSource(source: Source, options: WeighOptions): Weighed {
  const images: LookedInto[] = []
  const remarks: string[] = []
  const { what, readImage } = options
  const look = (part: Source, name: string, format: FormatName): readonly Weight[] => {
    try {
      const { children, ...told } = weighImage(readImage(part, format), format, part.size)
      images.push({ name, format, ...told })
      return children
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      // Many boot sectors have the mark of a FAT.
      if (format !== 'fat' || part.size !== source.size) remarks.push(`${name} is not looked into: ${error.message}`)
      return []
    }
  }
  const lookInto = ({ kind, name, format, offset, length }: BakedPart): readonly Weight[] => {
    const part = partOf(source, offset, length, `${kind} ${name}`)
    if (kind === 'files') return format === null ? [] : look(part, name, format)
    return kind === 'program' ? weighProgram(part, name, remarks) : []
  }
  const baked = claimBaked(source, lookInto)
  const own = claimOwn(source, baked.originalSize, what, (original, format) => look(original, options.name, format))
  remarks.push(...own.remarks)
  const children = divide(
    { start: 0, end: source.size },
    {
      ranks: [
        [...own.outer, ...baked.outer],
        [...own.inner, ...baked.inner],
        [...own.innermost, ...baked.innermost],
      ],
      isEmpty: emptinessOf(source),
      rest: REST,
    },
  )
  return { tree: branch('whole', options.name, children), images, remarks, memoryOnly: own.memoryOnly }
}

/** What the file was before something was baked into it; the headers of ELF files lie behind that since. */
function claimOwn(
  source: Source,
  originalSize: number,
  what: string,
  look: (original: Source, format: FormatName) => readonly Weight[],
): Claims {
  if (hasElfMagic(source)) return claimElf(source)
  const original = partOf(source, 0, originalSize, 'artefact')
  const kernel = claimKernel(original)
  if (kernel !== undefined) return kernel
  const format = detectFormat(original)
  const inside = (): readonly Weight[] => (format === undefined ? [] : look(original, format))
  const block: Claim = { kind: 'block', name: what, use: 'unknown', start: 0, end: originalSize, inside }
  return { outer: [block], inner: [], innermost: [], remarks: [], memoryOnly: undefined }
}

const REST = { kind: 'rest', name: 'nothing speaks of it', use: 'unknown' } as const

/** A program that is baked in beside the artefact's own. What is baked into that one in turn is not looked for: bake refuses it. */
function weighProgram(source: Source, name: string, remarks: string[]): readonly Weight[] {
  try {
    const own = hasElfMagic(source) ? claimElf(source) : claimKernel(source)
    if (own === undefined) return []
    remarks.push(...own.remarks.map((remark) => `${name}: ${remark}`))
    const ranks = [own.outer, own.inner, own.innermost]
    return divide({ start: 0, end: source.size }, { ranks, isEmpty: emptinessOf(source), rest: REST })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    remarks.push(`${name} is not looked into: ${error.message}`)
    return []
  }
}

/** Reads no more than MAX_SCANNED bytes of a source, however often it is asked. */
function emptinessOf(source: Source): (range: Range) => boolean {
  let left = MAX_SCANNED
  return ({ start, end }) => {
    for (let at = start; at < end; at += SCAN_STEP) {
      const length = Math.min(SCAN_STEP, end - at)
      left -= length
      if (left < 0 || !isZero(source.readAt(at, length))) return false
    }
    return true
  }
}
