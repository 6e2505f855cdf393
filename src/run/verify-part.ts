// Whether a baked part is still what it was when it was baked: a damaged file is told before anything of it is used.

import type { BakedPart } from '../artefact/baked-format.ts'
import { FormatError, HostError } from '../base/errors.ts'
import { digestOf } from '../host/digest.ts'
import type { OpenFile } from '../host/files.ts'
import { isVerified, rememberVerified, stateOf } from '../host/verified.ts'

/**
 * Once for each state of a file: later starts need not read it. Throws FormatError as `requireDigest` does, HostError CHANGED where somebody
 * writes to the file meanwhile.
 */
export function requireVerified({ source, descriptor }: OpenFile, part: BakedPart): void {
  const state = stateOf(descriptor)
  if (isVerified(state, part)) return
  requireDigest(part, digestOf(source, part.offset, part.length))
  if (stateOf(descriptor).key !== state.key) {
    throw new HostError('CHANGED', 'the artefact changes while it is read', { advice: 'run it again' })
  }
  rememberVerified(state, part)
}

/** Throws FormatError BAD_VALUE for a part whose bytes have another SHA-256 than the note says. */
export function requireDigest({ kind, name, offset, digest }: BakedPart, found: string): void {
  if (found === digest) return
  const field = name === '' ? `baked ${kind}` : `baked ${kind} ${name}`
  throw new FormatError(
    'BAD_VALUE',
    field,
    offset,
    'is not what was baked: its SHA-256 is another',
    'get the file again',
  )
}
