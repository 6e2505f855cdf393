// Whether a baked part is still what it was when it was baked: a damaged file is told before anything of it is used.

import type { BakedPart } from '../artefact/baked-format.ts'
import { FormatError } from '../base/errors.ts'
import type { Source } from '../base/reader.ts'
import { digestOf } from '../host/digest.ts'

/** Throws FormatError BAD_VALUE for a part whose bytes have another SHA-256 than the note says. */
export function requireDigest(source: Source, { kind, name, offset, length, digest }: BakedPart): void {
  if (digestOf(source, offset, length) === digest) return
  const field = name === '' ? `baked ${kind}` : `baked ${kind} ${name}`
  throw new FormatError(
    'BAD_VALUE',
    field,
    offset,
    'is not what was baked: its SHA-256 is another',
    'get the file again',
  )
}
