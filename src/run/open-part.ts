// Parts of artefacts by the names that people give them: ARTEFACT!DEVICE, ARTEFACT!config, ARTEFACT!PROGRAM.

import { readBaked } from '../artefact/baked.ts'
import { type Baked, type BakedPart, imageFor } from '../artefact/baked-format.ts'
import { UsageError } from '../base/errors.ts'
import { quote } from '../base/quote.ts'
import type { Source } from '../base/reader.ts'
import { partOf } from '../files/parts.ts'
import type { OpenFile } from '../host/files.ts'
import { requireVerified } from './verify-part.ts'

export type OpenPart = {
  readonly part: BakedPart
  readonly source: Source
}

/**
 * The part that a name means; without a name the only image there is. Undefined where there is no name and nothing is baked in. Throws UsageError
 * for a name that is not there, FormatError for a damaged artefact.
 */
export function openPart(file: OpenFile, path: string, name: string | undefined): OpenPart | undefined {
  const baked = readBaked(file.source)
  if (baked === undefined) {
    if (name === undefined) return undefined
    throw new UsageError('BAD_ARGUMENT', `nothing is baked into ${quote(path)}`, 'slipway inspect says what it is')
  }
  const part = name === undefined ? onlyImage(baked, path) : named(baked, name)
  if (part === undefined) {
    throw new UsageError('BAD_ARGUMENT', `${quote(path)} has no part ${quote(name ?? '')}`, `it has ${listOf(baked)}`)
  }
  requireVerified(file, part)
  return { part, source: partOf(file.source, part.offset, part.length, `baked ${part.kind}`) }
}

/** What people call a part. */
export function nameOfPart({ kind, name }: BakedPart): string {
  return kind === 'config' ? 'config' : name
}

/** A disk that is called as the document is has to give way: its files are reached without a name, where no other disk has any. */
function named(baked: Baked, name: string): BakedPart | undefined {
  const { parts } = baked
  const document = name === 'config' ? parts.find(({ kind }) => kind === 'config') : undefined
  return document ?? imageFor(baked, name) ?? parts.find((part) => part.kind === 'program' && part.name === name)
}

function onlyImage(baked: Baked, path: string): BakedPart {
  const [image, second] = baked.parts.filter(({ kind }) => kind === 'files')
  if (image !== undefined && second === undefined) return image
  const problem = image === undefined ? 'has no files baked in' : 'has files for several devices'
  throw new UsageError('BAD_ARGUMENT', `${quote(path)} ${problem}`, `name a part of it: ${listOf(baked)}`)
}

function listOf({ parts }: Baked): string {
  return parts
    .filter(({ kind }) => kind !== 'rumpconfig')
    .map((part) => `!${nameOfPart(part)}`)
    .join(', ')
}
